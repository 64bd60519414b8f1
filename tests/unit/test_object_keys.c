/* The keys of objects of real plans: for each kind of change of the recipe or the files, which
 * objects keep their key, and which part of the others' differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array/nodes.h"
#include "plan/identity.h"
#include "support/days.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

/* ---- the keys of a plan ---- */

struct object {
    char path[64];
    struct forge_object_key key;
};

struct objects {
    struct object items[64];
    size_t count;
};

static bool is_same(const struct forge_object_key *a, const struct forge_object_key *b)
{
    return memcmp(&a->digest, &b->digest, sizeof a->digest) == 0;
}

/* Every object once, and its region: together they are the arrays. */
static void list_objects(struct objects *out, const struct forge_plan *plan)
{
    uint64_t elements = 0, whole = 0;

    assert_in_range(plan->objects_count, 1, LENGTH(out->items));
    out->count = 0;
    for (uint64_t number = 0; number < plan->objects_count; number++) {
        struct object *object = &out->items[out->count++];
        uint64_t index[FORGE_RANK_MAX], count = 0;
        const struct forge_plan_array *array = forge_plan_object(plan, number, index);
        struct forge_region region = forge_object_region(array, index);
        struct forge_object_key again;
        struct forge_text path = {0};

        assert_in_range(number, array->first_object,
                        array->first_object + array->objects_count - 1);
        plan->recipe->target.type->key(&path, &array->target, index);
        snprintf(object->path, sizeof object->path, "%s", forge_text_string(&path));
        forge_text_clear(&path);
        for (size_t i = 0; i + 1 < out->count; i++)
            assert_string_not_equal(out->items[i].path, object->path);
        assert_true(forge_region_count(&count, array->target.variable->array->rank, &region));
        elements += count;
        forge_object_key(&object->key, plan, array, index);
        forge_object_key(&again, plan, array, index);
        assert_true(is_same(&object->key, &again));
    }
    for (size_t i = 0; i < plan->arrays_count; i++)
        whole += forge_array_count(plan->arrays[i].target.variable->array);
    assert_int_equal(elements, whole);
}

static void objects_of(struct objects *out, const struct archive *archive)
{
    struct forge_recipe recipe;
    struct forge_plan plan;

    open_plan(&plan, &recipe, archive);
    list_objects(out, &plan);
    forge_plan_close(&plan);
    forge_recipe_close(&recipe);
}

/* What became of the objects of a plan, seen from those of an earlier one. */
struct outcome {
    unsigned kept;      /* the same key at the same path */
    unsigned moved;     /* the same key at another path */
    unsigned encoding;  /* at the same path, another key: the first part that differs */
    unsigned files;     /* with the same encoding */
    unsigned structure; /* with the same encoding and files */
    unsigned mixed;     /* of these three: more than one part differs */
    unsigned fresh;     /* a key and a path that were not there */
    unsigned unknown;   /* of all: no key at all */
};

static void classify(struct outcome *out, const struct objects *before,
                     const struct object *object)
{
    const struct object *here = NULL, *there = NULL;

    for (size_t i = 0; i < before->count; i++) {
        if (strcmp(before->items[i].path, object->path) == 0)
            here = &before->items[i];
        if (is_same(&before->items[i].key, &object->key))
            there = &before->items[i];
    }
    int parts = 0;

    out->unknown += object->key.unknown;
    if (here)
        parts = (here->key.encoding != object->key.encoding) +
                (here->key.structure != object->key.structure) +
                (here->key.files != object->key.files);
    out->mixed += !there && parts > 1;
    if (here && is_same(&here->key, &object->key))
        out->kept++;
    else if (there)
        out->moved++;
    else if (!here)
        out->fresh++;
    else if (here->key.encoding != object->key.encoding)
        out->encoding++;
    else if (here->key.files != object->key.files)
        out->files++;
    else if (here->key.structure != object->key.structure)
        out->structure++;
}

struct row {
    const char *what;
    struct archive archive;
    struct outcome want;
};

static bool is_as_wanted(const struct row *row, const struct archive *earlier)
{
    struct objects before, after;
    struct outcome got = {0};

    objects_of(&before, earlier);
    objects_of(&after, &row->archive);
    for (size_t k = 0; k < after.count; k++)
        classify(&got, &before, &after.items[k]);
    printf("%-43s %2u kept, %u moved; by encoding %2u, files %u, structure %u (%u "
           "by several); %2u fresh, %u "
           "unknown\n",
           row->what, got.kept, got.moved, got.encoding, got.files, got.structure, got.mixed,
           got.fresh, got.unknown);
    return memcmp(&got, &row->want, sizeof got) == 0;
}

static const struct row changes[] = {
    {"nothing", {0}, {.kept = 10}},
    {"less memory", {.memory_mib = 16}, {.kept = 10}},
    {"eight workers", {.workers = 8}, {.kept = 10}},
    {"files in another folder", {.moved = true}, {.kept = 10}},
    {"an attribute", {.transforms = "attrs: {sst: {long_name: warm}}"}, {.kept = 10}},
    {"a global attribute", {.transforms = "global_attrs: {title: t}"}, {.kept = 10}},
    {"another name", {.transforms = "rename: {sst: t}"}, {.kept = 7, .moved = 3}},
    {"a variable less", {.transforms = "drop: ice"}, {.kept = 7}},
    {"three more days",
     {.to = "2001-01-13"},
     {.kept = 6, .files = 3, .fresh = 2, .encoding = 1, .mixed = 4}},
    {"two more days, the tail is full",
     {.to = "2001-01-12"},
     {.kept = 6, .files = 3, .encoding = 1, .mixed = 4}},
    {"a day less", {.to = "2001-01-09"}, {.kept = 6, .files = 3, .encoding = 1, .mixed = 4}},
    {"four days in front",
     {.from = "2000-12-28"},
     {.kept = 2, .moved = 6, .files = 3, .encoding = 1, .mixed = 2}},
    {"three days in front",
     {.from = "2000-12-29"},
     {.kept = 2, .files = 7, .fresh = 2, .encoding = 1, .mixed = 4}},
    {"another file of one day", {.changed = "20010105"}, {.kept = 7, .files = 3}},
    {"a transform of one variable", {.transforms = "decode: ice"}, {.kept = 7, .structure = 3}},
    {"another dtype of one variable",
     {.transforms = "cast: {ice: float64}"},
     {.kept = 7, .encoding = 3, .mixed = 3}},
    {"an axis backwards", {.transforms = "reverse: y"}, {.kept = 2, .structure = 8}},
    {"a part", {.transforms = "slice: {y: [0, 3]}"}, {.kept = 2, .encoding = 8, .mixed = 8}},
    {"a transform of every file", {.each = "reverse: y"}, {.kept = 2, .structure = 8}},
    {"fewer days",
     {.transforms = "slice: {time: [0, 8]}"},
     {.kept = 7, .encoding = 1, .mixed = 1}},
    {"another codec",
     {.target = "format: zarr, chunks: {time: 4}, codec: {zstd: {level: 7}}"},
     {.encoding = 10}},
    {"no codec", {.target = "format: zarr, chunks: {time: 4}, codec: none"}, {.encoding = 10}},
    {"another level of the codec of one variable",
     {.target = "format: zarr, chunks: {time: 4}, variables: {ice: {codec: {blosc: {clevel: "
                "2}}}}"},
     {.kept = 7, .encoding = 3}},
    {"another fill of one variable",
     {.target = "format: zarr, chunks: {time: 4}, variables: {ice: {fill: -5}}"},
     {.kept = 7, .encoding = 3, .mixed = 3}},
    {"longer chunks",
     {.target = "format: zarr, chunks: {time: 5}"},
     {.kept = 4, .encoding = 4, .mixed = 4}},
    {"shards",
     {.target = "format: zarr, chunks: {time: 4}, shards: {time: 8}"},
     {.kept = 3, .encoding = 5, .mixed = 4}},
    {"another format", {.target = "format: zarr2, chunks: {time: 4}"}, {.fresh = 10}},
    {"a file that was not hashed",
     {.unhashed = "20010105"},
     {.kept = 7, .files = 3, .unknown = 3}},
};

static void each_change_changes_the_keys_that_it_must(void **state)
{
    static const struct archive ten_days = {0};
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < LENGTH(changes); i++)
        wrong += !is_as_wanted(&changes[i], &ten_days);
    assert_int_equal(wrong, 0);
}

static void a_second_file_leaves_what_came_from_the_first(void **state)
{
    static const struct archive first = {.to = "2001-01-01",
                                         .target = "format: zarr, chunks: {time: 1}"};
    static const struct row row = {
        "a second file",
        {.to = "2001-01-02", .target = "format: zarr, chunks: {time: 1}"},
        {.kept = 4, .files = 1, .fresh = 2, .encoding = 1, .mixed = 2}};

    (void)state;
    assert_true(is_as_wanted(&row, &first));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_changes_the_keys_that_it_must),
        cmocka_unit_test(a_second_file_leaves_what_came_from_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

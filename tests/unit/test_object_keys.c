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
#include "array/reader.h"
#include "plan/identity.h"
#include "support/recipes.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define MIB (UINT64_C(1) << 20)

/* ---- an archive of daily files: sst and ice (time, y, x), mask (y, x), coordinates ---- */

struct archive {
    const char *from, *to; /* days */
    const char *each, *transforms, *target;
    uint64_t memory_mib; /* 0: enough */
    unsigned workers;    /* 0: one */
    const char *changed; /* the file of this day has other bytes */
    const char *unhashed;
    bool moved; /* to another folder */
};

static struct forge_variable *add_variable(struct forge_dataset *dataset, const char *name,
                                           const char *const *dims)
{
    struct forge_variable *variable = forge_dataset_add_variable(dataset, name);

    for (unsigned d = 0; dims[d]; d++)
        variable->dims[d] = dims[d];
    return variable;
}

static void add_source(struct forge_dataset *dataset, const struct forge_cell *cell,
                       const char *name, enum forge_dtype dtype, const char *const *dims,
                       uint64_t offset)
{
    struct forge_variable *variable = add_variable(dataset, name, dims);
    struct forge_source source = {.file = &cell->file, .path = name};
    uint64_t *place = forge_arena_array(dataset->arena, 2, sizeof *place);
    struct forge_error err = {0};

    place[0] = offset;
    place[1] = forge_dtype_size(dtype);
    source.array.dtype = dtype;
    for (unsigned d = 0; dims[d]; d++) {
        uint64_t length = forge_dataset_dimension(dataset, dims[d])->size;

        source.array.shape[d] = source.array.chunk[d] = length;
        place[1] *= length;
        source.array.rank++;
    }
    source.manifest.offsets = &place[0];
    source.manifest.lengths = &place[1];
    if (!forge_source_open(&variable->array, dataset->arena, &source, &err))
        fail_msg("%s", err.text);
}

static void add_coordinate(struct forge_dataset *dataset, const struct forge_cell *cell,
                           const char *name, const double *values)
{
    const char *const dims[] = {name, NULL};
    struct forge_variable *variable = add_variable(dataset, name, dims);

    variable->array =
        forge_array_memory_of(dataset->arena, FORGE_FLOAT64, 1,
                              (const uint64_t[]){forge_dataset_dimension(dataset, name)->size},
                              values, cell->file.url);
    variable->is_coordinate = true;
}

/* What a scanner would say of the file. */
static void scan(struct forge_dataset *dataset, const struct forge_cell *cell)
{
    static const double places[] = {10, 20, 30, 40, 50, 60};
    static const char *const field[] = {"time", "y", "x", NULL}, *const grid[] = {"y", "x",
                                                                                  NULL};
    double *day = forge_arena_take(dataset->arena, sizeof *day);
    struct forge_variable *ice;
    float scale = 2;

    *day = strtod(strrchr(cell->file.url, 'f') + 1, NULL);
    forge_dataset_add_dimension(dataset, "time", 1);
    forge_dataset_add_dimension(dataset, "y", 4);
    forge_dataset_add_dimension(dataset, "x", 6);
    add_coordinate(dataset, cell, "time", day);
    forge_attributes_set_text(&dataset->variables[0].attributes, dataset->arena, "units",
                              "days since 1970-01-01");
    add_coordinate(dataset, cell, "y", places);
    add_coordinate(dataset, cell, "x", places);
    add_source(dataset, cell, "sst", FORGE_INT16, field, 100);
    add_source(dataset, cell, "ice", FORGE_FLOAT32, field, 200);
    ice = forge_dataset_variable(dataset, "ice");
    forge_attributes_set(&ice->attributes, dataset->arena, "scale_factor", FORGE_FLOAT32, 1,
                         &scale);
    add_source(dataset, cell, "mask", FORGE_INT8, grid, 300);
}

static bool is_day(const struct forge_cell *cell, const char *day)
{
    return day && strstr(cell->file.url, day);
}

static void scan_all(struct forge_plan *plan, const struct archive *archive)
{
    struct forge_reader reader = {0};
    struct forge_error err = {0};

    for (uint64_t i = 0; i < plan->cells_count; i++) {
        const struct forge_grid *grid;
        uint64_t at;
        struct forge_cell *cell = forge_plan_cell(plan, i, &grid, &at);
        struct forge_dataset dataset = {.arena = forge_plan_cell_arena(plan, i)};
        const char *name = strrchr(cell->file.url, '/');

        cell->file.format = "netcdf4";
        cell->file.status.size = 1000;
        cell->file.hashed = !is_day(cell, archive->unhashed);
        /* the bytes of a file are those of its day */
        forge_digest_of(&cell->file.digest, name, strlen(name));
        cell->file.digest.bytes[0] ^= is_day(cell, archive->changed);
        scan(&dataset, cell);
        if (!forge_plan_scanned(plan, i, &dataset, &reader, &err))
            fail_msg("%s", err.text);
    }
    forge_reader_close(&reader);
}

static void open_plan(struct forge_plan *plan, struct forge_recipe *recipe,
                      const struct archive *archive)
{
    const struct forge_plan_limits limits = {
        (archive->memory_mib ? archive->memory_mib : 1024) * MIB,
        archive->workers ? archive->workers : 1};
    struct forge_inputs_request request = {.folder = archive->moved ? "/moved" : "/r"};
    struct forge_reader reader = {0};
    struct forge_arena arena = {0};
    struct forge_error err = {0};

    *plan = (struct forge_plan){0};
    *recipe = (struct forge_recipe){0};
    recipe_of(recipe,
              forge_arena_print(
                  &arena,
                  "forge: 1\nname: n\ninput:\n  url: \"x/f{time:%%Y%%m%%d}.nc\"\n"
                  "  combine:\n  - {concat: time, dates: {from: %s, to: %s, step: "
                  "1d}}\n  each: [%s]\ntransforms: [%s]\ntarget: {%s}\n",
                  archive->from ? archive->from : "2001-01-01",
                  archive->to ? archive->to : "2001-01-10", archive->each ? archive->each : "",
                  archive->transforms ? archive->transforms : "",
                  archive->target ? archive->target : "format: zarr, chunks: {time: 4}"),
              &arena);
    forge_arena_clear(&arena);
    if (!forge_plan_resolve(plan, recipe, &request, &err))
        fail_msg("%s", err.text);
    scan_all(plan, archive);
    if (!forge_plan_combine(plan, &reader, &err) || !forge_plan_lay_out(plan, &limits, &err))
        fail_msg("%s", err.text);
    forge_reader_close(&reader);
}

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

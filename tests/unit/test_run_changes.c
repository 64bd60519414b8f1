/* What a plan says that a bake would do to the current version, and why: from lists of objects
 * of versions that real plans would have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/json.h"
#include "run/changes.h"
#include "support/bakery.h"
#include "support/days.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define NAME "n"

static void write_documents(struct forge_plan *plan, const char *folder)
{
    struct forge_target_array *arrays =
        forge_arena_array(&plan->arena, plan->arrays_count, sizeof *arrays);
    struct forge_store *store = NULL;
    struct forge_error err;

    for (size_t i = 0; i < plan->arrays_count; i++)
        arrays[i] = plan->arrays[i].target;
    assert_true(forge_store_open_file(
        &store, forge_arena_print(&plan->arena, "%s/data.zarr", folder), &err));
    assert_true(plan->recipe->target.type->metadata(store, &plan->dataset, arrays,
                                                    plan->arrays_count, &err));
    forge_store_close(store);
}

static void write_list(struct forge_plan *plan, const char *folder)
{
    struct forge_objects_writer writer = {0};
    struct forge_work work;
    struct forge_error err;

    assert_true(forge_work_open(&work, plan, NULL, &err));
    assert_true(forge_objects_begin(&writer, folder, plan->objects_count, &err));
    for (uint64_t i = 0; i < plan->objects_count; i++) {
        struct forge_object_record record = {.key = work.objects[i].key, .length = 4};
        struct forge_text path = {0};

        forge_work_path(&path, &work, &work.objects[i]);
        record.path = forge_text_string(&path);
        assert_true(forge_objects_add(&writer, &record, &err));
        forge_text_clear(&path);
    }
    assert_true(forge_objects_end(&writer, &err));
    forge_work_close(&work);
}

/* A version as a bake of that archive leaves it, but for the objects themselves; or the hidden
 * folder of one that died with all of its objects done. */
static void write_version(struct place *place, const struct archive *archive, bool dies)
{
    struct forge_version version = {.lock = -1};
    struct forge_recipe recipe;
    struct forge_plan plan;
    struct forge_error err;

    open_plan(&plan, &recipe, archive);
    if (!forge_version_lock(&version, &place->bakery, NAME, &err) ||
        !forge_version_begin(&version, NOW_US, SEED, &err))
        fail_msg("%s", err.text);
    write_documents(&plan, version.staging);
    write_list(&plan, version.staging);
    write_text(forge_arena_print(&place->arena, "%s/" FORGE_MANIFEST, version.staging), "");
    write_text(forge_arena_print(&place->arena, "%s/" FORGE_TAG_MANIFEST, version.staging), "");
    if (!dies && !forge_version_publish(&version, NOW_US, NULL, &err))
        fail_msg("%s", err.text);
    forge_version_abandon(&version, true);
    forge_plan_close(&plan);
    forge_recipe_close(&recipe);
}

/* What is said of a bake of that archive: text, or JSON. */
static const char *changes_of(struct place *place, const struct archive *archive,
                              const struct forge_work_range *again, bool json)
{
    struct forge_changes changes;
    struct forge_reuse reuse = {0};
    struct forge_work work = {0};
    struct forge_recipe recipe;
    struct forge_plan plan;
    struct forge_error err;
    struct forge_text text = {0};
    const char *current = forge_current_folder(&place->bakery, NAME), *said;

    open_plan(&plan, &recipe, archive);
    if (!forge_work_open(&work, &plan, again, &err) ||
        !forge_reuse_find(&reuse, &work, &place->bakery, NAME, current, &err) ||
        !forge_changes_find(&changes, &reuse, &plan, current, &err))
        fail_msg("%s", err.text);
    if (json)
        forge_changes_json(&text, &changes);
    else
        forge_changes_explain(&text, &changes);
    said = forge_arena_text(&place->arena, forge_text_string(&text));
    forge_text_clear(&text);
    forge_reuse_close(&reuse);
    forge_work_close(&work);
    forge_plan_close(&plan);
    forge_recipe_close(&recipe);
    return said;
}

/* The lines without those of which all is kept, and without the first. */
static const char *pending_of(struct place *place, const struct archive *archive,
                              const struct forge_work_range *again)
{
    const char *said = changes_of(place, archive, again, false);
    const char *line = strchr(said, '\n'), *end;
    struct forge_text text = {0};

    for (line = line ? line + 1 : ""; *line; line = end + 1) {
        end = strchr(line, '\n');
        if (memchr(line, '(', (size_t)(end - line)))
            forge_text_add_bytes(&text, line, (size_t)(end + 1 - line));
    }
    if (text.length == 0)
        forge_text_add(&text, said);
    said = forge_arena_text(&place->arena, forge_text_string(&text));
    forge_text_clear(&text);
    return said;
}

struct row {
    const char *what;
    struct archive archive;
    const char *want;
};

static const struct row rows[] = {
    {"nothing", {0}, "changes: none, version 20010203T040506Z-01234567 is up to date\n"},
    {"an attribute",
     {.transforms = "attrs: {sst: {long_name: warm}}"},
     "  metadata              rewrite 2  keep 5   (attributes or shapes changed)\n"},
    {"a global attribute",
     {.transforms = "global_attrs: {title: t}"},
     "  metadata              rewrite 1  keep 6   (digests of the recipe and the inputs, "
     "global attributes)\n"},
    {"a rename",
     {.transforms = "rename: {sst: t}"},
     "  t                     share 3   (new variable)\n"
     "  sst                   delete 3   (no longer in the dataset)\n"
     "  metadata              add 1  rewrite 1  keep 5   (digests of the recipe and the "
     "inputs, global attributes)\n"},
    {"a variable less",
     {.transforms = "drop: ice"},
     "  ice                   delete 3   (no longer in the dataset)\n"
     "  metadata              rewrite 1  keep 5   (digests of the recipe and the inputs, "
     "global attributes)\n"},
    {"another dtype",
     {.transforms = "cast: {ice: float64}"},
     "  ice                   rewrite 3   (other chunks, dtype or codec)\n"
     "  metadata              rewrite 2  keep 5   (attributes or shapes changed)\n"},
    {"another transform",
     {.transforms = "decode: ice"},
     "  ice                   rewrite 3   (other transforms, or other values of coordinates)\n"
     "  metadata              rewrite 2  keep 5   (attributes or shapes changed)\n"},
    {"other chunks",
     {.target = "format: zarr, chunks: {time: 5}"},
     "  sst                   rewrite 2  delete 1   (other chunks, dtype or codec)\n"
     "  ice                   rewrite 2  delete 1   (other chunks, dtype or codec)\n"
     "  metadata              rewrite 3  keep 4   (attributes or shapes changed)\n"},
    {"three more days",
     {.to = "2001-01-13"},
     "  time                  rewrite 1   (it grew or shrank, or its encoding changed)\n"
     "  sst                   add 1  rewrite 1  keep 2   (new inputs; the partial chunk at the "
     "end)\n"
     "  ice                   add 1  rewrite 1  keep 2   (new inputs; the partial chunk at the "
     "end)\n"
     "  mask                  rewrite 1   (inputs were added, left out or changed)\n"
     "  metadata              rewrite 4  keep 3   (attributes or shapes changed)\n"},
    {"two more days, the tail is full",
     {.to = "2001-01-12"},
     "  time                  rewrite 1   (it grew or shrank, or its encoding changed)\n"
     "  sst                   rewrite 1  keep 2   (inputs were added, left out or changed)\n"
     "  ice                   rewrite 1  keep 2   (inputs were added, left out or changed)\n"
     "  mask                  rewrite 1   (inputs were added, left out or changed)\n"
     "  metadata              rewrite 4  keep 3   (attributes or shapes changed)\n"},
    {"fewer days",
     {.to = "2001-01-05"},
     "  time                  rewrite 1   (it grew or shrank, or its encoding changed)\n"
     "  sst                   rewrite 1  keep 1  delete 1   (inputs were added, left out or "
     "changed)\n"
     "  ice                   rewrite 1  keep 1  delete 1   (inputs were added, left out or "
     "changed)\n"
     "  mask                  rewrite 1   (inputs were added, left out or changed)\n"
     "  metadata              rewrite 4  keep 3   (attributes or shapes changed)\n"},
    {"another file of one day",
     {.changed = "20010105"},
     "  sst                   rewrite 1  keep 2   (inputs changed)\n"
     "  ice                   rewrite 1  keep 2   (inputs changed)\n"
     "  mask                  rewrite 1   (inputs changed)\n"},
    {"another file of the last day",
     {.changed = "20010110"},
     "  sst                   rewrite 1  keep 2   (inputs changed)\n"
     "  ice                   rewrite 1  keep 2   (inputs changed)\n"
     "  mask                  rewrite 1   (inputs changed)\n"},
    {"a file that was not hashed",
     {.unhashed = "20010105"},
     "  sst                   rewrite 1  keep 2   (inputs that changed, or were touched "
     "since)\n"
     "  ice                   rewrite 1  keep 2   (inputs that changed, or were touched "
     "since)\n"
     "  mask                  rewrite 1   (inputs that changed, or were touched since)\n"},
    {"four days in front",
     {.from = "2000-12-28"},
     "  time                  rewrite 1   (it grew or shrank, or its encoding changed)\n"
     "  sst                   rewrite 1  share 3   (inputs were added, left out or changed)\n"
     "  ice                   rewrite 1  share 3   (inputs were added, left out or changed)\n"
     "  mask                  rewrite 1   (inputs were added, left out or changed)\n"
     "  metadata              rewrite 4  keep 3   (attributes or shapes changed)\n"},
    {"another format",
     {.target = "format: zarr2, chunks: {time: 4}"},
     "  time                  add 1  delete 1   (stored in another way)\n"
     "  y                     add 1  delete 1   (stored in another way)\n"
     "  x                     add 1  delete 1   (stored in another way)\n"
     "  sst                   add 3  delete 3   (stored in another way)\n"
     "  ice                   add 3  delete 3   (stored in another way)\n"
     "  mask                  add 1  delete 1   (stored in another way)\n"},
};

static void every_kind_of_change_has_its_counts_and_its_reason(void **state)
{
    const struct archive ten_days = {0};
    struct place place;
    size_t wrong = 0;

    (void)state;
    open_place(&place);
    write_version(&place, &ten_days, false);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const char *said = pending_of(&place, &rows[i].archive, NULL);

        if (strcmp(said, rows[i].want) != 0) {
            print_error("%s:\n%swhere this was expected:\n%s", rows[i].what, said,
                        rows[i].want);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
    print_message("%zu kinds of change\n", LENGTH(rows));
    close_place(&place);
}

/* Everything that is asked for again is rewritten, and said so where nothing else changed. */
static void a_range_that_is_asked_for_again_is_rewritten(void **state)
{
    const struct forge_work_range again = {"time", 4, 2};
    const struct archive ten_days = {0}, another = {.changed = "20010105"};
    struct place place;

    (void)state;
    open_place(&place);
    write_version(&place, &ten_days, false);
    assert_string_equal(
        pending_of(&place, &ten_days, &again),
        "  time                  rewrite 1   (asked to be done again)\n"
        "  sst                   rewrite 1  keep 2   (asked to be done again)\n"
        "  ice                   rewrite 1  keep 2   (asked to be done again)\n");
    assert_string_equal(pending_of(&place, &another, &again),
                        "  time                  rewrite 1   (asked to be done again)\n"
                        "  sst                   rewrite 1  keep 2   (inputs changed)\n"
                        "  ice                   rewrite 1  keep 2   (inputs changed)\n"
                        "  mask                  rewrite 1   (inputs changed)\n");
    close_place(&place);
}

/* What an older version has, or a bake that died, is shared. */
static void what_was_written_before_is_shared(void **state)
{
    static const char shared[] =
        "  ice                   share 3   (new variable)\n"
        "  metadata              add 1  rewrite 1  keep 5   (digests of the recipe and the "
        "inputs, global attributes)\n";
    const struct archive all = {0}, less = {.transforms = "drop: ice"};

    (void)state;
    for (int dies = 0; dies < 2; dies++) {
        struct place place;

        open_place(&place);
        if (dies) {
            write_version(&place, &less, false);
            write_version(&place, &all, true);
        } else {
            write_version(&place, &all, false);
            write_version(&place, &less, false);
        }
        assert_string_equal(pending_of(&place, &all, NULL), shared);
        close_place(&place);
    }
}

static void a_first_version_is_all_new(void **state)
{
    const struct archive ten_days = {0};
    struct place place;

    (void)state;
    open_place(&place);
    assert_string_equal(changes_of(&place, &ten_days, NULL, false),
                        "changes: all is new, there is no version yet\n"
                        "  time                  add 1   (new variable)\n"
                        "  y                     add 1   (new variable)\n"
                        "  x                     add 1   (new variable)\n"
                        "  sst                   add 3   (new variable)\n"
                        "  ice                   add 3   (new variable)\n"
                        "  mask                  add 1   (new variable)\n"
                        "  metadata              add 7\n");
    close_place(&place);
}

static void the_same_is_said_to_programs(void **state)
{
    const struct archive ten_days = {0}, more = {.to = "2001-01-13", .transforms = "drop: ice"};
    const struct forge_changes known = {.version = "V", .up_to_date = true, .inputs = 12};
    struct forge_text text = {0};
    struct place place;

    (void)state;
    open_place(&place);
    write_version(&place, &ten_days, false);
    assert_string_equal(
        changes_of(&place, &more, NULL, true),
        "{\"groups\":["
        "{\"add\":0,\"delete\":0,\"keep\":0,\"reason\":\"it grew or shrank, or its encoding "
        "changed\","
        "\"rewrite\":1,\"share\":0,\"variable\":\"time\"},"
        "{\"add\":0,\"delete\":0,\"keep\":1,\"reason\":\"\","
        "\"rewrite\":0,\"share\":0,\"variable\":\"y\"},"
        "{\"add\":0,\"delete\":0,\"keep\":1,\"reason\":\"\","
        "\"rewrite\":0,\"share\":0,\"variable\":\"x\"},"
        "{\"add\":1,\"delete\":0,\"keep\":2,\"reason\":\"new inputs; the partial chunk at the "
        "end\","
        "\"rewrite\":1,\"share\":0,\"variable\":\"sst\"},"
        "{\"add\":0,\"delete\":0,\"keep\":0,\"reason\":\"inputs were added, left out or "
        "changed\","
        "\"rewrite\":1,\"share\":0,\"variable\":\"mask\"},"
        "{\"add\":0,\"delete\":3,\"keep\":0,\"reason\":\"no longer in the dataset\","
        "\"rewrite\":0,\"share\":0,\"variable\":\"ice\"},"
        "{\"add\":0,\"delete\":0,\"keep\":3,\"reason\":\"attributes or shapes changed\","
        "\"rewrite\":3,\"share\":0,\"variable\":\"metadata\"}"
        "],\"pending\":true,\"total\":{\"add\":1,\"delete\":3,\"keep\":4,"
        "\"rewrite\":3,\"share\":0,\"variable\":\"objects\"},"
        "\"version\":\"20010203T040506Z-01234567\"}");
    forge_changes_explain(&text, &known);
    assert_string_equal(forge_text_string(&text),
                        "up to date: version V was made by this recipe from these inputs, "
                        "12 of them\n");
    forge_text_clear(&text);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_change_has_its_counts_and_its_reason),
        cmocka_unit_test(a_range_that_is_asked_for_again_is_rewritten),
        cmocka_unit_test(what_was_written_before_is_shared),
        cmocka_unit_test(a_first_version_is_all_new),
        cmocka_unit_test(the_same_is_said_to_programs),
    };

    return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}

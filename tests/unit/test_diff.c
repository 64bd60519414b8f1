/* diff: what differs between two versions: shape, attributes, inputs, recipe, objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/inputs_list.h"
#include "support/diff_world.h"

/* Every change as a line. */
static void check_changes(const struct forge_diff *diff, const char *const *want)
{
    size_t i = 0;

    for (; i < diff->changes_count && want[i]; i++) {
        const struct forge_change *c = &diff->changes[i];
        char line[512];

        snprintf(line, sizeof line, "%s %s:%s %s -> %s", c->part,
                 c->variable ? c->variable : "", c->name ? c->name : "",
                 c->was ? c->was : "none", c->is ? c->is : "none");
        assert_string_equal(line, want[i]);
    }
    if (want[i] || i < diff->changes_count)
        fail_msg("%zu changes, and then %s", diff->changes_count,
                 want[i] ? want[i] : diff->changes[i].part);
}

static void what_is_the_same_does_not_differ(void **state)
{
    static const char *const none[] = {NULL};
    struct half a, b;
    struct forge_diff diff;
    float rain[20];

    (void)state;
    open_both(&a, &b);
    fill_rain(rain, 5, five_days);
    add_rain(&a, 5, five_days, rain);
    add_rain(&b, 5, five_days, rain);
    write_and_compare(&diff, &a, &b);
    assert_false(diff.differ);
    check_changes(&diff, none);
    assert_int_equal(diff.objects.same, 13);
    assert_int_equal(values_of(&diff, "rain")->compared, 20);
    assert_int_equal(values_of(&diff, "rain")->unread, 20);
    forge_diff_clear(&diff);
    close_both(&a, &b);
}

static void shapes_encodings_and_attributes_are_told_by_name(void **state)
{
    static const char *const want[] = {
        "dimension :time 3 -> 5",
        "dimension :x 4 -> none",
        "dimension :lon none -> 4",
        "attribute :gone [1,2] -> none",
        "attribute :title \"old\" -> \"new \\\"one\\\"\"",
        "attribute :added none -> 5",
        "variable :level [] -> none",
        "dims rain: [\"time\",\"x\"] -> [\"time\",\"lon\"]",
        "shape rain: [3,4] -> [5,4]",
        "dtype rain: \"float32\" -> \"int16\"",
        "fill rain: none -> -1",
        "chunks rain: [1,2] -> [5,1]",
        "shards rain: none -> [5,2]",
        "shape time: [3] -> [5]",
        "attribute time:units \"days since 2001-01-01\" -> \"hours since 2001-01-01\"",
        "variable :snow none -> []",
    };
    const char *list[sizeof want / sizeof want[0] + 1] = {NULL};
    static const int16_t numbers[20] = {1};
    struct half a, b;
    struct forge_diff diff;
    struct forge_target_array *array;
    struct forge_variable *variable;
    float rain[12];
    const int32_t pair[] = {1, 2}, five = 5;

    (void)state;
    open_both(&a, &b);
    fill_rain(rain, 3, five_days);
    add_rain(&a, 3, five_days, rain);
    bake_add(&a.bake, "level", FORGE_INT16, "", NULL, NULL, numbers);
    forge_attributes_set_text(&a.bake.dataset.attributes, &a.bake.arena, "title", "old");
    forge_attributes_set(&a.bake.dataset.attributes, &a.bake.arena, "gone", FORGE_INT32, 2,
                         pair);

    add_axis(&b, "time", 5, five_days);
    set_text(&b, "units", "hours since 2001-01-01");
    array = bake_add(&b.bake, "rain", FORGE_INT16, "time lon", (uint64_t[4]){5, 4},
                     (uint64_t[4]){5, 1}, numbers);
    array->sharded = true;
    array->shard[0] = 5;
    array->shard[1] = 2;
    variable = bake_variable(&b.bake, array);
    variable->has_fill = true;
    variable->fill.int16 = -1;
    bake_add(&b.bake, "snow", FORGE_INT16, "", NULL, NULL, numbers);
    forge_attributes_set_text(&b.bake.dataset.attributes, &b.bake.arena, "title",
                              "new \"one\"");
    forge_attributes_set(&b.bake.dataset.attributes, &b.bake.arena, "added", FORGE_INT32, 1,
                         &five);

    write_and_compare(&diff, &a, &b);
    assert_true(diff.differ);
    assert_string_equal(values_of(&diff, "rain")->refused, "it has other dimensions");
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        list[i] = want[i];
    /* the codec of a sharded array is read from inside it: both have "bytes" only */
    check_changes(&diff, list);
    forge_diff_clear(&diff);
    close_both(&a, &b);
}

static void put_inputs(struct half *half, const char *const *urls, const uint64_t *sizes)
{
    struct forge_inputs_writer writer = {.size = 0};
    struct forge_store *store = NULL;
    struct forge_error err;

    for (size_t i = 0; urls[i]; i++) {
        struct forge_input_record record = {
            .url = urls[i], .absent = sizes[i] == 0, .size = sizes[i]};

        forge_digest_of(&record.digest, &sizes[i], sizeof sizes[i]);
        assert_true(forge_inputs_writer_add(&writer, &record, &err));
    }
    assert_true(forge_store_open_file(&store, half->published.folder, &err));
    assert_true(forge_inputs_writer_end(&writer, store, &err));
    forge_store_close(store);
}

static void inputs_and_recipes_are_told(void **state)
{
    static const char *const before[] = {"in/c", "in/a", "in/b", "in/e", NULL};
    static const char *const after[] = {"in/b", "in/c", "in/d", "in/e", NULL};
    static const char *const want[] = {"input in/a", "input in/b", "input in/d", "input in/e"};
    static const char *const lines[] = {" three", " four",  " five",  "-six",
                                        "+SIX",   " seven", " eight", "+nine"};
    struct half a, b;
    struct forge_diff diff;
    float rain[20];

    (void)state;
    open_both(&a, &b);
    fill_rain(rain, 5, five_days);
    add_rain(&a, 5, five_days, rain);
    add_rain(&b, 5, five_days, rain);
    put_inputs(&a, before, (uint64_t[4]){3, 1, 2, 0});
    put_inputs(&b, after, (uint64_t[4]){22, 3, 4, 5});
    published_put(&a.published, "provenance/recipe.yaml",
                  "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n");
    published_put(&b.published, "provenance/recipe.yaml",
                  "one\ntwo\nthree\nfour\nfive\nSIX\nseven\neight\nnine\n");
    write_and_compare(&diff, &a, &b);
    assert_int_equal(diff.changes_count, 4);
    assert_int_equal(diff.inputs_changed, 4);
    for (size_t i = 0; i < 4; i++) {
        char line[64];

        snprintf(line, sizeof line, "%s %s", diff.changes[i].part, diff.changes[i].name);
        assert_string_equal(line, want[i]);
    }
    assert_null(diff.changes[0].is);
    assert_null(diff.changes[2].was);
    assert_string_equal(diff.changes[3].was, "null");
    assert_true(diff.recipes_differ && diff.differ);
    assert_int_equal(diff.recipe_lines_count, sizeof lines / sizeof lines[0]);
    for (size_t i = 0; i < diff.recipe_lines_count; i++)
        assert_string_equal(diff.recipe_lines[i], lines[i]);
    forge_diff_clear(&diff);
    close_both(&a, &b);
}

static void it_stops_when_told_to(void **state)
{
    atomic_bool cancelled = true;
    struct half a, b;
    struct forge_diff diff;
    struct forge_diff_request request;
    struct forge_error err;
    float rain[20];

    (void)state;
    open_both(&a, &b);
    fill_rain(rain, 5, five_days);
    add_rain(&a, 5, five_days, rain);
    add_rain(&b, 5, five_days, rain);
    published_write(&a.published, &a.bake, "zarr");
    published_write(&b.published, &b.bake, "zarr");
    request = request_of(&a, &b);
    request.cancelled = &cancelled;
    assert_false(forge_diff(&diff, &request, &err));
    assert_int_equal(err.code, FORGE_CANCELLED);
    forge_diff_clear(&diff);
    close_both(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_the_same_does_not_differ),
        cmocka_unit_test(shapes_encodings_and_attributes_are_told_by_name),
        cmocka_unit_test(inputs_and_recipes_are_told),
        cmocka_unit_test(it_stops_when_told_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

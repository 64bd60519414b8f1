/* Datasets: names lead to things, attributes keep their order, copies stand alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "array/dataset.h"
#include "support/arrays.h"

static struct forge_arena arena;

static int clear_arena(void **state)
{
    (void)state;
    forge_arena_clear(&arena);
    return 0;
}

/* t(time, lat), time(time), lat(lat), and a dimension that nobody has. */
static struct forge_dataset example(void)
{
    static const double times[] = {1, 2, 3}, lats[] = {-1, 1};
    const uint64_t shape[] = {3, 2};
    const union forge_value zero = {0};
    struct forge_dataset dataset = {.arena = &arena, .url = "a.nc"};
    struct forge_variable *variable;

    forge_dataset_add_dimension(&dataset, "time", 3)->unlimited = true;
    forge_dataset_add_dimension(&dataset, "bnds", 2);
    forge_dataset_add_dimension(&dataset, "lat", 2);
    variable = forge_dataset_add_variable(&dataset, "t");
    variable->array = forge_array_constant(&arena, FORGE_INT16, 2, shape, &zero);
    variable->dims[0] = "time";
    variable->dims[1] = "lat";
    forge_attributes_set_text(&variable->attributes, &arena, "units", "K");
    variable = forge_dataset_add_variable(&dataset, "time");
    variable->array = row_of(&arena, FORGE_INT64, 3, times);
    variable->dims[0] = "time";
    variable = forge_dataset_add_variable(&dataset, "lat");
    variable->array = row_of(&arena, FORGE_FLOAT64, 2, lats);
    variable->dims[0] = "lat";
    forge_attributes_set_text(&dataset.attributes, &arena, "title", "an example");
    return dataset;
}

/* "a=1 b=x": every attribute, in order. */
static const char *show(const struct forge_attributes *attributes)
{
    const char *text = forge_arena_text(&arena, "");

    for (size_t i = 0; i < attributes->count; i++) {
        const struct forge_attribute *attribute = &attributes->items[i];
        char value[100] = "";

        if (attribute->count > 0)
            forge_value_format(value, sizeof value, attribute->dtype, attribute->values);
        text = forge_arena_print(&arena, "%s%s%s=%s", text, i > 0 ? " " : "", attribute->name,
                                 value);
    }
    return text;
}

static void names_lead_to_dimensions_and_variables(void **state)
{
    struct forge_dataset dataset = example();

    (void)state;
    assert_int_equal(forge_dataset_dimension(&dataset, "lat")->size, 2);
    assert_true(forge_dataset_dimension(&dataset, "time")->unlimited);
    assert_null(forge_dataset_dimension(&dataset, "lon"));
    assert_string_equal(forge_dataset_variable(&dataset, "t")->name, "t");
    assert_null(forge_dataset_variable(&dataset, "bnds"));
}

static void many_can_be_added(void **state)
{
    struct forge_dataset dataset = {.arena = &arena};

    (void)state;
    for (uint64_t i = 0; i < 100; i++) {
        const char *name = forge_arena_print(&arena, "n%d", (int)i);

        forge_dataset_add_dimension(&dataset, name, i);
        forge_dataset_add_variable(&dataset, name);
        forge_attributes_set(&dataset.attributes, &arena, name, FORGE_UINT64, 1, &i);
    }
    assert_int_equal(forge_dataset_dimension(&dataset, "n77")->size, 77);
    assert_ptr_equal(forge_dataset_variable(&dataset, "n99"), &dataset.variables[99]);
    assert_int_equal(dataset.attributes.count, 100);
    assert_int_equal(
        *(const uint64_t *)forge_attributes_find(&dataset.attributes, "n50")->values, 50);
}

static void removing_keeps_the_order_of_the_rest(void **state)
{
    struct forge_dataset dataset = example();

    (void)state;
    forge_dataset_remove_variable(&dataset, "time");
    forge_dataset_remove_variable(&dataset, "nobody");
    assert_int_equal(dataset.variables_count, 2);
    assert_string_equal(dataset.variables[0].name, "t");
    assert_string_equal(dataset.variables[1].name, "lat");
}

static void dimensions_that_no_variable_has_are_trimmed(void **state)
{
    struct forge_dataset dataset = example();

    (void)state;
    forge_dataset_trim_dimensions(&dataset);
    assert_int_equal(dataset.dims_count, 2);
    assert_string_equal(dataset.dims[0].name, "time");
    assert_string_equal(dataset.dims[1].name, "lat");
}

static void a_variable_knows_its_axes(void **state)
{
    struct forge_dataset dataset = example();
    const struct forge_variable *t = forge_dataset_variable(&dataset, "t");

    (void)state;
    assert_int_equal(forge_variable_axis(t, "time"), 0);
    assert_int_equal(forge_variable_axis(t, "lat"), 1);
    assert_int_equal(forge_variable_axis(t, "lon"), -1);
    assert_false(forge_variable_is_index(t));
    assert_true(forge_variable_is_index(forge_dataset_variable(&dataset, "lat")));
}

static void all_names_are_listed(void **state)
{
    struct forge_dataset dataset = example();
    const char *const *variables = forge_dataset_names(&dataset, &arena, false);
    const char *const *dims = forge_dataset_names(&dataset, &arena, true);

    (void)state;
    assert_string_equal(variables[0], "t");
    assert_string_equal(variables[2], "lat");
    assert_null(variables[3]);
    assert_string_equal(dims[1], "bnds");
    assert_null(dims[3]);
}

static void attributes_keep_their_order_when_replaced(void **state)
{
    struct forge_attributes attributes = {0};
    const int16_t pair[] = {1, 2};
    const double number = 2.5;

    (void)state;
    forge_attributes_set_text(&attributes, &arena, "units", "K");
    forge_attributes_set(&attributes, &arena, "range", FORGE_INT16, 2, pair);
    forge_attributes_set_text(&attributes, &arena, "note", "");
    assert_string_equal(show(&attributes), "units=K range=1 note=");
    forge_attributes_set(&attributes, &arena, "units", FORGE_FLOAT64, 1, &number);
    assert_string_equal(show(&attributes), "units=2.5 range=1 note=");
    forge_attributes_remove(&attributes, "range");
    forge_attributes_remove(&attributes, "range");
    assert_string_equal(show(&attributes), "units=2.5 note=");
}

static void values_of_attributes_are_copied(void **state)
{
    struct forge_attributes attributes = {0};
    char text[] = "old", name[] = "history";
    const char *texts[] = {text, "second"};

    (void)state;
    forge_attributes_set(&attributes, &arena, name, FORGE_STRING, 2, texts);
    text[0] = name[0] = 'X';
    texts[1] = NULL;
    assert_string_equal(show(&attributes), "history=old");
    assert_string_equal(
        ((const char *const *)forge_attributes_find(&attributes, "history")->values)[1],
        "second");
}

static void a_text_is_one_string_and_a_number_the_first(void **state)
{
    struct forge_attributes attributes = {0};
    const char *const texts[] = {"a", "b"};
    const int16_t numbers[] = {7, 8};
    double number = 0;

    (void)state;
    forge_attributes_set_text(&attributes, &arena, "units", "K");
    forge_attributes_set(&attributes, &arena, "texts", FORGE_STRING, 2, texts);
    forge_attributes_set(&attributes, &arena, "numbers", FORGE_INT16, 2, numbers);
    forge_attributes_set(&attributes, &arena, "none", FORGE_INT16, 0, NULL);
    assert_string_equal(forge_attributes_text(&attributes, "units"), "K");
    assert_null(forge_attributes_text(&attributes, "texts"));
    assert_null(forge_attributes_text(&attributes, "numbers"));
    assert_null(forge_attributes_text(&attributes, "absent"));
    assert_true(forge_attributes_number(&number, &attributes, "numbers"));
    assert_true(number == 7);
    assert_false(forge_attributes_number(&number, &attributes, "units"));
    assert_false(forge_attributes_number(&number, &attributes, "none"));
    assert_false(forge_attributes_number(&number, &attributes, "absent"));
}

static void attributes_are_equal_byte_for_byte(void **state)
{
    static const double nan_value = (double)NAN, zero = 0.0, minus = -0.0;
    static const float single = 0;
    static const char *const one = "m", *const copy = "m", *const other = "km";
    const struct forge_attribute attributes[] = {
        {"a", FORGE_FLOAT64, 1, &zero},      {"a", FORGE_FLOAT64, 1, &minus},
        {"a", FORGE_FLOAT64, 1, &nan_value}, {"a", FORGE_FLOAT32, 1, &single},
        {"b", FORGE_FLOAT64, 1, &zero},      {"a", FORGE_FLOAT64, 0, NULL},
        {"a", FORGE_STRING, 1, &one},        {"a", FORGE_STRING, 1, &other},
    };
    const struct forge_attribute again = {"a", FORGE_STRING, 1, &copy};
    const size_t count = sizeof attributes / sizeof attributes[0];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++)
            assert_int_equal(forge_attribute_equal(&attributes[i], &attributes[j]), i == j);
    }
    assert_true(forge_attribute_equal(&attributes[6], &again));
}

static void changes_to_a_copy_do_not_reach_the_original(void **state)
{
    struct forge_dataset dataset = example(), copy = {0};
    struct forge_arena later = {0};
    struct forge_variable *t;

    (void)state;
    forge_dataset_copy(&copy, &later, &dataset);
    t = forge_dataset_variable(&copy, "t");
    assert_ptr_equal(t->array, dataset.variables[0].array);
    assert_ptr_equal(t->attributes.items[0].values,
                     dataset.variables[0].attributes.items[0].values);
    forge_attributes_set_text(&t->attributes, &later, "units", "degC");
    forge_attributes_set_text(&t->attributes, &later, "note", "new");
    forge_attributes_set_text(&copy.attributes, &later, "title", "a copy");
    forge_attributes_remove(&t->attributes, "units");
    t->name = "tas";
    t->dims[0] = "day";
    copy.dims[0].size = 99;
    forge_dataset_add_dimension(&copy, "height", 1);
    forge_dataset_add_variable(&copy, "height");
    forge_dataset_remove_variable(&copy, "time");
    forge_arena_clear(&later);
    assert_int_equal(dataset.dims_count, 3);
    assert_int_equal(dataset.dims[0].size, 3);
    assert_int_equal(dataset.variables_count, 3);
    assert_string_equal(dataset.variables[0].name, "t");
    assert_string_equal(dataset.variables[0].dims[0], "time");
    assert_string_equal(dataset.variables[1].name, "time");
    assert_string_equal(show(&dataset.variables[0].attributes), "units=K");
    assert_string_equal(show(&dataset.attributes), "title=an example");
}

static void an_empty_dataset_copies(void **state)
{
    struct forge_dataset empty = {.arena = &arena, .url = "none"}, copy;

    (void)state;
    forge_dataset_copy(&copy, &arena, &empty);
    forge_attributes_set_text(&copy.attributes, &arena, "a", "b");
    forge_dataset_add_variable(&copy, "v");
    assert_int_equal(empty.variables_count + empty.attributes.count, 0);
    assert_string_equal(copy.url, "none");
    assert_null(forge_dataset_names(&empty, &arena, true)[0]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, clear_arena)
    const struct CMUnitTest tests[] = {
        TEST(names_lead_to_dimensions_and_variables),
        TEST(many_can_be_added),
        TEST(removing_keeps_the_order_of_the_rest),
        TEST(dimensions_that_no_variable_has_are_trimmed),
        TEST(a_variable_knows_its_axes),
        TEST(all_names_are_listed),
        TEST(attributes_keep_their_order_when_replaced),
        TEST(values_of_attributes_are_copied),
        TEST(a_text_is_one_string_and_a_number_the_first),
        TEST(attributes_are_equal_byte_for_byte),
        TEST(changes_to_a_copy_do_not_reach_the_original),
        TEST(an_empty_dataset_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* diff --data: the values of two versions, element by element. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/diff_world.h"
#include "support/random.h"

static void one_value_is_found_and_all_other_objects_are_left_unread(void **state)
{
    struct half a, b;
    struct forge_diff diff;
    const struct forge_values_diff *values;
    float rain[20], other[20];

    (void)state;
    open_both(&a, &b);
    fill_rain(rain, 5, five_days);
    memcpy(other, rain, sizeof rain);
    other[3 * 4 + 2] = 40.5F;
    add_rain(&a, 5, five_days, rain);
    add_rain(&b, 5, five_days, other);
    published_write(&a.published, &a.bake, "zarr");
    published_write(&b.published, &b.bake, "zarr");
    /* An object that is not what its digest says is not noticed: it is not read. */
    published_put(&b.published, "data.zarr/rain/c/0/0", "not a chunk at all");
    compare(&diff, &a, &b);
    assert_true(diff.differ);
    assert_int_equal(diff.objects.different, 1);
    values = values_of(&diff, "rain");
    assert_int_equal(values->compared, 20);
    assert_int_equal(values->unread, 18);
    assert_int_equal(values->differing, 1);
    assert_true(values->has_largest && values->largest == 7.5);
    assert_string_equal(values->at, "{\"time\":\"2001-01-04\",\"x\":2}");
    assert_string_equal(values->at_a, "[3,2]");
    assert_string_equal(values->was, "33.0");
    assert_string_equal(values->is, "40.5");
    assert_string_equal(values->aligned, "by label along time; by place along x");
    forge_diff_clear(&diff);
    close_both(&a, &b);
}

static void labels_align_versions_of_other_lengths(void **state)
{
    static const struct {
        const char *name;
        uint64_t days;
        double times[6];
        uint64_t compared, unread;
    } rows[] = {
        {"three more behind", 6, {0, 1, 2, 3, 4, 5}, 20, 20},
        {"two more in front", 6, {-1, -0.5, 0, 1, 2, 3}, 16, 16},
        {"one in the middle is gone", 4, {0, 1, 3, 4}, 16, 16},
        {"every other one", 3, {0, 2, 4}, 12, 12},
        {"falling", 5, {4, 3, 2, 1, 0}, 20, 20},
        {"one alone", 1, {3}, 4, 4},
        {"none in common", 2, {7, 8}, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct half a, b;
        struct forge_diff diff;
        const struct forge_values_diff *values;
        float rain[20], other[24];

        open_both(&a, &b);
        fill_rain(rain, 5, five_days);
        fill_rain(other, rows[i].days, rows[i].times);
        add_rain(&a, 5, five_days, rain);
        add_rain(&b, rows[i].days, rows[i].times, other);
        write_and_compare(&diff, &a, &b);
        values = values_of(&diff, "rain");
        if (values->compared != rows[i].compared || values->unread != rows[i].unread ||
            values->differing != 0)
            fail_msg("%s: %d compared, %d unread, %d differ", rows[i].name,
                     (int)values->compared, (int)values->unread, (int)values->differing);
        forge_diff_clear(&diff);
        close_both(&a, &b);
    }
}

/* Days 0..3 and 1..4 in objects of two, all with the same bytes: day 1 is the second of one and
 * the first of the other. */
static void objects_with_the_same_bytes_at_another_place_are_read(void **state)
{
    static const double later[] = {1, 2, 3, 4};
    static const int16_t values[] = {1, 2, 1, 2};
    struct half a, b;
    struct forge_diff diff;

    (void)state;
    open_both(&a, &b);
    add_axis(&a, "time", 4, five_days);
    bake_add(&a.bake, "v", FORGE_INT16, "time", (uint64_t[4]){4}, (uint64_t[4]){2}, values);
    add_axis(&b, "time", 4, later);
    bake_add(&b.bake, "v", FORGE_INT16, "time", (uint64_t[4]){4}, (uint64_t[4]){2}, values);
    write_and_compare(&diff, &a, &b);
    assert_int_equal(diff.objects.different, 2); /* of time */
    assert_int_equal(values_of(&diff, "v")->compared, 3);
    assert_int_equal(values_of(&diff, "v")->differing, 3);
    assert_int_equal(values_of(&diff, "v")->unread, 0);
    forge_diff_clear(&diff);
    close_both(&a, &b);
}

static void without_usable_labels_the_place_counts(void **state)
{
    static const struct {
        double a[4], b[4];
        const char *units;
    } rows[] = {
        {{0, 1, 2, 3}, {0, 1, 1, 3}, "days since 2001-01-01"}, /* repeats */
        {{0, 1, 2, 3}, {1, 2, 3, 4}, "days since 2000-12-31"}, /* counts from another day */
        {{0, 1, NAN, 3}, {0, 1, NAN, 3}, "days since 2001-01-01"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct half a, b;
        struct forge_diff diff;
        float rain[16];

        open_both(&a, &b);
        fill_rain(rain, 4, five_days);
        add_rain(&a, 4, rows[i].a, rain);
        add_rain(&b, 4, rows[i].b, rain);
        forge_attributes_set_text(&b.bake.dataset.variables[0].attributes, &b.bake.arena,
                                  "units", rows[i].units);
        write_and_compare(&diff, &a, &b);
        assert_string_equal(values_of(&diff, "rain")->aligned, "by place along time, x");
        assert_int_equal(values_of(&diff, "rain")->compared, 16);
        assert_int_equal(values_of(&diff, "rain")->differing, 0);
        forge_diff_clear(&diff);
        close_both(&a, &b);
    }
}

/* Four numbers of some type, with a fill where `fill` is one of its elements. */
struct numbers {
    enum forge_dtype dtype;
    const void *values;
    const void *fill;
    double scale; /* 0: not packed */
};

static void add_numbers(struct half *half, const struct numbers *numbers)
{
    struct forge_variable *variable;

    bake_add(&half->bake, "v", numbers->dtype, "x", (uint64_t[4]){4}, (uint64_t[4]){3},
             numbers->values);
    variable = last_variable(half);
    variable->has_fill = numbers->fill != NULL;
    if (numbers->fill)
        memcpy(variable->fill.bytes, numbers->fill, forge_dtype_size(numbers->dtype));
    if (numbers->scale != 0)
        forge_attributes_set(&variable->attributes, &half->bake.arena, "scale_factor",
                             FORGE_FLOAT64, 1, &numbers->scale);
}

static const int16_t short_fill = -1, other_fill = -9;
static const float float_nan = NAN, lots = 1e30F;
static const double fill64 = -99;
static const char *const some_words[] = {"a", "b", "", "d"}, *const other_words[] = {"a", "b",
                                                                                     "c", "d"};
static const struct {
    const char *name;
    struct numbers a, b;
    unsigned differing;
    bool has_largest;
    double largest;
    const char *at, *was, *is;
} meanings[] = {
    {"missing is missing, whatever its mark",
     {FORGE_INT16, (int16_t[]){1, -1, 3, -1}, &short_fill, 0},
     {FORGE_INT16, (int16_t[]){1, -9, 3, -9}, &other_fill, 0},
     0,
     false,
     0,
     NULL,
     NULL,
     NULL},
    {"missing is no value",
     {FORGE_INT16, (int16_t[]){1, -1, 3, 4}, &short_fill, 0},
     {FORGE_INT16, (int16_t[]){1, 2, 3, 4}, &short_fill, 0},
     1,
     false,
     0,
     "[1]",
     "null",
     "2"},
    {"a mark of one is a value of the other",
     {FORGE_INT16, (int16_t[]){1, 2, 3, -1}, &short_fill, 0},
     {FORGE_INT16, (int16_t[]){1, 2, 3, -1}, &other_fill, 0},
     1,
     false,
     0,
     "[3]",
     "null",
     "-1"},
    {"NaN is NaN, also as a mark",
     {FORGE_FLOAT32, (float[]){NAN, 2, -NAN, 4}, &float_nan, 0},
     {FORGE_FLOAT32, (float[]){-NAN, 2, 1e30F, 4}, &lots, 0},
     0,
     false,
     0,
     NULL,
     NULL,
     NULL},
    {"zeros are one",
     {FORGE_FLOAT64, (double[]){0.0, 1, 2, INFINITY}, NULL, 0},
     {FORGE_FLOAT64, (double[]){-0.0, 1, 2, INFINITY}, NULL, 0},
     0,
     false,
     0,
     NULL,
     NULL,
     NULL},
    {"packed numbers are unpacked",
     {FORGE_INT16, (int16_t[]){1, 2, 3, -1}, &short_fill, 0.5},
     {FORGE_FLOAT64, (double[]){0.5, 1, 1.5, -99}, &fill64, 0},
     0,
     false,
     0,
     NULL,
     NULL,
     NULL},
    {"the same bytes packed otherwise differ",
     {FORGE_INT16, (int16_t[]){1, 2, 3, -1}, &short_fill, 0.5},
     {FORGE_INT16, (int16_t[]){1, 2, 3, -1}, &short_fill, 0.25},
     3,
     true,
     0.75,
     "[0]",
     "0.5",
     "0.25"},
    {"integers of 64 bits are exact",
     {FORGE_INT64, (int64_t[]){INT64_MIN, 0, 9007199254740993, 4}, NULL, 0},
     {FORGE_INT64, (int64_t[]){INT64_MIN, 0, 9007199254740992, 4}, NULL, 0},
     1,
     true,
     1,
     "[2]",
     "9007199254740993",
     "9007199254740992"},
    {"their differences do not overflow",
     {FORGE_INT64, (int64_t[]){INT64_MIN, 0, 0, 0}, NULL, 0},
     {FORGE_INT64, (int64_t[]){INT64_MAX, 0, 0, 0}, NULL, 0},
     1,
     true,
     18446744073709551615.0,
     "[0]",
     "-9223372036854775808",
     "9223372036854775807"},
    {"the first and the largest may be two",
     {FORGE_UINT8, (uint8_t[]){1, 2, 3, 4}, NULL, 0},
     {FORGE_UINT8, (uint8_t[]){1, 3, 3, 204}, NULL, 0},
     2,
     true,
     200,
     "[1]",
     "2",
     "3"},
    {"text is compared as text",
     {FORGE_STRING, some_words, NULL, 0},
     {FORGE_STRING, other_words, NULL, 0},
     1,
     false,
     0,
     "[2]",
     "\"\"",
     "\"c\""},
};

static void values_are_compared_as_what_they_mean(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        struct half a, b;
        struct forge_diff diff;
        const struct forge_values_diff *values;

        open_both(&a, &b);
        add_numbers(&a, &meanings[i].a);
        add_numbers(&b, &meanings[i].b);
        write_and_compare(&diff, &a, &b);
        values = values_of(&diff, "v");
        if (values->refused || values->compared != 4 ||
            values->differing != meanings[i].differing ||
            values->has_largest != meanings[i].has_largest ||
            (values->has_largest && values->largest != meanings[i].largest))
            fail_msg("%s: %s%d of %d differ, by %g", meanings[i].name,
                     values->refused ? values->refused : "", (int)values->differing,
                     (int)values->compared, values->largest);
        if (meanings[i].at) {
            assert_string_equal(values->at_a, meanings[i].at);
            assert_string_equal(values->was, meanings[i].was);
            assert_string_equal(values->is, meanings[i].is);
        }
        forge_diff_clear(&diff);
        close_both(&a, &b);
    }
    print_message("%zu rows\n", sizeof meanings / sizeof meanings[0]);
}

static void text_is_not_compared_with_numbers(void **state)
{
    static const char *const words[] = {"a", "b", "c", "d"};
    struct half a, b;
    struct forge_diff diff;

    (void)state;
    open_both(&a, &b);
    add_numbers(&a, &(struct numbers){FORGE_STRING, words, NULL, 0});
    add_numbers(&b, &(struct numbers){FORGE_INT16, (int16_t[]){1, 2, 3, 4}, NULL, 0});
    write_and_compare(&diff, &a, &b);
    assert_string_equal(values_of(&diff, "v")->refused, "one holds text, the other numbers");
    forge_diff_clear(&diff);
    close_both(&a, &b);
}

/* ---- random grids against a plain comparison ---- */

#define SIDE 12

struct plane {
    uint64_t counts[2];
    double labels[2][SIDE];
    int16_t values[SIDE * SIDE];
};

/* Some of 0..SIDE-1 in order, rising or falling. */
static uint64_t draw_labels(double *labels)
{
    uint64_t count = 0;
    bool back = below(3) == 0;

    for (unsigned i = 0; i < SIDE; i++) {
        if (below(4) > 0)
            labels[count++] = back ? SIDE - 1 - i : i;
    }
    if (count == 0)
        labels[count++] = 3;
    return count;
}

static void draw_plane(struct plane *plane)
{
    for (int d = 0; d < 2; d++)
        plane->counts[d] = draw_labels(plane->labels[d]);
    for (uint64_t i = 0; i < plane->counts[0] * plane->counts[1]; i++) {
        double y = plane->labels[0][i / plane->counts[1]];
        double x = plane->labels[1][i % plane->counts[1]];

        plane->values[i] = (int16_t)(y * SIDE + x + (below(20) == 0 ? 1000 : 0));
    }
}

/* The same, with a row less and here and there another value. */
static void change_plane(struct plane *plane, const struct plane *from)
{
    *plane = *from;
    plane->counts[0] -= plane->counts[0] > 1;
    if (below(2) == 0)
        plane->values[below(plane->counts[0] * plane->counts[1])] ^= 64;
}

static void add_plane(struct half *half, const struct plane *plane, const uint64_t *chunk,
                      bool sharded)
{
    struct forge_target_array *array;

    add_axis(half, "y", plane->counts[0], plane->labels[0]);
    add_axis(half, "x", plane->counts[1], plane->labels[1]);
    array = bake_add(&half->bake, "v", FORGE_INT16, "y x", plane->counts, chunk, plane->values);
    array->sharded = sharded;
    array->shard[0] = 2 * chunk[0];
    array->shard[1] = chunk[1];
}

struct sum {
    uint64_t compared, differing;
    double largest;
};

static struct sum compare_planes(const struct plane *a, const struct plane *b)
{
    struct sum sum = {0, 0, 0};

    for (uint64_t i = 0; i < a->counts[0] * a->counts[1]; i++) {
        for (uint64_t j = 0; j < b->counts[0] * b->counts[1]; j++) {
            double apart = fabs((double)a->values[i] - b->values[j]);

            if (a->labels[0][i / a->counts[1]] != b->labels[0][j / b->counts[1]] ||
                a->labels[1][i % a->counts[1]] != b->labels[1][j % b->counts[1]])
                continue;
            sum.compared++;
            sum.differing += apart > 0;
            sum.largest = fmax(sum.largest, apart);
        }
    }
    return sum;
}

static void random_grids_compare_as_a_plain_loop_does(void **state)
{
    uint64_t compared = 0, unread = 0, differing = 0;
    enum { ROUNDS = 150 };

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        static struct plane one, other;
        struct half a, b;
        struct forge_diff diff;
        const struct forge_values_diff *values;
        struct sum sum;
        const uint64_t chunks[4] = {below(5) + 1, below(5) + 1, below(5) + 1, below(5) + 1};
        bool like = below(2) == 0;

        open_both(&a, &b);
        draw_plane(&one);
        if (like)
            change_plane(&other, &one);
        else
            draw_plane(&other);
        add_plane(&a, &one, chunks, below(3) == 0);
        add_plane(&b, &other, like ? chunks : chunks + 2, below(3) == 0);
        write_and_compare(&diff, &a, &b);
        values = values_of(&diff, "v");
        sum = compare_planes(&one, &other);
        assert_int_equal(values->compared, sum.compared);
        assert_int_equal(values->differing, sum.differing);
        assert_true(values->has_largest ? values->largest == sum.largest : sum.largest == 0);
        compared += sum.compared;
        unread += values->unread;
        differing += sum.differing;
        forge_diff_clear(&diff);
        close_both(&a, &b);
    }
    print_message("%d random pairs: %llu elements compared, %llu unread, %llu differ\n", ROUNDS,
                  (unsigned long long)compared, (unsigned long long)unread,
                  (unsigned long long)differing);
}

/* ---- memory ---- */

static void a_variable_that_does_not_fit_the_memory_is_named(void **state)
{
    static float many[256 * 256];
    struct half a, b;
    struct forge_diff diff;
    struct forge_diff_request request;
    struct forge_error err;

    (void)state;
    open_both(&a, &b);
    bake_add(&a.bake, "v", FORGE_FLOAT32, "y x", (uint64_t[4]){256, 256},
             (uint64_t[4]){256, 256}, many);
    many[0] = 1;
    published_write(&a.published, &a.bake, "zarr");
    many[0] = 2;
    bake_add(&b.bake, "v", FORGE_FLOAT32, "y x", (uint64_t[4]){256, 256},
             (uint64_t[4]){256, 256}, many);
    published_write(&b.published, &b.bake, "zarr");
    request = request_of(&a, &b);
    request.memory_bytes = 4096;
    assert_false(forge_diff(&diff, &request, &err));
    assert_string_equal(err.text, "variable \"v\" cannot be compared in that memory");
    forge_diff_clear(&diff);
    request.memory_bytes = 4 << 20;
    if (!forge_diff(&diff, &request, &err))
        fail_msg("%s", err.text);
    assert_int_equal(values_of(&diff, "v")->differing, 1);
    forge_diff_clear(&diff);
    close_both(&a, &b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_is_found_and_all_other_objects_are_left_unread),
        cmocka_unit_test(labels_align_versions_of_other_lengths),
        cmocka_unit_test(objects_with_the_same_bytes_at_another_place_are_read),
        cmocka_unit_test(without_usable_labels_the_place_counts),
        cmocka_unit_test(values_are_compared_as_what_they_mean),
        cmocka_unit_test(text_is_not_compared_with_numbers),
        cmocka_unit_test(random_grids_compare_as_a_plain_loop_does),
        cmocka_unit_test(a_variable_that_does_not_fit_the_memory_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

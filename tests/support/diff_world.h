/* diff_world.h: what tests of diff share: two versions that are made and compared. Include it
 * behind cmocka. */
#ifndef FORGE_TESTS_SUPPORT_DIFF_WORLD_H
#define FORGE_TESTS_SUPPORT_DIFF_WORLD_H

#include <stdio.h>

#include "audit/diff.h"
#include "support/published.h"

/* One side: a version that is being made, or was. */
struct half {
    struct published published;
    struct bake bake;
};

static inline void open_half(struct half *half)
{
    published_open(&half->published);
    bake_open(&half->bake);
}

static inline void close_half(struct half *half)
{
    bake_close(&half->bake);
    published_close(&half->published);
}

static inline void open_both(struct half *a, struct half *b)
{
    open_half(a);
    open_half(b);
}

static inline void close_both(struct half *a, struct half *b)
{
    close_half(a);
    close_half(b);
}

static inline struct forge_diff_request request_of(struct half *a, struct half *b)
{
    return (struct forge_diff_request){
        .a = {published_path(&a->published, "data.zarr"), a->published.folder},
        .b = {published_path(&b->published, "data.zarr"), b->published.folder},
        .values = true,
        .executor = forge_executor_find("threads"),
        .workers = 2,
        .memory_bytes = 256 << 20,
    };
}

static inline void compare(struct forge_diff *out, struct half *a, struct half *b)
{
    const struct forge_diff_request request = request_of(a, b);
    struct forge_error err;

    if (!forge_diff(out, &request, &err))
        fail_msg("%s", err.text);
}

/* Write both as they are, and compare them. */
static inline void write_and_compare(struct forge_diff *out, struct half *a, struct half *b)
{
    published_write(&a->published, &a->bake, "zarr");
    published_write(&b->published, &b->bake, "zarr");
    compare(out, a, b);
}

static inline const struct forge_values_diff *values_of(const struct forge_diff *diff,
                                                        const char *name)
{
    for (size_t i = 0; i < diff->values_count; i++) {
        if (strcmp(diff->values[i].variable, name) == 0)
            return &diff->values[i];
    }
    fail_msg("no values of %s", name);
    return NULL;
}

/* A coordinate along its own dimension; chunks of two. */
static inline void add_axis(struct half *half, const char *dim, uint64_t count,
                            const double *values)
{
    bake_add(&half->bake, dim, FORGE_FLOAT64, dim, (uint64_t[4]){count}, (uint64_t[4]){2},
             values);
}

static inline struct forge_variable *last_variable(struct half *half)
{
    return &half->bake.dataset.variables[half->bake.dataset.variables_count - 1];
}

static inline void set_text(struct half *half, const char *name, const char *text)
{
    forge_attributes_set_text(&last_variable(half)->attributes, &half->bake.arena, name, text);
}

/* rain(time, x), float32, in chunks of 1 x 2, with a time in days. */
static inline void add_rain(struct half *half, uint64_t days, const double *times,
                            const float *values)
{
    add_axis(half, "time", days, times);
    set_text(half, "units", "days since 2001-01-01");
    bake_add(&half->bake, "rain", FORGE_FLOAT32, "time x", (uint64_t[4]){days, 4},
             (uint64_t[4]){1, 2}, values);
}

static const double five_days[] = {0, 1, 2, 3, 4};

static inline void fill_rain(float *values, uint64_t days, const double *times)
{
    for (uint64_t i = 0; i < days * 4; i++)
        values[i] = (float)(times[i / 4] * 10 + (double)(i % 4) + 1);
}

#endif

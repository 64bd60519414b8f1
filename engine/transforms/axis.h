/* axis.h: the values of a coordinate, and the bounds that authors write for them. */
#ifndef FORGE_TRANSFORMS_AXIS_H
#define FORGE_TRANSFORMS_AXIS_H

#include "array/dataset.h"
#include "document/document.h"
#include "time/calendar.h"

/* A coordinate as numbers that can be compared: decoded values, times as microseconds. */
struct forge_axis_values {
    const char *name;
    double *numbers;
    const char *const *texts; /* of a coordinate of strings */
    int64_t *times;           /* of a time axis */
    enum forge_calendar calendar;
    enum forge_dtype dtype;
    uint64_t count;
};

/* What an author wrote, as an interval of the same kind. */
struct forge_axis_bound {
    double number;
    const char *text;
    int64_t first_us, last_us;
};

/* Read the coordinate of a dimension. One without is FORGE_BAD_RECIPE. */
FORGE_MUST_CHECK bool forge_axis_read(struct forge_axis_values *axis, const char *dim,
                                      const struct forge_dataset *dataset,
                                      struct forge_reader *reader, struct forge_arena *arena,
                                      struct forge_error *err);

/* A date stands for its whole period. Refusals have the node's place. */
FORGE_MUST_CHECK bool forge_axis_bound_read(struct forge_axis_bound *bound,
                                            const struct forge_axis_values *axis,
                                            const struct forge_node *node,
                                            struct forge_error *err);

/* Both ends inclusive. */
bool forge_axis_inside(const struct forge_axis_values *axis, uint64_t i,
                       const struct forge_axis_bound *low, const struct forge_axis_bound *high);

#endif

/* valid_time.h: from when to when the values of a dataset hold.
 *
 * Of its time coordinate (CF 4.4): a coordinate with units such as "days since
 * 1850-01-01", first the one whose standard_name is time, then an index with
 * axis T, an index that is called time, any other index that says nothing of
 * itself. Both ends are inclusive: the least and the greatest value, missing
 * ones left out, in the coordinate's own calendar; where it has bounds, those of
 * the bounds: the end of the last interval is the end.
 */
#ifndef FORGE_PLAN_VALID_TIME_H
#define FORGE_PLAN_VALID_TIME_H

#include "array/dataset.h"
#include "base/text.h"
#include "time/calendar.h"

struct forge_valid_time {
    bool known;         /* there is such a coordinate, and it is not empty */
    bool by_bounds;     /* of the bounds, not of the values */
    const char *source; /* name of the coordinate; borrowed from the dataset */
    enum forge_calendar calendar;
    int64_t start_us, stop_us; /* to the nearest microsecond */
};

/* What is not in memory is read, a MiB at once. */
FORGE_MUST_CHECK bool forge_valid_time_find(struct forge_valid_time *out,
                                            const struct forge_dataset *dataset,
                                            struct forge_reader *reader,
                                            struct forge_error *err);

/* ISO 8601 in the calendar: "1981-09-01T12:00:00", with microseconds where there are any. */
void forge_valid_time_print(struct forge_text *out, enum forge_calendar calendar,
                            int64_t time_us);

#endif

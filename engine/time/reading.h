/* reading.h: dates as people and files write them, for the files of this folder. */
#ifndef FORGE_TIME_READING_H
#define FORGE_TIME_READING_H

#include "time/calendar.h"

enum forge_date_part {
    FORGE_DATE_YEAR = 1,
    FORGE_DATE_MONTH,
    FORGE_DATE_DAY,
    FORGE_DATE_HOUR,
    FORGE_DATE_MINUTE,
    FORGE_DATE_SECOND,
    FORGE_DATE_FRACTION,
};

struct forge_date_text {
    struct forge_date date;    /* not yet checked against a calendar */
    enum forge_date_part last; /* the last part that was written */
    int fraction_digits;
    int64_t zone_us; /* what the clock is ahead of UTC */
};

enum forge_date_style {
    FORGE_DATE_ISO,   /* as forge_time_parse says: four digits of year, two of the others */
    FORGE_DATE_UNITS, /* as reference times of units: "1-1-1 0:0:0.0 +1", "20000101" */
};

/* All of `text` is used. False: it is not of that style. */
bool forge_date_read(struct forge_date_text *out, const char *text,
                     enum forge_date_style style);

#endif

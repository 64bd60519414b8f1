/* combine.c: the dimensions of the grid of files, and the keys along them. */
#include "recipe/parts.h"

#include <stdlib.h>
#include <string.h>

struct ints_settings {
    int64_t from, to, step;
};

struct dates_settings {
    const char *from, *to, *step, *calendar, *restart;
};

struct combine_settings {
    const char *concat, *merge, *as, *parse;
    struct forge_names keys, except;
    const struct forge_node *ints, *dates;
};

#define INTS(member) offsetof(struct ints_settings, member)
#define DATES(member) offsetof(struct dates_settings, member)
#define COMBINE(member) offsetof(struct combine_settings, member)

#define INTEGER_LIMIT 9e15

const struct forge_option forge_ints_options[] = {
    {"from", FORGE_OPTION_INTEGER, INTS(from), .help = "first key, inclusive", .required = true,
     .minimum = -INTEGER_LIMIT, .maximum = INTEGER_LIMIT},
    {"to", FORGE_OPTION_INTEGER, INTS(to), .help = "last key, inclusive", .required = true,
     .minimum = -INTEGER_LIMIT, .maximum = INTEGER_LIMIT},
    {"step", FORGE_OPTION_INTEGER, INTS(step), "1", .help = "from one key to the next",
     .minimum = 1, .maximum = INTEGER_LIMIT},
    {0},
};

static const char *const calendars[] = {"standard", "gregorian", "proleptic_gregorian",
                                        "julian",   "noleap",    "365_day",
                                        "all_leap", "366_day",   "360_day",
                                        NULL};
static const char *const restarts[] = {"yearly", NULL};

const struct forge_option forge_dates_options[] = {
    {"from", FORGE_OPTION_TEXT, DATES(from), .help = "first date, inclusive", .required = true},
    {"to", FORGE_OPTION_TEXT, DATES(to), .required = true,
     .help = "last date, inclusive; \"now - 2d\" is resolved once, when the plan is made"},
    {"step", FORGE_OPTION_TEXT, DATES(step), "1d", .help = "such as 1d, 6h, 1mo, 1y"},
    {"calendar", FORGE_OPTION_CHOICE, DATES(calendar), "standard", .help = "as in CF",
     .choices = calendars},
    {"restart", FORGE_OPTION_CHOICE, DATES(restart), .choices = restarts,
     .help = "yearly: the step begins again each 1 January"},
    {0},
};

static void ints_schema(struct forge_text *out)
{
    forge_options_schema(out, forge_ints_options);
}

static void dates_schema(struct forge_text *out)
{
    forge_options_schema(out, forge_dates_options);
}

static const struct forge_option combine_options[] = {
    {"concat", FORGE_OPTION_NAME, COMBINE(concat), .help = "join along this dimension"},
    {"merge", FORGE_OPTION_NAME, COMBINE(merge), .help = "bring different variables together"},
    {"as", FORGE_OPTION_NAME, COMBINE(as), .help = "what templates call the key"},
    {"keys", FORGE_OPTION_TEXTS, COMBINE(keys), .help = "the keys, as a list"},
    {"ints", FORGE_OPTION_NODE, COMBINE(ints), .help = "a range of integers: {from, to, step}",
     .schema_of = ints_schema},
    {"dates", FORGE_OPTION_NODE, COMBINE(dates), .schema_of = dates_schema,
     .help = "a range of dates: {from, to, step, calendar, restart}"},
    {"parse", FORGE_OPTION_TEXT, COMBINE(parse), .help = "read the keys as times, by \"%Y%j\""},
    {"except", FORGE_OPTION_TEXTS, COMBINE(except), .help = "keys that are left out"},
    {0},
};

void forge_combine_schema(struct forge_text *out)
{
    forge_text_add(out, "{\"type\":\"array\",\"minItems\":1,\"items\":{\"allOf\":[");
    forge_options_schema(out, combine_options);
    forge_text_add(out, ",{\"oneOf\":[{\"required\":[\"concat\"]},{\"required\":[\"merge\"]}]},"
                        "{\"not\":{\"anyOf\":[{\"required\":[\"keys\",\"ints\"]},{\"required\":"
                        "[\"keys\",\"dates\"]},{\"required\":[\"ints\",\"dates\"]}]}}]}}");
}

static bool read_ints(const struct forge_recipe_reading *r, struct forge_combine *combine,
                      const struct forge_node *node)
{
    struct ints_settings s = {0};
    int64_t count;

    if (!forge_options_read(&s, forge_ints_options, node, node->place, "ints", r->arena,
                            r->diagnostics))
        return false;
    combine->keys = FORGE_KEYS_INTS;
    combine->from = s.from;
    combine->to = s.to;
    combine->step = s.step;
    if (s.to < s.from)
        return forge_report(r->diagnostics, FORGE_F025, node->place, node->width, NULL,
                            "the range is empty: from %lld is after to %lld", (long long)s.from,
                            (long long)s.to);
    count = (s.to - s.from) / s.step + 1;
    if (count > FORGE_KEYS_MAX)
        return forge_report(r->diagnostics, FORGE_F025, node->place, node->width, NULL,
                            "the range has %lld keys, more than the %d that are allowed",
                            (long long)count, FORGE_KEYS_MAX);
    return true;
}

/* A date of the calendar, or "now", "now - 2d", which the plan resolves. */
static bool check_date(const struct forge_recipe_reading *r, const struct forge_node *node,
                       const char *text, enum forge_calendar calendar)
{
    struct forge_duration step;
    int64_t time_us;

    if (strncmp(text, "now", 3) == 0) {
        const char *rest = text + 3 + strspn(text + 3, " ");

        if (*rest == '\0' ||
            (*rest == '-' && forge_duration_parse(&step, rest + 1 + strspn(rest + 1, " "))))
            return true;
    } else if (forge_time_parse(&time_us, NULL, calendar, text)) {
        return true;
    }
    return forge_report(r->diagnostics, FORGE_F024, node->place, node->width,
                        "write it as 1981-09-01 or 1981-09-01T06:00",
                        "\"%s\" is not a date of the %s calendar", text,
                        forge_calendar_name(calendar));
}

static bool read_dates(const struct forge_recipe_reading *r, struct forge_combine *combine,
                       const struct forge_node *node)
{
    struct dates_settings s = {0};
    const struct forge_node *step;
    int64_t from, to;
    bool good;

    if (!forge_options_read(&s, forge_dates_options, node, node->place, "dates", r->arena,
                            r->diagnostics))
        return false;
    combine->keys = FORGE_KEYS_DATES;
    combine->dates.from = s.from;
    combine->dates.to = s.to;
    combine->dates.restart_yearly = s.restart != NULL;
    if (!forge_calendar_find(&combine->dates.calendar, s.calendar))
        return false;
    good = check_date(r, forge_node_find(node, "from"), s.from, combine->dates.calendar);
    good &= check_date(r, forge_node_find(node, "to"), s.to, combine->dates.calendar);
    step = forge_node_find(node, "step");
    if (!forge_duration_parse(&combine->dates.step, s.step) ||
        (combine->dates.step.months <= 0 && combine->dates.step.us <= 0))
        return forge_report(r->diagnostics, FORGE_F024, step ? step->place : node->place,
                            step ? step->width : 1, "such as 1d, 6h, 30min, 1mo or 1y",
                            "\"%s\" is not a step of time", s.step);
    if (good && forge_time_parse(&from, NULL, combine->dates.calendar, s.from) &&
        forge_time_parse(&to, NULL, combine->dates.calendar, s.to) && to < from)
        return forge_report(r->diagnostics, FORGE_F025, node->place, node->width, NULL,
                            "the range is empty: from %s is after to %s", s.from, s.to);
    return good;
}

static int compare_keys(const void *a, const void *b)
{
    const struct forge_node *left = *(const struct forge_node *const *)a;
    const struct forge_node *right = *(const struct forge_node *const *)b;
    int order = strcmp(left->text, right->text);

    if (order == 0)
        order = (left->place.line > right->place.line) - (left->place.line < right->place.line);
    if (order == 0)
        order = (left->place.column > right->place.column) -
                (left->place.column < right->place.column);
    return order;
}

/* Keys that are listed are there, and each of them once. */
static bool check_list(const struct forge_recipe_reading *r,
                       const struct forge_combine *combine, const struct forge_node *node)
{
    size_t count = combine->list.count;
    const struct forge_node **sorted;
    bool good = true;

    if (!node)
        return true;
    if (count == 0)
        return forge_report(r->diagnostics, FORGE_F025, node->place, node->width, NULL,
                            "the list of the keys of \"%s\" is empty", combine->dim);
    sorted = forge_arena_array(r->arena, count, sizeof *sorted);
    memcpy(sorted, combine->list.nodes, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(sorted[i]->text, sorted[i - 1]->text) == 0)
            good = forge_report(r->diagnostics, FORGE_F026, sorted[i]->place, sorted[i]->width,
                                NULL, "key \"%s\" of \"%s\" is given twice, first on line %u",
                                sorted[i]->text, combine->dim, sorted[i - 1]->place.line);
    }
    return good;
}

static bool read_combine(const struct forge_recipe_reading *r, struct forge_combine *combine,
                         const struct forge_node *node)
{
    struct combine_settings s = {0};
    int given;

    if (!forge_options_read(&s, combine_options, node, node->place, "combine", r->arena,
                            r->diagnostics))
        return false;
    if (!s.concat == !s.merge)
        return forge_report(r->diagnostics, FORGE_F015, node->place, 1,
                            "concat joins along a dimension, merge brings different variables "
                            "together",
                            "a dimension of combine has either \"concat\" or \"merge\"");
    *combine = (struct forge_combine){
        .merge = s.merge != NULL,
        .dim = s.concat ? s.concat : s.merge,
        .place = node->place,
        .list = s.keys,
        .parse = s.parse,
        .except = s.except,
    };
    combine->as = s.as ? s.as : combine->dim;
    given = (s.keys.count > 0) + (s.ints != NULL) + (s.dates != NULL);
    if (given > 1)
        return forge_report(r->diagnostics, FORGE_F015, node->place, 1, NULL,
                            "the keys of \"%s\" come from one of \"keys\", \"ints\" and "
                            "\"dates\"",
                            combine->dim);
    if (s.keys.count > 0)
        combine->keys = FORGE_KEYS_LIST;
    if (!check_list(r, combine, forge_node_find(node, "keys")))
        return false;
    if (s.ints)
        return read_ints(r, combine, s.ints);
    if (s.dates)
        return read_dates(r, combine, s.dates);
    return true;
}

bool forge_combine_read(const struct forge_recipe_reading *r, struct forge_input *input,
                        const struct forge_node *node)
{
    bool good = true;

    if (!node)
        return true;
    if (node->kind != FORGE_NODE_LIST || node->count == 0)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width,
                            "such as: combine: [{concat: time, ints: {from: 1, to: 12}}]",
                            "combine: expected a list of dimensions");
    input->combine = forge_arena_array(r->arena, node->count, sizeof *input->combine);
    for (const struct forge_node *item = node->first; item; item = item->next) {
        struct forge_combine *combine = &input->combine[input->combine_count++];

        if (!read_combine(r, combine, item)) {
            good = false;
            continue;
        }
        for (size_t i = 0; i + 1 < input->combine_count; i++) {
            if (input->combine[i].as && strcmp(input->combine[i].as, combine->as) == 0)
                good = forge_report(r->diagnostics, FORGE_F026, item->place, 1,
                                    "give one of them another name with \"as\"",
                                    "two dimensions of combine are called \"%s\"", combine->as);
        }
    }
    return good;
}

bool forge_combine_now(int64_t *out, const struct forge_combine *combine, const char *text,
                       int64_t now_us, struct forge_error *err)
{
    enum forge_calendar calendar = combine->dates.calendar;
    struct forge_duration back = {0};

    text += 3 + strspn(text + 3, " ");
    if (*text == '-' && !forge_duration_parse(&back, text + 1 + strspn(text + 1, " ")))
        return forge_fail_at(err, combine->place, "\"%s\" is not a duration", text);
    if (calendar != FORGE_CALENDAR_STANDARD && calendar != FORGE_CALENDAR_PROLEPTIC_GREGORIAN)
        return forge_fail_at(err, combine->place, "\"now\" has no meaning in the %s calendar",
                             forge_calendar_name(calendar));
    return forge_time_add(out, calendar, now_us, &back, -1) ||
           forge_fail_at(err, combine->place, "\"now\" less that duration is no time of ours");
}

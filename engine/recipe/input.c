/* input.c: where the files are, and how they fit together. */
#include "expression/pattern.h"
#include "recipe/parts.h"

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

struct input_settings {
    const struct forge_node *url, *match, *files, *each, *except, *let;
    const char *find, *if_missing, *join, *conflicts, *format, *group;
    const struct forge_node *combine;
    int64_t items;
};

#define INTS(member) offsetof(struct ints_settings, member)
#define DATES(member) offsetof(struct dates_settings, member)
#define COMBINE(member) offsetof(struct combine_settings, member)
#define INPUT(member) offsetof(struct input_settings, member)

#define INTEGER_LIMIT 9e15

static const struct forge_option ints_options[] = {
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

static const struct forge_option dates_options[] = {
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
    forge_options_schema(out, ints_options);
}

static void dates_schema(struct forge_text *out)
{
    forge_options_schema(out, dates_options);
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

static void combine_schema(struct forge_text *out)
{
    forge_text_add(out, "{\"type\":\"array\",\"minItems\":1,\"items\":{\"allOf\":[");
    forge_options_schema(out, combine_options);
    forge_text_add(out, ",{\"oneOf\":[{\"required\":[\"concat\"]},{\"required\":[\"merge\"]}]},"
                        "{\"not\":{\"anyOf\":[{\"required\":[\"keys\",\"ints\"]},{\"required\":"
                        "[\"keys\",\"dates\"]},{\"required\":[\"ints\",\"dates\"]}]}}]}}");
}

static const char *const missing_choices[] = {"error", "skip", "fill", NULL};
static const char *const join_choices[] = {"exact", "inner", "outer", NULL};
static const char *const conflicts_choices[] = {"first", "error", "drop", NULL};

const struct forge_option forge_input_options[] = {
    {"url", FORGE_OPTION_NODE, INPUT(url),
     .help = "a template: \"{time:%Y}/sst.{time:%Y%m%d}.nc\"",
     .schema = "{\"type\":\"string\",\"minLength\":1}"},
    {"find", FORGE_OPTION_TEXT, INPUT(find), .help = "a folder to list, with `match`"},
    {"match", FORGE_OPTION_NODE, INPUT(match),
     .help = "a PCRE2 pattern searched in paths below `find`; its named groups are the keys",
     .schema = "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000}"},
    {"files", FORGE_OPTION_NODE, INPUT(files),
     .help = "an explicit list, or a text file with one path a line",
     .schema =
         "{\"oneOf\":[{\"type\":\"string\",\"minLength\":1},{\"type\":\"array\",\"items\":"
         "{\"type\":\"string\",\"minLength\":1},\"minItems\":1}]}"},
    {"combine", FORGE_OPTION_NODE, INPUT(combine), .schema_of = combine_schema,
     .help = "the dimensions of the grid of files, outermost first"},
    {"each", FORGE_OPTION_NODE, INPUT(each), .schema_of = forge_transforms_schema,
     .help = "transforms applied to every file before the files are combined"},
    {"except", FORGE_OPTION_NODE, INPUT(except), .help = "files left out: [{time: .., ..}]",
     .schema = "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"additionalProperties\":"
               "{\"type\":[\"string\",\"number\",\"boolean\"]},\"minProperties\":1}}"},
    {"if_missing", FORGE_OPTION_CHOICE, INPUT(if_missing), "error", .choices = missing_choices,
     .help =
         "a file that is not there: fail, leave it out, or keep its place with fill values"},
    {"join", FORGE_OPTION_CHOICE, INPUT(join), "exact", .choices = join_choices,
     .help = "where coordinates that should agree do not"},
    {"conflicts", FORGE_OPTION_CHOICE, INPUT(conflicts), "first", .choices = conflicts_choices,
     .help = "where attributes differ"},
    {"items", FORGE_OPTION_INTEGER, INPUT(items), .minimum = 1, .maximum = INTEGER_LIMIT,
     .help = "items per file along the concat dimension; lengths are read from the files"},
    {"format", FORGE_OPTION_TEXT, INPUT(format), .help = "sniffed from the bytes by default"},
    {"group", FORGE_OPTION_TEXT, INPUT(group), .help = "the group of the file to read"},
    {"let", FORGE_OPTION_NODE, INPUT(let),
     .help = "names for templates: {name: \"expression\"}",
     .schema = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}}"},
    {"dataset", FORGE_OPTION_NODE, .later = true,
     .help = "another dataset of the same catalog"},
    {"skip", FORGE_OPTION_NODE, .later = true, .help = "leave a file out by what is in it"},
    {"order", FORGE_OPTION_NODE, .later = true, .help = "sort files by what is in them"},
    {"pick", FORGE_OPTION_NODE, .later = true, .help = "where several files match one key"},
    {"groups", FORGE_OPTION_NODE, .later = true, .help = "several groups, flattened"},
    {"filter", FORGE_OPTION_NODE, .later = true, .help = "GRIB messages by their keys"},
    {"auth", FORGE_OPTION_NODE, .later = true, .help = "the name of a profile of the operator"},
    {"access", FORGE_OPTION_NODE, .later = true, .help = "cache or range"},
    {"limits", FORGE_OPTION_NODE, .later = true, .help = "politeness"},
    {0},
};

void forge_input_schema(struct forge_text *out)
{
    forge_text_add(out, "{\"allOf\":[");
    forge_options_schema(out, forge_input_options);
    forge_text_add(out,
                   ",{\"oneOf\":[{\"required\":[\"url\"]},{\"required\":[\"find\",\"match\"]},"
                   "{\"required\":[\"files\"]}]}]}");
}

static bool read_ints(const struct forge_recipe_reading *r, struct forge_combine *combine,
                      const struct forge_node *node)
{
    struct ints_settings s = {0};

    if (!forge_options_read(&s, ints_options, node, node->place, "ints", r->arena,
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

    if (!forge_options_read(&s, dates_options, node, node->place, "dates", r->arena,
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

static bool read_combine(const struct forge_recipe_reading *r, struct forge_combine *combine,
                         const struct forge_node *node)
{
    struct combine_settings s = {0};
    int given;

    if (!forge_options_read(&s, combine_options, node, node->place, "combine", r->arena,
                            r->diagnostics))
        return false;
    if (!s.concat == !s.merge)
        return forge_report(r->diagnostics, FORGE_F015, node->place, 1, NULL,
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
    if (s.ints)
        return read_ints(r, combine, s.ints);
    if (s.dates)
        return read_dates(r, combine, s.dates);
    return true;
}

static bool read_combines(const struct forge_recipe_reading *r, struct forge_input *input,
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

static bool read_lets(const struct forge_recipe_reading *r, struct forge_input *input,
                      const struct forge_node *node)
{
    bool good = true;

    if (!node)
        return true;
    if (node->kind != FORGE_NODE_MAP)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width, NULL,
                            "let: expected a map of names to expressions");
    input->lets = forge_arena_array(r->arena, node->count, sizeof *input->lets);
    for (const struct forge_node *item = node->first; item; item = item->next) {
        struct forge_let *let = &input->lets[input->lets_count++];

        *let = (struct forge_let){item->key, forge_expression_at(r, item), item->place};
        good &= let->expression != NULL;
    }
    return good;
}

static bool read_match(const struct forge_recipe_reading *r, struct forge_input *input,
                       const struct forge_node *node)
{
    struct forge_error err;
    size_t at = 0;

    if (node->kind != FORGE_NODE_TEXT)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width, NULL,
                            "match: expected a pattern");
    input->match_node = node;
    if (forge_pattern_compile(&input->match, node->text, &at, &err))
        return true;
    return forge_report(r->diagnostics, FORGE_F022, forge_place_inside(node, at), 1,
                        err.help[0] ? err.help : NULL, "match: %s", err.text);
}

/* "https://user:secret@host/": what a recipe must not hold. */
static bool has_credentials(const char *url)
{
    const char *host = strstr(url, "://");
    const char *at = host ? strchr(host + 3, '@') : NULL;

    return at && strcspn(host + 3, "/?#") > (size_t)(at - host - 3);
}

static bool read_url(const struct forge_recipe_reading *r, struct forge_input *input,
                     const struct forge_node *node)
{
    const char *scheme;

    if (node->kind != FORGE_NODE_TEXT)
        return forge_report(r->diagnostics, FORGE_F016, node->place, node->width,
                            "quote this expression", "url: expected a text");
    if (has_credentials(node->text))
        return forge_report(r->diagnostics, FORGE_F027, node->place, node->width,
                            "name a profile of the operator with `auth` instead",
                            "url: a user name or password stands in the address");
    scheme = strstr(node->text, "://");
    if (scheme && strncmp(node->text, "file://", 7) != 0)
        return forge_report(r->diagnostics, FORGE_F028, node->place, node->width,
                            "download the files and give their folder",
                            "url: this version of forge reads local files only, not %.*s://",
                            (int)(scheme - node->text), node->text);
    input->url_node = node;
    input->url = forge_template_at(r, node);
    return input->url != NULL;
}

static bool read_except(const struct forge_recipe_reading *r, struct forge_input *input,
                        const struct forge_node *node)
{
    bool good = true;

    if (!node)
        return true;
    if (node->kind != FORGE_NODE_LIST)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width,
                            "such as: except: [{time: 2022-04-07}]",
                            "except: expected a list of maps from keys to values");
    for (const struct forge_node *item = node->first; item; item = item->next) {
        if (item->kind != FORGE_NODE_MAP || item->count == 0) {
            good = forge_report(r->diagnostics, FORGE_F011, item->place, item->width, NULL,
                                "except: expected a map from keys to values");
            continue;
        }
        for (const struct forge_node *key = item->first; key; key = key->next) {
            const char **names =
                forge_arena_array(r->arena, input->combine_count + 1, sizeof *names);
            bool known = false;

            for (size_t i = 0; i < input->combine_count; i++) {
                names[i] = input->combine[i].as ? input->combine[i].as : "";
                known |= strcmp(names[i], key->key) == 0;
            }
            if (!known)
                good =
                    forge_report_unknown(r, FORGE_F023, key, "key of combine", key->key, names);
        }
    }
    input->except = node;
    return good;
}

static bool one_source(const struct forge_recipe_reading *r, const struct input_settings *s,
                       const struct forge_node *node)
{
    int given = (s->url != NULL) + (s->find != NULL) + (s->files != NULL);

    if (given != 1)
        return forge_report(r->diagnostics, FORGE_F015, node->place, 1,
                            "url: a template, find: a folder to list, files: a list",
                            given == 0 ? "an input needs one of \"url\", \"find\" and \"files\""
                                       : "an input has only one of \"url\", \"find\" and "
                                         "\"files\"");
    if (!s->find != !s->match)
        return forge_report(r->diagnostics, FORGE_F015, node->place, 1, NULL,
                            "\"find\" and \"match\" go together");
    return true;
}

/* The grid of a listing or of a list of files, where the recipe says nothing or little. */
static bool check_grid(const struct forge_recipe_reading *r, const struct forge_input *input)
{
    bool good = true;

    for (size_t i = 0; i < input->combine_count; i++) {
        const struct forge_combine *combine = &input->combine[i];

        if (input->url && combine->keys == FORGE_KEYS_FOUND && combine->as)
            good = forge_report(r->diagnostics, FORGE_F010, combine->place, 1,
                                "give it \"keys\", \"ints\" or \"dates\"",
                                "the keys of \"%s\" are missing", combine->dim);
        if (!input->url && combine->keys != FORGE_KEYS_FOUND)
            good = forge_report(r->diagnostics, FORGE_F015, combine->place, 1, NULL,
                                "the keys of \"%s\" come from the files that are %s",
                                combine->dim, input->find ? "found" : "listed");
    }
    if (input->files.count > 0 && (input->combine_count != 1 || input->combine[0].merge) &&
        !(input->files.count == 1 && input->combine_count == 0))
        return forge_report(r->diagnostics, FORGE_F015, input->place, 1,
                            "such as: combine: [{concat: time}]",
                            "a list of files is joined along exactly one concat dimension");
    return good;
}

static bool choice(const char *const *choices, const char *text, int *out)
{
    for (*out = 0; choices[*out]; (*out)++) {
        if (strcmp(choices[*out], text) == 0)
            return true;
    }
    return false;
}

static bool check_format(const struct forge_recipe_reading *r, const struct forge_node *input,
                         const char *format)
{
    const struct forge_node *node = forge_node_find(input, "format");
    const struct forge_format_type *const *all = forge_format_all();
    const char *names[16] = {0};

    if (!format || forge_format_find(format))
        return true;
    for (size_t i = 0; all[i] && i < 15; i++)
        names[i] = all[i]->name;
    return forge_report_unknown(r, FORGE_F018, node, "format", format, names);
}

bool forge_input_read(const struct forge_recipe_reading *r, struct forge_input *input,
                      const struct forge_node *node)
{
    struct input_settings s = {0};
    int missing, join, conflicts;
    bool good;

    input->place = node->place;
    good = forge_options_read(&s, forge_input_options, node, node->place, "input", r->arena,
                              r->diagnostics);
    if (node->kind != FORGE_NODE_MAP)
        return false;
    good &= one_source(r, &s, node);
    good &= read_combines(r, input, s.combine);
    good &= read_lets(r, input, s.let);
    good &= read_except(r, input, s.except);
    good &= forge_transforms_read(r, &input->each, s.each, true);
    good &= check_format(r, node, s.format);
    if (s.url)
        good &= read_url(r, input, s.url);
    if (s.match)
        good &= read_match(r, input, s.match);
    if (s.files)
        good &= forge_files_read(r, input, s.files);
    choice(missing_choices, s.if_missing, &missing);
    choice(join_choices, s.join, &join);
    choice(conflicts_choices, s.conflicts, &conflicts);
    input->if_missing = (enum forge_missing)missing;
    input->join = (enum forge_join)join;
    input->conflicts = (enum forge_conflicts)conflicts;
    input->find = s.find;
    input->items = s.items;
    input->format = s.format;
    input->group = s.group;
    return good && check_grid(r, input) && forge_names_check(r, input);
}

/* input.c: where the files are, and how they fit together. */
#include "expression/pattern.h"
#include "recipe/parts.h"

#include <assert.h>
#include <string.h>

struct input_settings {
    const struct forge_node *url, *match, *files, *each, *except, *let, *format;
    const char *find, *if_missing, *join, *conflicts, *group;
    const struct forge_node *combine;
    int64_t items;
};

#define INPUT(member) offsetof(struct input_settings, member)

#define ITEMS_LIMIT 9e15

/* What HDF5 files that follow the rules of netCDF are called. */
#define NETCDF4 "netcdf4"

/* What RECIPE knows and this version does not read. */
static const char *const later_formats[] = {"grib", "opendap", "zarr", NULL};

static void format_schema(struct forge_text *out)
{
    const struct forge_format_type *const *all = forge_format_all();

    forge_text_add(out, "{\"enum\":[\"" NETCDF4 "\"");
    for (size_t i = 0; all[i]; i++)
        forge_text_print(out, ",\"%s\"", all[i]->name);
    forge_text_add(out, "]}");
}

static const char *const missing_choices[] = {"error", "skip", "fill", NULL};
static const char *const join_choices[] = {"exact", "inner", "outer", NULL};
static const char *const conflicts_choices[] = {"first", "error", "drop", NULL};

const struct forge_option forge_input_options[] = {
    {"url", FORGE_OPTION_NODE, INPUT(url),
     .help = "a template: \"{time:%Y}/sst.{time:%Y%m%d}.nc\"",
     .schema = "{\"type\":[\"string\",\"number\",\"boolean\"],\"minLength\":1}"},
    {"find", FORGE_OPTION_TEXT, INPUT(find), .help = "a folder to list, with `match`"},
    {"match", FORGE_OPTION_NODE, INPUT(match),
     .help = "a PCRE2 pattern searched in paths below `find`; its named groups are the keys",
     .schema = "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1000}"},
    {"files", FORGE_OPTION_NODE, INPUT(files),
     .help = "an explicit list, or a text file with one path a line",
     .schema =
         "{\"oneOf\":[{\"type\":\"string\",\"minLength\":1},{\"type\":\"array\",\"items\":"
         "{\"type\":\"string\",\"minLength\":1},\"minItems\":1}]}"},
    {"combine", FORGE_OPTION_NODE, INPUT(combine), .schema_of = forge_combine_schema,
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
    {"items", FORGE_OPTION_INTEGER, INPUT(items), .minimum = 1, .maximum = ITEMS_LIMIT,
     .help = "items per file along the concat dimension; lengths are read from the files"},
    {"format", FORGE_OPTION_NODE, INPUT(format), .schema_of = format_schema,
     .help = "netcdf3, netcdf4 or hdf5; seen from the first bytes by default"},
    {"group", FORGE_OPTION_TEXT, INPUT(group), .help = "the group of the file to read"},
    {"let", FORGE_OPTION_NODE, INPUT(let),
     .help = "names for templates: {name: \"expression\"}",
     .schema = "{\"type\":\"object\",\"additionalProperties\":"
               "{\"type\":[\"string\",\"number\",\"boolean\"]}}"},
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
        for (size_t i = 0; i < input->combine_count; i++) {
            if (input->combine[i].as && strcmp(input->combine[i].as, item->key) == 0)
                good = forge_report(r->diagnostics, FORGE_F026, item->key_place,
                                    item->key_width, "give it another name",
                                    "let: \"%s\" is already a key of combine", item->key);
        }
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

static bool read_url(const struct forge_recipe_reading *r, struct forge_input *input,
                     const struct forge_node *node)
{
    if (node->kind == FORGE_NODE_MAP)
        return forge_report(r->diagnostics, FORGE_F016, node->place, node->width,
                            "YAML reads braces as a map; in quotes they are a template",
                            "url: quote this template");
    if (node->kind != FORGE_NODE_TEXT)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width,
                            "a list of files is written as files: [..]",
                            "url: expected a text, got a list");
    if (!forge_address_check(r, node, node->text, "url"))
        return false;
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

    if (given == 0 && forge_node_find(node, "dataset"))
        return false;
    if (given != 1)
        return forge_report(r->diagnostics, FORGE_F015, node->place, 1,
                            "url: a template, find: a folder to list, files: a list",
                            given == 0 ? "an input needs one of \"url\", \"find\" and \"files\""
                                       : "an input has only one of \"url\", \"find\" and "
                                         "\"files\"");
    if (!s->find != !s->match)
        return forge_report(r->diagnostics, FORGE_F015, node->place, 1,
                            "find: the folder to list, match: a pattern with a named group for "
                            "every dimension: 'sst-(?<time>\\d+)\\.nc$'",
                            "\"find\" and \"match\" go together");
    return true;
}

/* Does the pattern have a named group for every dimension? */
static bool check_groups(const struct forge_recipe_reading *r, const struct forge_input *input)
{
    const char *const *names = forge_pattern_names(input->match);
    bool good = true;

    for (size_t i = 0; i < input->combine_count; i++) {
        const struct forge_combine *combine = &input->combine[i];
        bool known = !combine->as;

        for (size_t n = 0; names[n] && !known; n++)
            known = strcmp(names[n], combine->as) == 0;
        if (!known)
            good =
                forge_report(r->diagnostics, FORGE_F023, combine->place, 1,
                             forge_names_help(r->arena, combine->as, names),
                             "the pattern of \"match\" has no group named \"%s\"", combine->as);
    }
    return good;
}

/* The grid of a listing or of a list of files, where the recipe says nothing or little. */
static bool check_grid(const struct forge_recipe_reading *r, const struct forge_input *input)
{
    bool good = true;

    for (size_t i = 0; i < input->combine_count; i++) {
        const struct forge_combine *combine = &input->combine[i];

        assert(combine->as); /* all of them were read without mistakes */
        if (input->url && combine->keys == FORGE_KEYS_FOUND)
            good = forge_report(r->diagnostics, FORGE_F015, combine->place, 1,
                                "give it \"keys\", \"ints\" or \"dates\"",
                                "the keys of \"%s\" are missing", combine->dim);
        if (!input->url && combine->keys != FORGE_KEYS_FOUND)
            good = forge_report(r->diagnostics, FORGE_F015, combine->place, 1, NULL,
                                "the keys of \"%s\" come from the files that are %s",
                                combine->dim, input->find ? "found" : "listed");
    }
    if (input->match)
        good &= check_groups(r, input);
    if (input->files.count > 0 && (input->combine_count != 1 || input->combine[0].merge) &&
        !(input->files.count == 1 && input->combine_count == 0))
        return forge_report(r->diagnostics, FORGE_F015, input->place, 1,
                            "such as: combine: [{concat: time}]",
                            "a list of files is joined along exactly one concat dimension");
    return good;
}

/* The first where a mistake has been reported. */
static int choice(const char *const *choices, const char *text)
{
    for (int i = 0; text && choices[i]; i++) {
        if (strcmp(choices[i], text) == 0)
            return i;
    }
    return 0;
}

static bool read_format(const struct forge_recipe_reading *r, struct forge_input *input,
                        const struct forge_node *node)
{
    const struct forge_format_type *const *all = forge_format_all();
    const char *names[16] = {NETCDF4};

    if (!node)
        return true;
    if (node->kind != FORGE_NODE_TEXT)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width, NULL,
                            "format: expected a name, such as netcdf4");
    input->format = strcmp(node->text, NETCDF4) == 0 ? "hdf5" : node->text;
    if (forge_format_find(input->format))
        return true;
    for (size_t i = 0; later_formats[i]; i++) {
        if (strcmp(later_formats[i], node->text) == 0)
            return forge_report(r->diagnostics, FORGE_F028, node->place, node->width, NULL,
                                "format \"%s\" is not in this version of forge", node->text);
    }
    for (size_t i = 0; all[i] && i < 14; i++)
        names[i + 1] = all[i]->name;
    return forge_report_unknown(r, FORGE_F018, node, "format", node->text, names);
}

bool forge_input_read(const struct forge_recipe_reading *r, struct forge_input *input,
                      const struct forge_node *node)
{
    struct input_settings s = {0};
    bool good, named;

    input->place = node->place;
    good = forge_options_read(&s, forge_input_options, node, node->place, "input", r->arena,
                              r->diagnostics);
    if (node->kind != FORGE_NODE_MAP)
        return false;
    good &= one_source(r, &s, node);
    named = forge_combine_read(r, input, s.combine);
    named &= read_lets(r, input, s.let);
    good &= named;
    good &= read_except(r, input, s.except);
    good &= forge_transforms_read(r, &input->each, s.each, true);
    good &= read_format(r, input, s.format);
    if (s.url)
        good &= read_url(r, input, s.url);
    if (s.match)
        good &= read_match(r, input, s.match);
    if (s.files)
        good &= forge_files_read(r, input, s.files);
    if (s.find)
        good &= forge_address_check(r, forge_node_find(node, "find"), s.find, "find");
    input->if_missing = (enum forge_missing)choice(missing_choices, s.if_missing);
    input->join = (enum forge_join)choice(join_choices, s.join);
    input->conflicts = (enum forge_conflicts)choice(conflicts_choices, s.conflicts);
    input->find = s.find;
    input->items = s.items;
    input->group = s.group;
    /* Names are only looked for where all that defines them could be read. */
    return named && check_grid(r, input) && forge_names_check(r, input) && good;
}

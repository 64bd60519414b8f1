#include "expression/pattern.h"
#include "recipe/parts.h"
#include "storage/store.h"

#include <string.h>

#define RECIPE_MAX (1U << 20)

struct top_settings {
    int64_t version;
    const char *title, *description, *license, *cadence;
    struct forge_names keywords;
    struct forge_list providers, maintainers;
    const struct forge_node *name, *input, *transforms, *target, *checks, *tables;
};

struct provider_settings {
    const char *name, *url;
    struct forge_names roles;
};

struct maintainer_settings {
    const char *name, *github, *orcid, *email;
};

#define TOP(member) offsetof(struct top_settings, member)
#define PROVIDER(member) offsetof(struct provider_settings, member)
#define MAINTAINER(member) offsetof(struct maintainer_settings, member)

static const struct forge_option provider_options[] = {
    {"name", FORGE_OPTION_TEXT, PROVIDER(name), .help = "of the organisation",
     .required = true},
    {"roles", FORGE_OPTION_TEXTS, PROVIDER(roles),
     .help = "of STAC: licensor, producer, processor, host"},
    {"url", FORGE_OPTION_TEXT, PROVIDER(url), .help = "its home page"},
    {0},
};

static const struct forge_option maintainer_options[] = {
    {"name", FORGE_OPTION_TEXT, MAINTAINER(name), .help = "of the person", .required = true},
    {"github", FORGE_OPTION_TEXT, MAINTAINER(github), .help = "user name"},
    {"orcid", FORGE_OPTION_TEXT, MAINTAINER(orcid), .help = "0000-0002-1825-0097"},
    {"email", FORGE_OPTION_TEXT, MAINTAINER(email), .help = "where to write to"},
    {0},
};

static void inputs_schema(struct forge_text *out)
{
    forge_text_add(out, "{\"oneOf\":[");
    forge_input_schema(out);
    forge_text_add(out, ",{\"type\":\"array\",\"minItems\":1,\"items\":");
    forge_input_schema(out);
    forge_text_add(out, "}]}");
}

static void target_schema(struct forge_text *out)
{
    forge_options_schema(out, forge_target_options);
}

#define NAME_SCHEMA "{\"type\":[\"string\",\"boolean\"],\"pattern\":\"^[a-z][a-z0-9-]{0,62}$\"}"
#define TABLES_SCHEMA                                                                          \
    "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\","                      \
    "\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}}"

static const struct forge_option top_options[] = {
    {"forge", FORGE_OPTION_INTEGER, TOP(version), .help = "version of this language: 1",
     .required = true, .minimum = 1, .maximum = 1},
    {"name", FORGE_OPTION_NODE, TOP(name), .help = "the dataset's id in the catalog",
     .required = true, .schema = NAME_SCHEMA},
    {"title", FORGE_OPTION_TEXT, TOP(title), .help = "one line for people"},
    {"description", FORGE_OPTION_TEXT, TOP(description), .help = "a few sentences"},
    {"license", FORGE_OPTION_TEXT, TOP(license), .help = "SPDX id, such as CC0-1.0"},
    {"cadence", FORGE_OPTION_TEXT, TOP(cadence), .help = "how often new data are expected: 1d"},
    {"providers", FORGE_OPTION_LIST, TOP(providers), .table = provider_options,
     .item_size = sizeof(struct provider_settings), .help = "who made and licenses the data"},
    {"maintainers", FORGE_OPTION_LIST, TOP(maintainers), .table = maintainer_options,
     .item_size = sizeof(struct maintainer_settings), .help = "who answers for the recipe"},
    {"keywords", FORGE_OPTION_TEXTS, TOP(keywords), .help = "words to find it by"},
    {"input", FORGE_OPTION_NODE, TOP(input), .help = "where the files are; one input or a list",
     .required = true, .schema_of = inputs_schema},
    {"tables", FORGE_OPTION_NODE, TOP(tables), .help = "look-up tables for templates",
     .schema = TABLES_SCHEMA},
    {"transforms", FORGE_OPTION_NODE, TOP(transforms), .help = "what to change, in order",
     .schema_of = forge_transforms_schema},
    {"target", FORGE_OPTION_NODE, TOP(target), .help = "what to publish", .required = true,
     .schema_of = target_schema},
    {"checks", FORGE_OPTION_NODE, TOP(checks), .help = "what must hold before publishing",
     .schema_of = forge_checks_schema},
    {"matrix", FORGE_OPTION_NODE, .later = true, .help = "many stores from one recipe"},
    {"params", FORGE_OPTION_NODE, .later = true, .help = "set on the command line"},
    {"executor", FORGE_OPTION_NODE, .later = true, .help = "where tasks run"},
    {0},
};

static bool read_name(const struct forge_recipe_reading *r, const struct forge_node *node)
{
    const char *name = node->kind == FORGE_NODE_TEXT ? node->text : "";
    size_t length = strlen(name);

    if (node->kind != FORGE_NODE_TEXT)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width, NULL,
                            "name: expected a text, got %s",
                            node->kind == FORGE_NODE_LIST ? "a list" : "a map");
    r->recipe->name = name;
    if (name[0] >= 'a' && name[0] <= 'z' && length <= 63 &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length)
        return true;
    return forge_report(r->diagnostics, FORGE_F019, node->place, node->width,
                        "small letters, digits and \"-\", beginning with a letter, at most 63, "
                        "such as: noaa-oisst-avhrr",
                        "name: \"%s\" cannot be the id of a dataset", name);
}

static bool read_tables(const struct forge_recipe_reading *r, const struct forge_node *node)
{
    bool good = true;

    if (!node)
        return true;
    r->recipe->tables = node;
    if (node->kind != FORGE_NODE_MAP)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width,
                            "such as: tables: {letter: {salinity: s}}",
                            "tables: expected a map of tables");
    for (const struct forge_node *table = node->first; table; table = table->next) {
        if (table->kind != FORGE_NODE_MAP)
            good = forge_report(r->diagnostics, FORGE_F011, table->place, table->width, NULL,
                                "table \"%s\": expected a map of keys to values", table->key);
        for (const struct forge_node *v = table->first; v; v = v->next) {
            if (v->kind != FORGE_NODE_TEXT || forge_node_is_null(v))
                good = forge_report(r->diagnostics, FORGE_F011, v->place, v->width, NULL,
                                    "table \"%s\": expected a single value", table->key);
        }
    }
    return good;
}

static bool read_inputs(const struct forge_recipe_reading *r, const struct forge_node *node)
{
    struct forge_recipe *recipe = r->recipe;
    bool good = true;

    if (node->kind != FORGE_NODE_LIST) {
        recipe->inputs = forge_arena_take(r->arena, sizeof *recipe->inputs);
        recipe->inputs_count = 1;
        return forge_input_read(r, recipe->inputs, node);
    }
    if (node->count == 0)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width, NULL,
                            "input: the list is empty");
    recipe->inputs = forge_arena_array(r->arena, node->count, sizeof *recipe->inputs);
    for (const struct forge_node *item = node->first; item; item = item->next)
        good &= forge_input_read(r, &recipe->inputs[recipe->inputs_count++], item);
    return good;
}

static bool check_cadence(const struct forge_recipe_reading *r, const char *cadence)
{
    const struct forge_node *node = forge_node_find(r->recipe->root, "cadence");
    struct forge_duration duration;

    if (!cadence || forge_duration_parse(&duration, cadence))
        return true;
    return forge_report(r->diagnostics, FORGE_F024, node->place, node->width,
                        "such as 1d, 1mo or 1y", "cadence: \"%s\" is not a duration", cadence);
}

static bool read_top(const struct forge_recipe_reading *r)
{
    struct forge_recipe *recipe = r->recipe;
    const struct forge_node *root = recipe->root, *name, *tables, *input, *target;
    struct top_settings s = {0};
    bool good = forge_options_read(&s, top_options, root, root->place, "the recipe", r->arena,
                                   r->diagnostics);

    if (root->kind != FORGE_NODE_MAP)
        return false;
    /* Every part is read even when another is wrong: all mistakes are told at once. */
    name = forge_node_find(root, "name");
    tables = forge_node_find(root, "tables");
    input = forge_node_find(root, "input");
    target = forge_node_find(root, "target");
    good &= !name || read_name(r, name);
    good &= read_tables(r, tables);
    good &= !input || read_inputs(r, input);
    good &= forge_transforms_read(r, &recipe->transforms, forge_node_find(root, "transforms"),
                                  false);
    good &= !target || forge_target_read(r, &recipe->target, target);
    good &= forge_checks_read(r, forge_node_find(root, "checks"));
    good &= check_cadence(r, s.cadence);
    recipe->title = s.title;
    recipe->description = s.description;
    recipe->license = s.license;
    recipe->cadence = s.cadence;
    recipe->keywords = s.keywords;
    recipe->providers = forge_node_find(root, "providers");
    recipe->maintainers = forge_node_find(root, "maintainers");
    return good;
}

static const char *folder_of(struct forge_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return ".";
    return slash == path ? "/" : forge_arena_copy(arena, path, (size_t)(slash - path));
}

bool forge_recipe_parse(struct forge_recipe *recipe, const char *path, const char *text,
                        size_t length, struct forge_diagnostics *diagnostics)
{
    struct forge_recipe_reading reading = {recipe, &recipe->arena, diagnostics};
    struct forge_node *root = NULL;
    struct forge_text canonical = {0};

    recipe->path = forge_arena_text(&recipe->arena, path);
    recipe->folder = folder_of(&recipe->arena, path);
    recipe->text = forge_arena_copy(&recipe->arena, text, length);
    diagnostics->source = recipe->text;
    if (!forge_document_parse(&root, &recipe->arena, recipe->path, recipe->text, length,
                              diagnostics))
        return false;
    recipe->root = root;
    forge_node_canonical(&canonical, root);
    forge_digest_of(&recipe->digest, canonical.bytes, canonical.length);
    forge_text_clear(&canonical);
    return read_top(&reading) && diagnostics->count == 0;
}

bool forge_recipe_read(char **text, size_t *length, const char *path, struct forge_arena *arena,
                       struct forge_error *err)
{
    struct forge_store *store = NULL;
    const char *name = strrchr(path, '/');
    bool good;

    if (!forge_store_open_file(&store, folder_of(arena, path), err))
        return false;
    good = forge_store_get(text, length, store, name ? name + 1 : path, arena, RECIPE_MAX, err);
    if (!good) {
        err->code = FORGE_BAD_RECIPE;
        forge_fail_while(err, "recipe \"%s\" cannot be read", path);
    }
    forge_store_close(store);
    return good;
}

bool forge_recipe_load(struct forge_recipe *recipe, const char *path,
                       struct forge_diagnostics *diagnostics, struct forge_error *err)
{
    struct forge_arena arena = {0};
    char *text = NULL;
    size_t length = 0;
    bool good;

    *err = (struct forge_error){0};
    good = forge_recipe_read(&text, &length, path, &arena, err) &&
           forge_recipe_parse(recipe, path, text, length, diagnostics);
    forge_arena_clear(&arena);
    return good;
}

void forge_recipe_close(struct forge_recipe *recipe)
{
    for (size_t i = 0; i < recipe->inputs_count; i++)
        forge_pattern_close(recipe->inputs[i].match);
    forge_arena_clear(&recipe->arena);
    *recipe = (struct forge_recipe){0};
}

void forge_recipe_schema(struct forge_text *out)
{
    struct forge_text body = {0};

    forge_options_schema(&body, top_options);
    forge_text_add(out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\","
                        "\"title\":\"a forge recipe, version 1\",\"allOf\":[");
    forge_text_add(out, forge_text_string(&body));
    forge_text_add(out, "]}");
    forge_text_clear(&body);
}

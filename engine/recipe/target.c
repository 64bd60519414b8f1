/* target.c: what to publish: format, chunks, shards, codecs, per-variable encoding. */
#include "recipe/parts.h"

#include <string.h>

#define LENGTH_MAX 9e15

struct target_settings {
    const struct forge_node *format, *chunks_node, *aspect_node, *shards_node, *codec,
        *variables, *append;
    uint64_t chunk_size;
};

struct variable_settings {
    const struct forge_node *chunks, *codec, *fill;
    const char *dtype;
    double scale_factor, add_offset;
};

#define TARGET(member) offsetof(struct target_settings, member)
#define VARIABLE(member) offsetof(struct variable_settings, member)

/* A map from dimensions to whole lengths. */
static const struct forge_option lengths_options[] = {
    {"*", FORGE_OPTION_INTEGER, 0, .help = "dimension: length", .minimum = 1,
     .maximum = LENGTH_MAX},
    {0},
};
static const struct forge_option aspect_options[] = {
    {"*", FORGE_OPTION_NUMBER, 0, .help = "dimension: stretch", .minimum = 1e-6,
     .maximum = 1e6},
    {0},
};

static void lengths_schema(struct forge_text *out)
{
    forge_options_schema(out, lengths_options);
}

static void aspect_schema(struct forge_text *out)
{
    forge_options_schema(out, aspect_options);
}

static const char *const dtypes[] = {"int8",  "uint8",  "int16",   "uint16",  "int32", "uint32",
                                     "int64", "uint64", "float32", "float64", NULL};

static const struct forge_option variable_options[] = {
    {"chunks", FORGE_OPTION_NODE, VARIABLE(chunks), .help = "chunk lengths of this variable",
     .schema_of = lengths_schema},
    {"codec", FORGE_OPTION_NODE, VARIABLE(codec), .help = "codec of this variable",
     .schema_of = forge_codec_schema},
    {"dtype", FORGE_OPTION_CHOICE, VARIABLE(dtype), .help = "the type that is stored",
     .choices = dtypes},
    {"scale_factor", FORGE_OPTION_NUMBER, VARIABLE(scale_factor), "1",
     .help = "packing: stored = (value - add_offset) / scale_factor"},
    {"add_offset", FORGE_OPTION_NUMBER, VARIABLE(add_offset), "0", .help = "packing, as above"},
    {"fill", FORGE_OPTION_NODE, VARIABLE(fill), .help = "the stored value that means missing",
     .schema = "{\"anyOf\":[{\"type\":\"number\"},{\"enum\":[\"NaN\"]}]}"},
    {0},
};

static void variables_schema(struct forge_text *out)
{
    forge_text_add(out, "{\"type\":\"object\",\"additionalProperties\":");
    forge_options_schema(out, variable_options);
    forge_text_add(out, "}");
}

/* Every target that forge knows or will know; those of later versions are told so. */
static const char *const later_formats[] = {"kerchunk", "icechunk", "netcdf4", NULL};

static void format_schema(struct forge_text *out)
{
    const struct forge_target_type *const *all = forge_target_all();

    forge_text_add(out, "{\"enum\":[");
    for (size_t i = 0; all[i]; i++)
        forge_text_print(out, "%s\"%s\"", i > 0 ? "," : "", all[i]->name);
    forge_text_add(out, "]}");
}

const struct forge_option forge_target_options[] = {
    {"format", FORGE_OPTION_NODE, TARGET(format), .required = true, .schema_of = format_schema,
     .help = "zarr (version 3) or zarr2"},
    {"chunks", FORGE_OPTION_NODE, TARGET(chunks_node), .schema_of = lengths_schema,
     .help = "{time: 20, lat: 720}; a dimension not named is one chunk"},
    {"chunk_size", FORGE_OPTION_BYTES, TARGET(chunk_size), "64MiB", .minimum = 1,
     .maximum = LENGTH_MAX, .help = "chunks of about that size, where `chunks` does not say"},
    {"chunk_aspect", FORGE_OPTION_NODE, TARGET(aspect_node), .schema_of = aspect_schema,
     .help = "{time: 10}: chunks of that size, stretched so"},
    {"shards", FORGE_OPTION_NODE, TARGET(shards_node), .schema_of = lengths_schema,
     .help = "shape of the outer chunk of the sharding codec (zarr only)"},
    {"codec", FORGE_OPTION_NODE, TARGET(codec), .schema_of = forge_codec_schema,
     .help = "a name, or one with Zarr's own parameters: {blosc: {cname: lz4}}"},
    {"variables", FORGE_OPTION_NODE, TARGET(variables), .schema_of = variables_schema,
     .help = "per variable: chunks, codec, dtype, scale_factor, add_offset, fill"},
    {"append", FORGE_OPTION_NODE, TARGET(append), .schema = "{\"type\":\"string\"}",
     .help = "the dimension that may grow: its chunks do not depend on how long it is"},
    {"pyramid", FORGE_OPTION_NODE, .later = true, .help = "coarser copies"},
    {"materialize", FORGE_OPTION_NODE, .later = true, .help = "copied by a virtual target"},
    {0},
};

static bool read_lengths(const struct forge_recipe_reading *r, struct forge_pairs *out,
                         const struct forge_node *node, const struct forge_option *options,
                         const char *what)
{
    return !node ||
           forge_options_read(out, options, node, node->place, what, r->arena, r->diagnostics);
}

static bool read_fill(const struct forge_recipe_reading *r, const struct forge_node *fill)
{
    double number;

    if (!fill || (fill->kind == FORGE_NODE_TEXT && strcmp(fill->text, "NaN") == 0) ||
        forge_node_number(&number, fill))
        return true;
    return forge_report(r->diagnostics, FORGE_F012, fill->place, fill->width, NULL,
                        "fill: expected a number or \"NaN\"");
}

static bool read_variable(const struct forge_recipe_reading *r,
                          struct forge_variable_encoding *encoding,
                          const struct forge_node *node)
{
    struct variable_settings s = {0};
    bool good;

    *encoding = (struct forge_variable_encoding){.name = node->key, .place = node->key_place};
    if (!forge_options_read(&s, variable_options, node, node->place, "variables", r->arena,
                            r->diagnostics))
        return false;
    good = read_lengths(r, &encoding->chunks, s.chunks, lengths_options, "chunks");
    good &= read_fill(r, s.fill);
    if (s.codec) {
        encoding->has_codec = true;
        good &= forge_codec_read(&encoding->codec, s.codec, r->arena, r->diagnostics);
    }
    encoding->has_dtype = s.dtype && forge_dtype_find(&encoding->dtype, s.dtype);
    encoding->has_packing =
        forge_node_find(node, "scale_factor") || forge_node_find(node, "add_offset");
    encoding->scale_factor = s.scale_factor;
    encoding->add_offset = s.add_offset;
    encoding->fill = s.fill;
    if (encoding->scale_factor == 0)
        good = forge_report(r->diagnostics, FORGE_F014, node->place, node->width, NULL,
                            "scale_factor: must not be 0");
    return good;
}

static bool read_variables(const struct forge_recipe_reading *r, struct forge_target *target,
                           const struct forge_node *node)
{
    bool good = true;

    if (!node)
        return true;
    if (node->kind != FORGE_NODE_MAP)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width,
                            "such as: variables: {sst: {dtype: float32}}",
                            "variables: expected a map of names to encodings");
    target->variables = forge_arena_array(r->arena, node->count, sizeof *target->variables);
    for (const struct forge_node *item = node->first; item; item = item->next)
        good &= read_variable(r, &target->variables[target->variables_count++], item);
    return good;
}

static bool read_format(const struct forge_recipe_reading *r, struct forge_target *target,
                        const struct forge_node *node)
{
    const struct forge_target_type *const *all = forge_target_all();
    const char *names[16] = {0};

    if (node->kind != FORGE_NODE_TEXT)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width, NULL,
                            "format: expected a name, such as zarr");
    target->type = forge_target_find(node->text);
    if (target->type)
        return true;
    for (size_t i = 0; later_formats[i]; i++) {
        if (strcmp(later_formats[i], node->text) == 0)
            return forge_report(r->diagnostics, FORGE_F028, node->place, node->width,
                                "this version writes zarr and zarr2",
                                "format \"%s\" is not in this version of forge", node->text);
    }
    for (size_t i = 0; all[i] && i < 15; i++)
        names[i] = all[i]->name;
    return forge_report_unknown(r, FORGE_F018, node, "target format", node->text, names);
}

/* What the codec's own fall-backs say: blosc with zstd. */
static bool default_codec(const struct forge_recipe_reading *r, struct forge_codec *codec)
{
    static const struct forge_place nowhere;
    void *settings;

    codec->type = forge_codec_find("blosc");
    settings = forge_arena_take(r->arena, codec->type->settings_size + 1);
    codec->settings = settings;
    return forge_options_read(settings, codec->type->options, NULL, nowhere, "codec", r->arena,
                              r->diagnostics);
}

/* Shards hold whole chunks. Where variables have chunks of their own, the plan sees to it. */
static bool check_shards(const struct forge_recipe_reading *r,
                         const struct forge_target *target)
{
    bool good = true;

    for (size_t i = 0; i < target->variables_count; i++) {
        if (target->variables[i].chunks.count > 0)
            return true;
    }
    for (size_t i = 0; i < target->shards.count; i++) {
        const struct forge_node *shard = target->shards.nodes[i];

        for (size_t k = 0; k < target->chunks.count; k++) {
            const struct forge_node *chunk = target->chunks.nodes[k];
            int64_t outer, inner;

            if (strcmp(shard->key, chunk->key) == 0 && forge_node_integer(&outer, shard) &&
                forge_node_integer(&inner, chunk) && outer % inner != 0)
                good = forge_report(r->diagnostics, FORGE_F014, shard->place, shard->width,
                                    "shards hold whole chunks",
                                    "%s: the shard length %lld is no multiple of the chunk "
                                    "length %lld",
                                    shard->key, (long long)outer, (long long)inner);
        }
    }
    return good;
}

static bool read_append(const struct forge_recipe_reading *r, struct forge_target *target,
                        const struct forge_node *node)
{
    if (!node)
        return true;
    if (node->kind != FORGE_NODE_TEXT)
        return forge_report(r->diagnostics, FORGE_F011, node->place, node->width,
                            "such as append: time", "append: expected the name of a dimension");
    target->append = node->text;
    target->append_place = node->place;
    return true;
}

bool forge_target_read(const struct forge_recipe_reading *r, struct forge_target *target,
                       const struct forge_node *node)
{
    struct target_settings s = {0};
    bool good;

    target->place = node->place;
    good = forge_options_read(&s, forge_target_options, node, node->place, "target", r->arena,
                              r->diagnostics);
    if (s.format)
        good &= read_format(r, target, s.format);
    target->chunk_size = s.chunk_size;
    good &= read_lengths(r, &target->chunks, s.chunks_node, lengths_options, "chunks");
    good &= read_lengths(r, &target->shards, s.shards_node, lengths_options, "shards");
    good &=
        read_lengths(r, &target->chunk_aspect, s.aspect_node, aspect_options, "chunk_aspect");
    good &= read_variables(r, target, s.variables);
    good &= read_append(r, target, s.append);
    if (s.codec)
        good &= forge_codec_read(&target->codec, s.codec, r->arena, r->diagnostics);
    else
        good &= default_codec(r, &target->codec);
    if (good && s.shards_node && s.chunks_node)
        good = check_shards(r, target);
    if (s.shards_node && target->type && !target->type->shards)
        good =
            forge_report(r->diagnostics, FORGE_F015, s.shards_node->place, s.shards_node->width,
                         "use format: zarr", "format %s has no shards", target->type->name);
    if (s.aspect_node && s.chunks_node)
        good = forge_report(r->diagnostics, FORGE_F015, s.aspect_node->place,
                            s.aspect_node->width, "chunk_aspect stretches chunks of chunk_size",
                            "\"chunks\" and \"chunk_aspect\" exclude each other");
    return good;
}

void forge_codec_schema(struct forge_text *out)
{
    const struct forge_codec_type *const *all = forge_codec_all();

    forge_text_add(out, "{\"oneOf\":[{\"enum\":[\"none\"");
    for (size_t i = 0; all[i]; i++) {
        if (all[i]->target)
            forge_text_print(out, ",\"%s\"", all[i]->name);
    }
    forge_text_add(out, "]}");
    for (size_t i = 0; all[i]; i++) {
        static const struct forge_option nothing[] = {{0}};

        if (!all[i]->target)
            continue;
        forge_text_print(out,
                         ",{\"type\":\"object\",\"additionalProperties\":false,\"required\":"
                         "[\"%s\"],\"properties\":{\"%s\":",
                         all[i]->name, all[i]->name);
        forge_options_schema(out, all[i]->options ? all[i]->options : nothing);
        forge_text_add(out, "}}");
    }
    forge_text_add(out, "]}");
}

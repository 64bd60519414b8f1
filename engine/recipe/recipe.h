/* recipe.h: a recipe, checked and typed; docs/recipe.md is the contract.
 *
 * Loading reports every mistake at once. Nothing is resolved here that needs a
 * file, a clock or a server: that is planning. Everything lives in the
 * recipe's arena and is const afterwards.
 */
#ifndef FORGE_RECIPE_RECIPE_H
#define FORGE_RECIPE_RECIPE_H

#include "base/digest.h"
#include "codecs/codec.h"
#include "expression/expression.h"
#include "formats/format.h"
#include "formats/target.h"
#include "recipe/template.h"
#include "transforms/transform.h"

struct forge_pattern;

#define FORGE_KEYS_MAX 10000000 /* along one dimension of the grid of files */

/* A transform as the recipe uses it. */
struct forge_transform_use {
    const struct forge_transform_type *type;
    const struct forge_node *body; /* what stands behind its name */
    struct forge_place place;
    bool templated;       /* texts in the body hold {..}: settings are read per file */
    const void *settings; /* when not templated */
};

struct forge_transform_list {
    struct forge_transform_use *items;
    size_t count;
};

enum forge_keys_kind { FORGE_KEYS_FOUND, FORGE_KEYS_LIST, FORGE_KEYS_INTS, FORGE_KEYS_DATES };

/* One dimension of the grid of files. */
struct forge_combine {
    bool merge;      /* bring variables together; else join along a dimension */
    const char *dim; /* the dimension joined along, or the name of the merge */
    const char *as;  /* what templates and expressions call the key */
    struct forge_place place;
    enum forge_keys_kind keys;
    struct forge_names list; /* LIST */
    int64_t from, to, step;  /* INTS */
    struct {                 /* DATES */
        enum forge_calendar calendar;
        const char *from, *to; /* as written; `to` may be "now - 2d" */
        struct forge_duration step;
        bool restart_yearly;
    } dates;
    const char *parse; /* strptime format of found or listed keys; NULL: texts */
    struct forge_names except;
};

enum forge_missing { FORGE_MISSING_ERROR, FORGE_MISSING_SKIP, FORGE_MISSING_FILL };
enum forge_join { FORGE_JOIN_EXACT, FORGE_JOIN_INNER, FORGE_JOIN_OUTER };
enum forge_conflicts { FORGE_CONFLICTS_FIRST, FORGE_CONFLICTS_ERROR, FORGE_CONFLICTS_DROP };

struct forge_let {
    const char *name;
    const struct forge_expression *expression;
    struct forge_place place;
};

struct forge_input {
    struct forge_place place;
    /* one of these */
    struct forge_template *url; /* of the joined path, relative to the recipe's folder */
    const struct forge_node *url_node;
    const char *find;
    struct forge_names files; /* already read from a list file where one was named */

    struct forge_pattern *match;
    const struct forge_node *match_node;
    struct forge_combine *combine;
    size_t combine_count;
    struct forge_transform_list each;
    const struct forge_node *except; /* list of maps key -> value, or NULL */
    enum forge_missing if_missing;
    enum forge_join join;
    enum forge_conflicts conflicts;
    int64_t items; /* per file; 0: read from the files */
    const char *format;
    const char *group;
    struct forge_let *lets;
    size_t lets_count;
};

struct forge_variable_encoding {
    const char *name;
    struct forge_place place;
    struct forge_pairs chunks;
    bool has_codec;
    struct forge_codec codec;
    bool has_dtype;
    enum forge_dtype dtype;
    bool has_packing;
    double scale_factor, add_offset;
    const struct forge_node *fill; /* number, NaN or null; NULL: not given */
};

struct forge_target {
    struct forge_place place;
    const struct forge_target_type *type;
    struct forge_pairs chunks;       /* dimension -> length */
    uint64_t chunk_size;             /* bytes */
    struct forge_pairs chunk_aspect; /* dimension -> stretch */
    struct forge_pairs shards;
    struct forge_codec codec;
    struct forge_variable_encoding *variables;
    size_t variables_count;
    const char *append; /* the dimension that may grow; NULL: none */
    struct forge_place append_place;
};

struct forge_check_type; /* recipe/check.h */
struct forge_check_settings;

struct forge_check_use {
    const struct forge_check_type *type;
    const struct forge_check_settings *settings;
    struct forge_place place;
    const struct forge_expression *expression; /* of `assert` */
};

struct forge_recipe {
    struct forge_arena arena; /* owned: everything here lives in it */
    const char *path;         /* as given */
    const char *folder;       /* relative paths start here */
    const char *text;
    const struct forge_node *root;
    struct forge_digest digest; /* of its canonical form: comments and order of keys are free */

    const char *name, *title, *description, *license, *cadence;
    struct forge_names keywords;
    const struct forge_node *providers, *maintainers; /* checked, or NULL */
    const struct forge_node *tables;                  /* map of maps, or NULL */
    struct forge_input *inputs;
    size_t inputs_count;
    struct forge_transform_list transforms;
    struct forge_target target;
    struct forge_check_use *checks;
    size_t checks_count;
};

/* The text of a recipe, in the arena. */
FORGE_MUST_CHECK bool forge_recipe_read(char **text, size_t *length, const char *path,
                                        struct forge_arena *arena, struct forge_error *err);

/* Read and check a recipe. `diagnostics` (with an arena of the caller) gets every mistake;
 * false when there was one, or when the file cannot be read (then err is set and there are no
 * diagnostics). Close it in both cases. */
FORGE_MUST_CHECK bool forge_recipe_load(struct forge_recipe *recipe, const char *path,
                                        struct forge_diagnostics *diagnostics,
                                        struct forge_error *err);
FORGE_MUST_CHECK bool forge_recipe_parse(struct forge_recipe *recipe, const char *path,
                                         const char *text, size_t length,
                                         struct forge_diagnostics *diagnostics);
void forge_recipe_close(struct forge_recipe *recipe);

/* What a date that begins with "now" stands for at that moment, in UTC. */
FORGE_MUST_CHECK bool forge_combine_now(int64_t *out, const struct forge_combine *combine,
                                        const char *text, int64_t now_us,
                                        struct forge_error *err);

/* The recipe as JSON with nothing left open: dates that began with "now" as the moment that was
 * meant, and what `input`, `dates`, `ints` and `target` leave to their defaults. It is a recipe
 * again: with the same folder and inputs it gives the same store, but for its digest. */
void forge_recipe_resolved(struct forge_text *out, const struct forge_recipe *recipe,
                           int64_t now_us);

/* The JSON Schema (draft-07) of the language, from the tables that the parser uses. */
void forge_recipe_schema(struct forge_text *out);

/* Look up table[key]. */
bool forge_recipe_table(const struct forge_recipe *recipe, const char *table, const char *key,
                        struct forge_scalar *out);

#endif

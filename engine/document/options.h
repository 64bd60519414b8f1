/* options.h: turn a YAML value into a typed struct, from a table.
 *
 * A plug-in, and every part of the recipe, says once what it accepts. The same
 * table checks recipes, fills the settings struct, prints `forge help`, and
 * emits schemas/recipe-v1.json. All texts are borrowed from the document.
 *
 * What a plain YAML scalar looks like does not matter where a TEXT, NAME or
 * CHOICE is wanted: 01, NO and 1.5 are texts, as they are written; only null is
 * none. Where a number is wanted, a quoted one is refused; 20.0 is a whole
 * number, as in JSON Schema.
 */
#ifndef FORGE_DOCUMENT_OPTIONS_H
#define FORGE_DOCUMENT_OPTIONS_H

#include "document/document.h"

enum forge_option_kind {
    FORGE_OPTION_TEXT,    /* const char * */
    FORGE_OPTION_NAME,    /* const char *: text that is a name of a variable or dimension */
    FORGE_OPTION_INTEGER, /* int64_t, between minimum and maximum */
    FORGE_OPTION_NUMBER,  /* double, between minimum and maximum */
    FORGE_OPTION_FLAG,    /* bool */
    FORGE_OPTION_CHOICE,  /* const char *: one of `choices` */
    FORGE_OPTION_BYTES,   /* uint64_t: 100MB (1000s), 64MiB (1024s), or plain bytes */
    FORGE_OPTION_NAMES,   /* struct forge_names: one name or a list of names */
    FORGE_OPTION_TEXTS,   /* struct forge_names: one text or a list of texts */
    FORGE_OPTION_NODE,  /* const struct forge_node *: whatever `schema` allows; its owner checks
                         */
    FORGE_OPTION_TABLE, /* a map, filled into the same struct through `table` */
    FORGE_OPTION_LIST,  /* struct forge_list: a list of maps, each filled through `table` */
};

struct forge_names {
    const char *const *items;
    const struct forge_node *const *nodes; /* where each was written */
    size_t count;
};

struct forge_list {
    void *items; /* `count` structs of table size, in the arena */
    const struct forge_node *const *nodes;
    size_t count;
};

/* name -> value entries of a "*" option, in written order. */
struct forge_pairs {
    const struct forge_node *const *nodes; /* node->key is the name; the value is checked */
    size_t count;
};

struct forge_option {
    const char *name; /* "*": every other key, slot is struct forge_pairs, keys are names; ".":
                         the value itself when it is not a map, and any value in a table of
                         nothing else: then the other options keep their fallbacks */
    enum forge_option_kind kind;
    size_t offset;        /* where in the settings struct: offsetof() */
    const char *fallback; /* as it would be written; NULL: zero */
    const char *help;     /* one line, lower case */
    bool required;        /* "*": there must be at least one */
    bool nullable;        /* NODE and "*" values: null is allowed */
    bool expression;      /* text that must be quoted when YAML would cut it: a map
                             or list, or brackets that do not match (F016) */
    bool or_one;          /* LIST: a single map does for a list of one */
    bool later; /* known, but not of this version: F028 when given; not in the schema */
    double minimum, maximum;          /* INTEGER, NUMBER, BYTES; both 0: any; a maximum below
                                         the minimum is none */
    const char *const *choices;       /* CHOICE, NULL-terminated */
    const struct forge_option *table; /* TABLE, LIST */
    size_t item_size;                 /* LIST, and TABLE of "*": size of one struct */
    const char *schema;               /* NODE: a JSON Schema fragment; NULL: anything */
    void (*schema_of)(
        struct forge_text *out); /* NODE: writes that fragment; wins over schema */
};

/* Fill `settings` (zeroed) from `value` (NULL: nothing given). Every mistake is reported;
 * false when there was one; what was good is filled even so. `what` names the thing in
 * messages: "transform select"; `place` is where what is missing is reported. The table ends
 * with {0}; NULL is an empty one. A TABLE that is not given has its fallbacks. */
FORGE_MUST_CHECK bool forge_options_read(void *settings, const struct forge_option *table,
                                         const struct forge_node *value,
                                         struct forge_place place, const char *what,
                                         struct forge_arena *arena,
                                         struct forge_diagnostics *diagnostics);

/* The table as a JSON Schema (draft-07) of the value. */
void forge_options_schema(struct forge_text *out, const struct forge_option *table);

/* The table as lines for `forge help`. */
void forge_options_help(struct forge_text *out, const struct forge_option *table);

/* Is `name` fit to be a variable, dimension or attribute? Not empty, no "/", no control
 * characters, not "." or "..", valid UTF-8, at most 255 bytes. */
bool forge_name_is_safe(const char *name);

#endif

/* crate_parts.h: what the source files of the crate share. Private to crate. */
#ifndef FORGE_CATALOG_CRATE_PARTS_H
#define FORGE_CATALOG_CRATE_PARTS_H

#include "catalog/crate.h"
#include "document/json.h"

/* A person or an organisation. */
struct forge_crate_agent {
    const char *id, *name, *email, *url; /* the last two may be NULL */
};

struct forge_crate_input {
    const char *id, *url;
    uint64_t size;
    struct forge_digest digest;
};

struct forge_crate_writing {
    const struct forge_crate *crate;
    struct forge_json json;
    struct forge_arena arena;
    const char **ids; /* that entities have: none has two */
    size_t ids_count;
    struct forge_crate_agent *people, *organisations;
    size_t people_count, organisations_count;
    struct forge_crate_input *inputs;
    size_t inputs_count;
    uint64_t inputs_total; /* also those that are no entities */
    const char *action;    /* its id */
    const char *license;   /* its id; NULL: it is a text, or there is none */
};

/* crate_gather.c: what has an id that depends on the recipe or the inputs. */
void forge_crate_gather(struct forge_crate_writing *w);

/* An entity begins with its id and type; further keys follow sorted, behind "@type". */
void forge_crate_open(struct forge_crate_writing *w, const char *id, const char *type);
void forge_crate_close(struct forge_crate_writing *w);
void forge_crate_text(struct forge_crate_writing *w, const char *key, const char *text);
/* {"@id": id}, and a list of them. */
void forge_crate_ref(struct forge_crate_writing *w, const char *key, const char *id);
void forge_crate_refs(struct forge_crate_writing *w, const char *key, const char *const *ids,
                      size_t count);

/* crate_context.c: entities that are no part of the data: software, profiles, people, licence.
 */
void forge_crate_contexts(struct forge_crate_writing *w);

extern const char *const forge_crate_profiles[3]; /* of the run, by id */

#define FORGE_CRATE_SPECIFICATION "https://w3id.org/ro/crate/1.1"
#define FORGE_CRATE_ENGINE "#forge"
#define FORGE_CRATE_LANGUAGE "#forge-recipe-language"

#endif

/* facts.h: what a version was made from and what it took, in a few numbers.
 *
 * They are read from the provenance of the version when it is published, and
 * kept with that event: history tells them when gc has removed the version.
 */
#ifndef FORGE_CATALOG_FACTS_H
#define FORGE_CATALOG_FACTS_H

#include <stdint.h>

#include "base/arena.h"
#include "document/json.h"

struct forge_version_facts {
    const char *recipe; /* "sha256:.."; NULL: the provenance is of an older forge, or gone */
    const char *run;    /* NULL: by none */
    uint64_t objects, shared, bytes; /* written by the run; shared with earlier versions */
    bool compared;                   /* the inputs, with those of the version before */
    uint64_t inputs, added, changed, gone;
};

/* Of the version in `folder`; `before` is the folder of the one that was current before, or
 * NULL. What cannot be read is left zero: it is told, never relied on. */
void forge_version_facts_read(struct forge_version_facts *facts, struct forge_arena *arena,
                              const char *folder, const char *before);

/* As one JSON object, without the run. */
void forge_version_facts_json(struct forge_json *json, const struct forge_version_facts *facts);

#endif

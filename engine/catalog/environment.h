/* environment.h: what a run ran on, as provenance/environment.json tells it. */
#ifndef FORGE_CATALOG_ENVIRONMENT_H
#define FORGE_CATALOG_ENVIRONMENT_H

#include <stdint.h>

#include "base/text.h"

struct forge_library_version {
    const char *name, *version;
};

struct forge_environment {
    const char *executor;
    unsigned workers;
    uint64_t memory_bytes;
    /* By name; behind the last one without a name. NULL: not known. */
    const struct forge_library_version *libraries;
};

/* The commit that this program was built from: 40 hexadecimal digits, "-dirty" behind them
 * where files differed from it; "unknown" when it was built outside a clone. The program brings
 * it along; others that link the engine do not know it, and are not linked again for it. */
const char *forge_commit(void);

/* One JSON object: that, forge's version, and the kernel and kind of the machine. */
void forge_environment_json(struct forge_text *out,
                            const struct forge_environment *environment);

#endif

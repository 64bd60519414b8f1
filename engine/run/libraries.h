/* libraries.h: the outside libraries of this process, as they are at run time. */
#ifndef FORGE_RUN_LIBRARIES_H
#define FORGE_RUN_LIBRARIES_H

#include "base/arena.h"
#include "catalog/environment.h"

/* Name and version of each, by name; behind the last one without a name. In the arena. */
const struct forge_library_version *forge_libraries(struct forge_arena *arena);

#endif

/* mutant.c: which defect forge-mutant has: that of the environment variable FORGE_MUTANT. */
#include "base/mutant.h"

#include <stdlib.h>
#include <string.h>

bool forge_is_mutant(const char *name)
{
    const char *chosen = getenv("FORGE_MUTANT");

    return chosen && strcmp(chosen, name) == 0;
}

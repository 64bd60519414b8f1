#include "run/executor.h"

#include <string.h>

#define FORGE_EXECUTOR(name) extern const struct forge_executor_type forge_executor_##name;
#include "list.h"
#undef FORGE_EXECUTOR

static const struct forge_executor_type *const all[] = {
#define FORGE_EXECUTOR(name) &forge_executor_##name,
#include "list.h"
#undef FORGE_EXECUTOR
    NULL,
};

const struct forge_executor_type *const *forge_executor_all(void)
{
    return all;
}

const struct forge_executor_type *forge_executor_find(const char *name)
{
    for (size_t i = 0; all[i]; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

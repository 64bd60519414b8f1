#include "formats/target.h"

#include <string.h>

#define FORGE_TARGET(name) extern const struct forge_target_type forge_target_##name;
#include "formats/target_list.h"
#undef FORGE_TARGET

static const struct forge_target_type *const all[] = {
#define FORGE_TARGET(name) &forge_target_##name,
#include "formats/target_list.h"
#undef FORGE_TARGET
    NULL,
};

const struct forge_target_type *const *forge_target_all(void)
{
    return all;
}

const struct forge_target_type *forge_target_find(const char *name)
{
    for (size_t i = 0; all[i]; i++) {
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    }
    return NULL;
}

void forge_encoder_close(struct forge_encoder *encoder)
{
    forge_block_close(&encoder->padded);
    forge_block_close(&encoder->a);
    forge_block_close(&encoder->b);
    forge_block_close(&encoder->shard);
}

/* libraries.h: which versions of the outside libraries the codecs use, for provenance. */
#ifndef FORGE_CODECS_LIBRARIES_H
#define FORGE_CODECS_LIBRARIES_H

#include "base/text.h"

void forge_blosc_version(struct forge_text *out);
void forge_libdeflate_version(struct forge_text *out); /* built against: it cannot be asked */
void forge_zstd_version(struct forge_text *out);

#endif

/* parameters.h: a codec's settings out of the JSON of a Zarr array, by its option table.
 *
 * Strict: a parameter that we do not know may change what the bytes mean.
 * Texts in the settings are those of the table, never the JSON's.
 */
#ifndef FORGE_CODECS_PARAMETERS_H
#define FORGE_CODECS_PARAMETERS_H

#include "document/json.h"
#include "document/options.h"

/* `json` is {"id": .., parameters} in version 2, {"name": .., "configuration": {parameters}}
 * or a bare name in version 3. Only INTEGER, FLAG and CHOICE options. `options` may be NULL;
 * a parameter named `ignored` is skipped where that is not NULL. */
FORGE_MUST_CHECK bool forge_codec_parameters(void *settings, const char *codec,
                                             const struct forge_option *options,
                                             const char *ignored,
                                             const struct forge_json_value *json,
                                             int zarr_format, struct forge_error *err);

#endif

/* folders.h: making, removing and making durable folders of the local file system. */
#ifndef FORGE_CATALOG_FOLDERS_H
#define FORGE_CATALOG_FOLDERS_H

#include "base/error.h"

/* With every parent; one that is there is fine. */
FORGE_MUST_CHECK bool forge_folder_make(const char *path, struct forge_error *err);

/* The same, and the name of each that is new survives a power loss. */
FORGE_MUST_CHECK bool forge_folder_make_durable(const char *path, struct forge_error *err);

/* With everything in it; never follows links. One that is not there is fine. */
FORGE_MUST_CHECK bool forge_folder_remove(const char *path, struct forge_error *err);

/* fsync of the folder itself: names in it survive a power loss. */
FORGE_MUST_CHECK bool forge_folder_sync(const char *path, struct forge_error *err);

/* fsync of a file that others wrote. */
FORGE_MUST_CHECK bool forge_file_sync(const char *path, struct forge_error *err);

#endif

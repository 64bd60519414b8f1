/* file.h: what file.c and file_walk.c share: a directory as a store. */
#ifndef FORGE_STORAGE_FILE_H
#define FORGE_STORAGE_FILE_H

#include <stdatomic.h>

#include "storage/store.h"

/* Names of files that are being written start so: beside the final name, until renamed. */
#define FORGE_FILE_STORE_UNFINISHED ".forge-put-"

struct forge_file_store {
    struct forge_store store;
    char *directory;
    _Atomic int root; /* -1 until the directory is there */
    _Atomic unsigned long long puts;
};

/* The directory's descriptor; -1 with errno. */
int forge_file_store_root(struct forge_file_store *file);

/* "no space left on the device while writing <url>/<key>"; the cause is errno. */
bool forge_file_store_fail(struct forge_error *err, enum forge_code code, const char *doing,
                           const struct forge_store *store, const char *key);

/* Does errno say that there is nothing of that name? */
bool forge_file_store_is_absence(int cause);

/* Memory, or the end of the program. */
void *forge_file_store_must(void *taken);

/* The list and sweep of a store of files. */
bool forge_file_store_list(struct forge_store *store, const char *prefix,
                           forge_store_visit *visit, void *context, struct forge_error *err);
bool forge_file_store_sweep(struct forge_store *store, struct forge_error *err);

#endif

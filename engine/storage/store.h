/* store.h: objects under keys: a directory, memory, later HTTP and S3.
 *
 * Keys are relative paths with "/"; "..", empty parts and control characters
 * are refused. A put is whole or not there: readers never see part of an
 * object. Stores are safe from any thread; an open object is not.
 */
#ifndef FORGE_STORAGE_STORE_H
#define FORGE_STORAGE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct forge_store;
struct forge_object; /* open for reading by ranges */

struct forge_object_status {
    uint64_t size;
    int64_t modified_ns; /* since 1970; 0 where not known: a shortcut, never an identity */
    uint64_t serial;     /* inode or such: tells a replaced file from the same one; 0 unknown */
};

typedef bool forge_store_visit(void *context, const char *key,
                               const struct forge_object_status *status);

struct forge_store_type {
    const char *name;
    void (*close)(struct forge_store *store);

    /* Absent objects are FORGE_MISSING. */
    bool (*object_open)(struct forge_object **out, struct forge_store *store, const char *key,
                        struct forge_object_status *status, struct forge_error *err);
    /* Exactly `length` bytes or an error; past the end is FORGE_BAD_SOURCE. */
    bool (*object_read)(struct forge_object *object, uint64_t offset, void *bytes,
                        size_t length, struct forge_error *err);
    void (*object_close)(struct forge_object *object);

    bool (*put)(struct forge_store *store, const char *key, const void *bytes, size_t length,
                struct forge_error *err);
    bool (*remove)(struct forge_store *store, const char *key, struct forge_error *err);
    /* Every object below `prefix`, sorted by key (bytes); stops when `visit` returns false. */
    bool (*list)(struct forge_store *store, const char *prefix, forge_store_visit *visit,
                 void *context, struct forge_error *err);

    /* NULL where a put is durable, or nothing ever is. */
    bool (*sync)(struct forge_store *store, struct forge_error *err);
    /* NULL where a put that breaks off leaves nothing. */
    bool (*sweep)(struct forge_store *store, struct forge_error *err);
};

/* First member of every store and object. */
struct forge_store {
    const struct forge_store_type *type;
    const char *url; /* what messages call it, without secrets */
};
struct forge_object {
    struct forge_store *store;
};

void forge_store_close(struct forge_store *store);
FORGE_MUST_CHECK bool forge_object_open(struct forge_object **out, struct forge_store *store,
                                        const char *key, struct forge_object_status *status,
                                        struct forge_error *err);
FORGE_MUST_CHECK bool forge_object_read(struct forge_object *object, uint64_t offset,
                                        void *bytes, size_t length, struct forge_error *err);
void forge_object_close(struct forge_object *object);
FORGE_MUST_CHECK bool forge_store_put(struct forge_store *store, const char *key,
                                      const void *bytes, size_t length,
                                      struct forge_error *err);
/* Removing what is not there is done already. */
FORGE_MUST_CHECK bool forge_store_remove(struct forge_store *store, const char *key,
                                         struct forge_error *err);
/* Below a folder, or "" for all; an absent one has nothing in it. Names that are no keys, and
 * links to folders or out of the store, are left out. */
FORGE_MUST_CHECK bool forge_store_list(struct forge_store *store, const char *prefix,
                                       forge_store_visit *visit, void *context,
                                       struct forge_error *err);
/* A whole object into the arena, NUL-terminated; refuses more than `limit` bytes. */
FORGE_MUST_CHECK bool forge_store_get(char **bytes, size_t *length, struct forge_store *store,
                                      const char *key, struct forge_arena *arena,
                                      uint64_t limit, struct forge_error *err);

/* Make durable whatever was put so far, by whichever process: before publishing it. */
FORGE_MUST_CHECK bool forge_store_sync(struct forge_store *store, struct forge_error *err);

/* Remove what puts of killed processes left behind. Only while nobody else writes here. */
FORGE_MUST_CHECK bool forge_store_sweep(struct forge_store *store, struct forge_error *err);

/* Is this a key that stores accept? */
bool forge_key_is_safe(const char *key);

/* A directory of the local file system; it need not exist until the first put. "/" serves to
 * read any local file by its absolute path without the leading "/". Who opened a directory
 * through a link stays in that directory when the link is moved. */
FORGE_MUST_CHECK bool forge_store_open_file(struct forge_store **out, const char *directory,
                                            struct forge_error *err);
/* For tests and small things; gone when it is closed. */
struct forge_store *forge_store_open_memory(void);

#endif

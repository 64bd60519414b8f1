#include "storage/store.h"

#include <string.h>

bool forge_key_is_safe(const char *key)
{
    const char *part = key;

    for (;;) {
        size_t length = strcspn(part, "/");

        if (length == 0 || (length <= 2 && strspn(part, ".") == length))
            return false;
        for (size_t i = 0; i < length; i++) {
            unsigned char byte = (unsigned char)part[i];

            if (byte < 0x20 || byte == 0x7f)
                return false;
        }
        if (part[length] == '\0')
            return true;
        part += length + 1;
    }
}

static bool check_key(const struct forge_store *store, const char *key, enum forge_code code,
                      struct forge_error *err)
{
    if (forge_key_is_safe(key))
        return true;
    forge_fail(err, code, "\"%s\" cannot be a key in %s", key, store->url);
    return forge_fail_help(err,
                           "a key is a relative path without empty parts, \".\", \"..\" or "
                           "control characters");
}

void forge_store_close(struct forge_store *store)
{
    if (store)
        store->type->close(store);
}

bool forge_object_open(struct forge_object **out, struct forge_store *store, const char *key,
                       struct forge_object_status *status, struct forge_error *err)
{
    return check_key(store, key, FORGE_BAD_SOURCE, err) &&
           store->type->object_open(out, store, key, status, err);
}

bool forge_object_read(struct forge_object *object, uint64_t offset, void *bytes, size_t length,
                       struct forge_error *err)
{
    return object->store->type->object_read(object, offset, bytes, length, err);
}

void forge_object_close(struct forge_object *object)
{
    if (object)
        object->store->type->object_close(object);
}

bool forge_store_put(struct forge_store *store, const char *key, const void *bytes,
                     size_t length, struct forge_error *err)
{
    return check_key(store, key, FORGE_FAILED, err) &&
           store->type->put(store, key, bytes, length, err);
}

bool forge_store_remove(struct forge_store *store, const char *key, struct forge_error *err)
{
    return check_key(store, key, FORGE_FAILED, err) && store->type->remove(store, key, err);
}

bool forge_store_list(struct forge_store *store, const char *prefix, forge_store_visit *visit,
                      void *context, struct forge_error *err)
{
    return (prefix[0] == '\0' || check_key(store, prefix, FORGE_BAD_SOURCE, err)) &&
           store->type->list(store, prefix, visit, context, err);
}

bool forge_store_get(char **bytes, size_t *length, struct forge_store *store, const char *key,
                     struct forge_arena *arena, uint64_t limit, struct forge_error *err)
{
    struct forge_object *object = NULL;
    struct forge_object_status status = {0};
    char *got = NULL;
    bool done = false;

    if (!forge_object_open(&object, store, key, &status, err))
        return false;
    if (status.size > limit || status.size >= SIZE_MAX) {
        forge_fail(err, FORGE_BAD_SOURCE,
                   "%s/%s has %llu bytes, more than the %llu that are allowed", store->url, key,
                   (unsigned long long)status.size, (unsigned long long)limit);
        goto out;
    }
    got = forge_arena_take(arena, (size_t)status.size + 1);
    if (!forge_object_read(object, 0, got, (size_t)status.size, err))
        goto out;
    *bytes = got;
    *length = (size_t)status.size;
    done = true;
out:
    forge_object_close(object);
    return done;
}

bool forge_store_sync(struct forge_store *store, struct forge_error *err)
{
    return !store->type->sync || store->type->sync(store, err);
}

bool forge_store_sweep(struct forge_store *store, struct forge_error *err)
{
    return !store->type->sweep || store->type->sweep(store, err);
}

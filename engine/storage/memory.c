/* memory.c: a store that is gone when it is closed. */
#include "storage/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One value of one key; those who opened it keep it when the key gets another. */
struct value {
    size_t users; /* guarded by the store's lock */
    size_t length;
    uint64_t serial;
    unsigned char bytes[];
};

struct entry {
    char *key;
    struct value *value;
};

struct memory_store {
    struct forge_store store;
    pthread_mutex_t lock;  /* guards everything below */
    struct entry *entries; /* sorted by key */
    size_t count, room;
    uint64_t serial;
};

struct memory_object {
    struct forge_object object;
    struct value *value;
};

static void *must(void *taken)
{
    if (!taken) {
        fputs("forge: out of memory\n", stderr);
        abort();
    }
    return taken;
}

static void release(struct value *value)
{
    if (--value->users == 0)
        free(value);
}

/* Where `key` is, or would be inserted. */
static size_t position(const struct memory_store *memory, const char *key, bool *there)
{
    size_t low = 0, high = memory->count;

    *there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(memory->entries[middle].key, key);

        if (order == 0) {
            *there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void close_memory(struct forge_store *store)
{
    struct memory_store *memory = (struct memory_store *)store;

    for (size_t i = 0; i < memory->count; i++) {
        release(memory->entries[i].value);
        free(memory->entries[i].key);
    }
    free(memory->entries);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static bool object_open(struct forge_object **out, struct forge_store *store, const char *key,
                        struct forge_object_status *status, struct forge_error *err)
{
    struct memory_store *memory = (struct memory_store *)store;
    struct value *value = NULL;
    struct memory_object *object;
    size_t at;
    bool there;

    pthread_mutex_lock(&memory->lock);
    at = position(memory, key, &there);
    if (there) {
        value = memory->entries[at].value;
        value->users++;
    }
    pthread_mutex_unlock(&memory->lock);
    if (!value)
        return forge_fail(err, FORGE_MISSING, "%s/%s is not there", store->url, key);

    object = must(calloc(1, sizeof *object));
    object->object.store = store;
    object->value = value;
    *status = (struct forge_object_status){.size = value->length, .serial = value->serial};
    *out = &object->object;
    return true;
}

static bool object_read(struct forge_object *object, uint64_t offset, void *bytes,
                        size_t length, struct forge_error *err)
{
    const struct value *value = ((struct memory_object *)object)->value;

    if (offset > value->length || length > value->length - offset)
        return forge_fail(
            err, FORGE_BAD_SOURCE,
            "an object of %s ends at byte %zu, but %zu bytes at %llu are asked for",
            object->store->url, value->length, length, (unsigned long long)offset);
    if (length > 0)
        memcpy(bytes, value->bytes + offset, length);
    return true;
}

static void object_close(struct forge_object *object)
{
    struct memory_store *memory = (struct memory_store *)object->store;

    pthread_mutex_lock(&memory->lock);
    release(((struct memory_object *)object)->value);
    pthread_mutex_unlock(&memory->lock);
    free(object);
}

static void insert(struct memory_store *memory, size_t at, const char *key, struct value *value)
{
    if (memory->count == memory->room) {
        memory->room = memory->room ? 2 * memory->room : 64;
        memory->entries =
            must(reallocarray(memory->entries, memory->room, sizeof *memory->entries));
    }
    memmove(memory->entries + at + 1, memory->entries + at,
            (memory->count - at) * sizeof *memory->entries);
    memory->entries[at] = (struct entry){must(strdup(key)), value};
    memory->count++;
}

static bool put(struct forge_store *store, const char *key, const void *bytes, size_t length,
                struct forge_error *err)
{
    struct memory_store *memory = (struct memory_store *)store;
    struct value *value = must(malloc(sizeof *value + length));
    size_t at;
    bool there;

    (void)err;
    *value = (struct value){.users = 1, .length = length};
    if (length > 0)
        memcpy(value->bytes, bytes, length);
    pthread_mutex_lock(&memory->lock);
    value->serial = ++memory->serial;
    at = position(memory, key, &there);
    if (there) {
        release(memory->entries[at].value);
        memory->entries[at].value = value;
    } else {
        insert(memory, at, key, value);
    }
    pthread_mutex_unlock(&memory->lock);
    return true;
}

static bool remove_key(struct forge_store *store, const char *key, struct forge_error *err)
{
    struct memory_store *memory = (struct memory_store *)store;
    size_t at;
    bool there;

    (void)err;
    pthread_mutex_lock(&memory->lock);
    at = position(memory, key, &there);
    if (there) {
        release(memory->entries[at].value);
        free(memory->entries[at].key);
        memory->count--;
        memmove(memory->entries + at, memory->entries + at + 1,
                (memory->count - at) * sizeof *memory->entries);
    }
    pthread_mutex_unlock(&memory->lock);
    return true;
}

static bool is_below(const char *key, const char *prefix)
{
    size_t length = strlen(prefix);

    return length == 0 || (strncmp(key, prefix, length) == 0 && key[length] == '/');
}

/* The visits are of a copy, so that they may use the store. */
static bool list(struct forge_store *store, const char *prefix, forge_store_visit *visit,
                 void *context, struct forge_error *err)
{
    struct memory_store *memory = (struct memory_store *)store;
    struct forge_arena arena = {0};
    struct forge_object_status *statuses;
    const char **keys;
    size_t count = 0;

    (void)err;
    pthread_mutex_lock(&memory->lock);
    keys = forge_arena_array(&arena, memory->count, sizeof *keys);
    statuses = forge_arena_array(&arena, memory->count, sizeof *statuses);
    for (size_t i = 0; i < memory->count; i++) {
        const struct entry *entry = &memory->entries[i];

        if (!is_below(entry->key, prefix))
            continue;
        keys[count] = forge_arena_text(&arena, entry->key);
        statuses[count++] = (struct forge_object_status){.size = entry->value->length,
                                                         .serial = entry->value->serial};
    }
    pthread_mutex_unlock(&memory->lock);
    for (size_t i = 0; i < count && visit(context, keys[i], &statuses[i]); i++)
        ;
    forge_arena_clear(&arena);
    return true;
}

static const struct forge_store_type memory_type = {
    .name = "memory",
    .close = close_memory,
    .object_open = object_open,
    .object_read = object_read,
    .object_close = object_close,
    .put = put,
    .remove = remove_key,
    .list = list,
};

struct forge_store *forge_store_open_memory(void)
{
    struct memory_store *memory = must(calloc(1, sizeof *memory));

    memory->store = (struct forge_store){.type = &memory_type, .url = "memory:"};
    pthread_mutex_init(&memory->lock, NULL);
    return &memory->store;
}

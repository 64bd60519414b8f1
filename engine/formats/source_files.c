/* source_files.c: the files that a reader keeps open between chunks. */
#include <stdlib.h>
#include <string.h>

#include "formats/source_parts.h"

#define FILES_MAX 16

struct open_file {
    struct forge_store *store;
    char *key;       /* NULL: the place is free */
    const char *url; /* of the file, whose owner outlives the reader */
    struct forge_object *object;
    struct forge_object_status status; /* when it was opened */
    uint64_t used_at;                  /* by the clock of the reader's files */
};

struct forge_open_files {
    struct open_file files[FILES_MAX];
    uint64_t clock;
    uint64_t stood; /* the clock when all that were used still stood */
    struct forge_open_shard shard;
};

static void file_close(struct open_file *file)
{
    forge_object_close(file->object);
    free(file->key);
    file->object = NULL;
    file->key = NULL;
    file->used_at = 0;
}

static bool is_open(const struct open_file *place, const struct forge_file *file)
{
    return place->key && place->store == file->store && strcmp(place->key, file->key) == 0;
}

static void close_files(struct forge_open_files *files)
{
    if (!files)
        return;
    for (size_t i = 0; i < FILES_MAX; i++)
        file_close(&files->files[i]);
    forge_object_close(files->shard.object);
    forge_block_close(&files->shard.index);
    free(files);
}

static bool files_of(struct forge_open_files **out, struct forge_reader *reader,
                     struct forge_error *err)
{
    if (!reader->files) {
        reader->files = calloc(1, sizeof *reader->files);
        if (!reader->files) {
            forge_fail(err, FORGE_FAILED, "out of memory");
            return false;
        }
        reader->files->shard.index.budget = reader->budget;
        reader->close_files = close_files;
    }
    *out = reader->files;
    return true;
}

/* Its place if the file is open, else the place to open it in: a free one, or the one that was
 * not used for longest. */
static struct open_file *place_of(struct forge_open_files *files, const struct forge_file *file)
{
    struct open_file *oldest = &files->files[0];

    for (size_t i = 0; i < FILES_MAX; i++) {
        struct open_file *place = &files->files[i];

        if (is_open(place, file))
            return place;
        if (place->used_at < oldest->used_at)
            oldest = place;
    }
    return oldest;
}

static bool place_open(struct open_file *place, const struct forge_file *file,
                       struct forge_error *err)
{
    struct forge_object_status status = {0};
    struct forge_object *object = NULL;
    char *key;

    if (!forge_object_open(&object, file->store, file->key, &status, err))
        return false;
    key = strdup(file->key);
    if (!key) {
        forge_object_close(object);
        forge_fail(err, FORGE_FAILED, "out of memory");
        return false;
    }
    place->store = file->store;
    place->key = key;
    place->url = file->url;
    place->object = object;
    place->status = status;
    return true;
}

/* What is not known (0) does not count as a difference. */
static bool is_same(const struct forge_object_status *a, const struct forge_object_status *b)
{
    if (a->size != b->size)
        return false;
    if (a->serial != 0 && b->serial != 0 && a->serial != b->serial)
        return false;
    return a->modified_ns == 0 || b->modified_ns == 0 || a->modified_ns == b->modified_ns;
}

static bool fail_changed(const char *url, struct forge_error *err)
{
    forge_fail(err, FORGE_BAD_SOURCE, "%s changed while it was read", url);
    return forge_fail_help(err, "run again when nothing writes to it any more");
}

/* Was a file, if it was used since that was asked last, the same all the while? */
static bool stands(const struct forge_open_files *files, const struct open_file *place,
                   struct forge_error *err)
{
    struct forge_object_status now = {0};
    struct forge_object *object = NULL;

    if (!place->key || place->used_at <= files->stood)
        return true;
    if (!forge_object_open(&object, place->store, place->key, &now, err))
        return err->code == FORGE_MISSING ? fail_changed(place->url, err) : false;
    forge_object_close(object);
    return is_same(&now, &place->status) || fail_changed(place->url, err);
}

/* Free a place. Its file is closed before it is looked at: no more than FILES_MAX are open. */
static bool vacate(const struct forge_open_files *files, struct open_file *place,
                   struct forge_error *err)
{
    bool good;

    forge_object_close(place->object);
    place->object = NULL;
    good = stands(files, place, err);
    file_close(place);
    return good;
}

bool forge_source_files_stand(struct forge_reader *reader, struct forge_error *err)
{
    struct forge_open_files *files = reader->files;

    for (size_t i = 0; files && i < FILES_MAX; i++) {
        if (!stands(files, &files->files[i], err))
            return false;
    }
    if (files)
        files->stood = files->clock;
    return true;
}

bool forge_source_object(struct forge_object **out, struct forge_reader *reader,
                         const struct forge_file *file, struct forge_error *err)
{
    struct forge_open_files *files = NULL;
    struct open_file *place;

    if (!files_of(&files, reader, err))
        return false;
    place = place_of(files, file);
    if (!is_open(place, file) && (!vacate(files, place, err) || !place_open(place, file, err)))
        return false;
    if (!is_same(&place->status, &file->status)) {
        file_close(place);
        return fail_changed(file->url, err);
    }
    place->used_at = ++files->clock;
    *out = place->object;
    return true;
}

bool forge_source_shard(struct forge_open_shard **out, struct forge_reader *reader,
                        struct forge_error *err)
{
    struct forge_open_files *files = NULL;

    if (!files_of(&files, reader, err))
        return false;
    *out = &files->shard;
    return true;
}

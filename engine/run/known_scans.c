/* known_scans.c: descriptions of files by the digest of their bytes. */
#include "run/known_parts.h"

#include "formats/record.h"
#include "storage/fd.h"

#include <stdlib.h>
#include <string.h>

static void write_key(struct forge_text *key, const struct forge_digest *digest,
                      const char *format, const struct forge_scan_request *request)
{
    uint32_t version = FORGE_SCAN_VERSION;
    unsigned char has_group = request->group != NULL;

    forge_text_add_bytes(key, digest->bytes, sizeof digest->bytes);
    forge_text_add_bytes(key, &version, sizeof version);
    forge_text_add_bytes(key, &request->inline_bytes, sizeof request->inline_bytes);
    forge_text_add_bytes(key, &has_group, 1);
    forge_text_add_bytes(key, request->group ? request->group : "",
                         request->group ? strlen(request->group) + 1 : 1);
    forge_text_add_bytes(key, format ? format : "", format ? strlen(format) + 1 : 1);
}

static void keep_scan(struct forge_known *known, const void *key,
                      const struct forge_known_place *given)
{
    struct forge_known_place *place =
        forge_map_find(&known->scans.index, key, given->key_length);

    if (!place) {
        place = forge_arena_take(&known->arena, sizeof *place);
        forge_map_put(&known->scans.index,
                      forge_arena_copy(&known->arena, key, given->key_length),
                      given->key_length, place);
    }
    *place = *given;
    known->scans.records++;
}

bool forge_known_visit_scan(void *context, const void *payload, size_t length, uint64_t at,
                            struct forge_error *err)
{
    const unsigned char *bytes = payload;
    uint32_t key_length = 0;

    (void)err;
    if (length < sizeof key_length)
        return true;
    memcpy(&key_length, bytes, sizeof key_length);
    if (key_length > FORGE_DIGEST_BYTES &&
        length - sizeof key_length > (size_t)key_length + FORGE_KNOWN_FORMAT_NAME) {
        const struct forge_known_place place = {at, length, key_length};

        keep_scan(context, bytes + sizeof key_length, &place);
    }
    return true;
}

bool forge_known_load_scans(struct forge_known *known, struct forge_error *err)
{
    if (known->scans_fd >= 0)
        return true;
    if (!forge_known_load(known, &known->scans, forge_known_visit_scan, err))
        return false;
    known->scans_fd = forge_fd_open(AT_FDCWD, known->scans.path, O_RDONLY);
    if (known->scans_fd < 0 && known->writable)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot open %s", known->scans.path);
    return true;
}

/* The dataset of a payload that is what the journal said it is. */
static bool read_scan(const unsigned char *payload, const struct forge_known_place *place,
                      const struct forge_text *key, struct forge_file *file,
                      struct forge_arena *arena, struct forge_dataset *out)
{
    const unsigned char *name = payload + sizeof(uint32_t) + place->key_length;
    const unsigned char *record = name + FORGE_KNOWN_FORMAT_NAME;
    const struct forge_format_type *format = NULL;
    struct forge_error err;

    if (memcmp(payload + sizeof(uint32_t), key->bytes, key->length) == 0 &&
        memchr(name, '\0', FORGE_KNOWN_FORMAT_NAME))
        format = forge_format_find((const char *)name);
    if (!format || !forge_record_read(out, arena, record,
                                      place->length - (size_t)(record - payload), file, &err))
        return false;
    file->format = format->name;
    return true;
}

bool forge_known_scan(struct forge_known *known, const struct forge_digest *digest,
                      const char *format, const struct forge_scan_request *request,
                      struct forge_file *file, struct forge_arena *arena,
                      struct forge_dataset *out)
{
    const struct forge_known_place *found;
    struct forge_known_place place = {0};
    struct forge_text key = {0};
    unsigned char *payload = NULL;
    bool good;

    write_key(&key, digest, format, request);
    pthread_mutex_lock(&known->lock);
    found = forge_map_find(&known->scans.index, key.bytes, key.length);
    if (found)
        place = *found;
    pthread_mutex_unlock(&known->lock);
    if (found && known->scans_fd >= 0)
        payload = malloc(place.length);
    good = payload && forge_journal_read_at(known->scans_fd, place.at, payload, place.length) &&
           read_scan(payload, &place, &key, file, arena, out);
    free(payload);
    forge_text_clear(&key);
    return good;
}

bool forge_known_add_scan(struct forge_known *known, const struct forge_digest *digest,
                          const char *format, const struct forge_scan_request *request,
                          const struct forge_file *file, const struct forge_dataset *dataset,
                          struct forge_error *err)
{
    char name[FORGE_KNOWN_FORMAT_NAME] = {0};
    struct forge_known_place place = {0};
    struct forge_text key = {0}, payload = {0};
    uint32_t key_length;
    bool good;

    if (!known->scans.journal || !file->format || strlen(file->format) >= sizeof name)
        return true;
    write_key(&key, digest, format, request);
    key_length = (uint32_t)key.length;
    memcpy(name, file->format, strlen(file->format));
    forge_text_add_bytes(&payload, &key_length, sizeof key_length);
    forge_text_add_bytes(&payload, key.bytes, key.length);
    forge_text_add_bytes(&payload, name, sizeof name);
    good = forge_record_write(&payload, dataset, err) &&
           (payload.length > FORGE_JOURNAL_RECORD_MAX ||
            forge_journal_append(known->scans.journal, payload.bytes, payload.length, &place.at,
                                 err));
    if (good && payload.length <= FORGE_JOURNAL_RECORD_MAX) {
        place.length = payload.length;
        place.key_length = key.length;
        pthread_mutex_lock(&known->lock);
        keep_scan(known, key.bytes, &place);
        pthread_mutex_unlock(&known->lock);
    }
    forge_text_clear(&key);
    forge_text_clear(&payload);
    return good;
}

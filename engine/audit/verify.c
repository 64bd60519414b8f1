#include "audit/verify.h"

#include "audit/verify_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_metadata(const char *path)
{
    static const char *const names[] = {"zarr.json", ".zarray",    ".zattrs",
                                        ".zgroup",   ".zmetadata", NULL};
    const char *slash = strrchr(path, '/');

    for (size_t i = 0; names[i]; i++) {
        if (strcmp(slash ? slash + 1 : path, names[i]) == 0)
            return true;
    }
    return false;
}

static bool is_in_store(const char *path)
{
    return strncmp(path, FORGE_OBJECTS_STORE "/", strlen(FORGE_OBJECTS_STORE "/")) == 0;
}

const char *forge_verify_object_path(const char *path)
{
    return is_in_store(path) && !is_metadata(path) ? path + strlen(FORGE_OBJECTS_STORE "/")
                                                   : NULL;
}

/* "sst/c/0/1" or "sst/0.1" -> "sst", "0, 1". */
static void name_object(struct forge_finding *finding, struct forge_arena *arena,
                        const char *path)
{
    size_t length = strcspn(path, "/");
    struct forge_text index = {0};

    if (path[length] == '\0')
        return;
    finding->variable = forge_arena_copy(arena, path, length);
    path += length + 1;
    if (path[0] == 'c' && (path[1] == '/' || path[1] == '\0'))
        path += path[1] ? 2 : 1;
    for (; *path; path++) {
        if (*path == '/' || *path == '.')
            forge_text_add(&index, ", ");
        else
            forge_text_add_bytes(&index, path, 1);
    }
    finding->index = forge_arena_text(arena, forge_text_string(&index));
    forge_text_clear(&index);
}

void forge_verify_note(struct forge_verifying *v, const char *kind, const char *path,
                       const char *format, ...)
{
    struct forge_verified *out = v->out;
    struct forge_finding finding = {.kind = kind}, *more;
    const char *object = forge_verify_object_path(path);
    char text[2048];
    va_list args;

    if (out->found++ >= FORGE_FINDINGS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    finding.text = forge_arena_text(&out->arena, text);
    finding.path = forge_arena_text(&out->arena, path);
    if (object)
        name_object(&finding, &out->arena, object);
    if (out->count == out->room) {
        out->room = out->room ? 2 * out->room : 16;
        more = forge_arena_array(&out->arena, out->room, sizeof *more);
        if (out->count > 0)
            memcpy(more, out->findings, out->count * sizeof *more);
        out->findings = more;
    }
    out->findings[out->count++] = finding;
}

/* What the witnesses and the folder say of one path. */
struct testimony {
    const char *path;
    const struct forge_manifest_line *line; /* NULL: not in the manifest */
    const struct forge_object_record *record;
    const struct forge_found_file *file;
};

static bool is_same(const char *path, const char *least)
{
    return path && strcmp(path, least) == 0;
}

/* The next path of the three sorted lists; false at their end. */
static bool next_path(struct testimony *t, const struct forge_verifying *v, size_t at[3],
                      struct forge_text *object)
{
    const struct forge_manifest_line *line =
        v->manifest_whole && at[0] < v->lines_count ? &v->lines[at[0]] : NULL;
    const struct forge_object_record *record =
        v->list_whole && at[1] < v->objects.count ? &v->objects.records[at[1]] : NULL;
    const struct forge_found_file *file = at[2] < v->files_count ? &v->files[at[2]] : NULL;
    const char *least = line ? line->path : NULL;

    if (record) {
        object->length = 0;
        forge_text_print(object, FORGE_OBJECTS_STORE "/%s", record->path);
        if (!least || strcmp(forge_text_string(object), least) < 0)
            least = forge_text_string(object);
    }
    if (file && (!least || strcmp(file->path, least) < 0))
        least = file->path;
    if (!least)
        return false;
    *t = (struct testimony){.path = least};
    t->line = line && is_same(line->path, least) ? line : NULL;
    t->record = record && is_same(forge_text_string(object), least) ? record : NULL;
    t->file = file && is_same(file->path, least) ? file : NULL;
    at[0] += t->line != NULL;
    at[1] += t->record != NULL;
    at[2] += t->file != NULL;
    return true;
}

/* Both witnesses were not changed: then they have to agree on objects. */
static void hold_together(struct forge_verifying *v, const struct testimony *t)
{
    bool stored = t->record && !t->record->absent;

    if (t->line && !stored)
        forge_verify_note(v, "disagreement", t->path,
                          FORGE_MANIFEST " has it, " FORGE_OBJECTS_LIST " %s",
                          t->record ? "says that nothing is stored" : "has not");
    else if (stored && !t->line)
        forge_verify_note(v, "disagreement", t->path,
                          FORGE_OBJECTS_LIST " has it, " FORGE_MANIFEST " has not");
    else if (stored &&
             memcmp(&t->line->digest, &t->record->digest, sizeof t->line->digest) != 0)
        forge_verify_note(v, "disagreement", t->path,
                          FORGE_OBJECTS_LIST " and " FORGE_MANIFEST
                                             " have different digests of it");
}

/* May a file be there that nobody vouches for? */
static bool is_beyond(const struct forge_verifying *v, const char *path)
{
    if (strcmp(path, FORGE_MANIFEST) == 0 || strcmp(path, FORGE_TAG_MANIFEST) == 0 ||
        strcmp(path, FORGE_OBJECTS_LIST) == 0)
        return true;
    return !v->manifest_whole && !(v->list_whole && forge_verify_object_path(path));
}

static void want(struct forge_verifying *v, const struct testimony *t,
                 const struct forge_digest *digest)
{
    struct forge_verified *out = v->out;
    const struct forge_object_record *record = t->record;

    out->files++;
    out->objects += forge_verify_object_path(t->path) != NULL;
    if (strcmp(t->path, FORGE_OBJECTS_LIST) == 0)
        return; /* it was judged as a witness */
    if (!t->file)
        forge_verify_note(v, "missing", t->path, "it is not there");
    else if (!t->file->regular)
        forge_verify_note(v, "changed", t->path, "it is no regular file");
    else if (record && t->file->size != record->length)
        forge_verify_note(v, "length", t->path,
                          "it has %" PRIu64 " bytes, %" PRIu64 " were published", t->file->size,
                          record->length);
    else if (v->request->deep || !forge_verify_object_path(t->path))
        v->wanted[v->wanted_count++] = (struct forge_wanted_file){
            .path = forge_arena_text(&out->arena, t->path), .digest = *digest};
}

/* Compare the names and lengths of files, and choose what is to be read. */
static void hold_names(struct forge_verifying *v)
{
    struct forge_text object = {0};
    struct testimony t;
    size_t at[3] = {0};

    v->wanted = forge_arena_array(&v->out->arena, v->files_count + 1, sizeof *v->wanted);
    while (next_path(&t, v, at, &object)) {
        bool stored = t.record && !t.record->absent;

        if (v->manifest_whole && v->list_whole && forge_verify_object_path(t.path))
            hold_together(v, &t);
        if (t.line)
            want(v, &t, &t.line->digest);
        else if (stored)
            want(v, &t, &t.record->digest);
        else if (t.file && !is_beyond(v, t.path))
            forge_verify_note(v, "unlisted", t.path, "nothing of that name was published");
        if (is_metadata(t.path) && is_in_store(t.path) && (!t.line || !t.file))
            v->metadata_changed = v->metadata_changed || v->manifest_whole;
    }
    forge_text_clear(&object);
}

static bool perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                    struct forge_error *err)
{
    const struct forge_verifying *v = context;

    for (uint64_t i = unit->first; i < unit->first + unit->count; i++) {
        struct forge_wanted_file *wanted = &v->wanted[i];
        struct forge_digest digest;

        *failed = i;
        if (v->request->cancelled && atomic_load(v->request->cancelled))
            return forge_fail(err, FORGE_CANCELLED, "interrupted");
        wanted->reread = forge_verify_digest(&digest, &wanted->size, v, wanted->path);
        wanted->cause = wanted->reread ? 0 : errno;
        wanted->changed =
            wanted->reread && memcmp(&digest, &wanted->digest, sizeof digest) != 0;
    }
    return true;
}

static void progress(void *context, uint32_t stage, uint64_t done, uint64_t total)
{
    const struct forge_verifying *v = context;
    const struct forge_progress now = {.stage = "verify", .done = done, .total = total};

    (void)stage;
    if (v->request->progress)
        v->request->progress(v->request->progress_context, &now);
}

static bool read_wanted(struct forge_verifying *v, struct forge_error *err)
{
    const struct forge_stage stage = {
        .name = "verify", .count = v->wanted_count, .rule = FORGE_AFTER_NONE};
    const struct forge_driver driver = {
        .executor = v->request->executor,
        .workers = v->request->workers,
        .perform = perform,
        .context = v,
        .cancelled = v->request->cancelled,
        .progress = progress,
        .fail_fast = true,
    };

    if (!forge_driver_run(&driver, &stage, 1, err))
        return false;
    for (size_t i = 0; i < v->wanted_count; i++) {
        const struct forge_wanted_file *wanted = &v->wanted[i];

        v->out->read_files += wanted->reread;
        v->out->read_bytes += wanted->size;
        if (!wanted->reread)
            forge_verify_note(v, "unreadable", wanted->path, "it cannot be read: %s",
                              strerror(wanted->cause));
        else if (wanted->changed)
            forge_verify_note(v, "changed", wanted->path,
                              "its bytes are not what was published");
        if (!wanted->reread || wanted->changed)
            v->metadata_changed =
                v->metadata_changed || (is_metadata(wanted->path) && is_in_store(wanted->path));
    }
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct forge_finding *first = a, *second = b;
    int order = strcmp(first->path, second->path);

    order = order != 0 ? order : strcmp(first->kind, second->kind);
    return order != 0 ? order : strcmp(first->text, second->text);
}

bool forge_verify(struct forge_verified *out, const struct forge_verify_request *request,
                  struct forge_error *err)
{
    struct forge_verifying v = {.request = request, .out = out};

    *out = (struct forge_verified){0};
    if (!forge_verify_walk(&v, err) || !forge_verify_witnesses(&v, err))
        return false;
    hold_names(&v);
    if (!read_wanted(&v, err))
        return false;
    if (!v.metadata_changed)
        forge_verify_store(&v);
    if (out->count > 0)
        qsort(out->findings, out->count, sizeof *out->findings, by_path);
    return true;
}

void forge_verified_clear(struct forge_verified *verified)
{
    forge_arena_clear(&verified->arena);
    *verified = (struct forge_verified){0};
}

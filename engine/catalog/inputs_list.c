#include "catalog/inputs_list.h"

#include "codecs/deflate.h"
#include "document/json.h"
#include "time/calendar.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 6
#define MEMBER_BYTES (UINT64_C(1) << 20) /* of lines in one gzip member */
#define LINE_BYTES (UINT64_C(64) << 10)  /* of one line: a url has at most a few KiB */
#define WINDOW_BYTES (UINT64_C(2) << 20) /* more than any member takes packed */

static void add_time(struct forge_json *json, const char *key, int64_t seconds, int64_t rest,
                     int digits)
{
    struct forge_text text = {0};

    forge_time_format(&text, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, seconds * 1000000,
                      "%Y-%m-%dT%H:%M:%S", NULL);
    forge_text_print(&text, ".%0*" PRId64 "Z", digits, rest);
    forge_json_key(json, key);
    forge_json_string(json, forge_text_string(&text));
    forge_text_clear(&text);
}

static void add_moment(struct forge_json *json, const char *key, int64_t time, int64_t second,
                       int digits)
{
    int64_t rest = time % second;

    if (time == 0) {
        forge_json_key(json, key);
        forge_json_null(json);
    } else {
        rest += rest < 0 ? second : 0;
        add_time(json, key, (time - rest) / second, rest, digits);
    }
}

void forge_input_record_format(struct forge_text *out, const struct forge_input_record *record,
                               bool times)
{
    struct forge_json json = {.out = out};
    char hex[2 * FORGE_DIGEST_BYTES + 1];

    forge_digest_format(&record->digest, hex);
    forge_json_object(&json);
    if (times) {
        add_moment(&json, "modified", record->absent ? 0 : record->modified_ns, 1000000000, 9);
        add_moment(&json, "read", record->absent ? 0 : record->read_us, 1000000, 6);
    }
    forge_json_key(&json, "sha256");
    if (record->absent)
        forge_json_null(&json);
    else
        forge_json_string(&json, hex);
    forge_json_key(&json, "size");
    if (record->absent)
        forge_json_null(&json);
    else
        forge_json_unsigned(&json, record->size);
    forge_json_key(&json, "url");
    forge_json_string(&json, record->url);
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
}

/* Pack what lines there are as one member. */
static bool pack(struct forge_inputs_writer *writer, struct forge_error *err)
{
    uint64_t room = forge_deflate_bound(FORGE_DEFLATE_GZIP, writer->lines.length), length = 0;
    unsigned char *member = malloc(room);
    bool good;

    if (!member)
        return forge_fail(err, FORGE_FAILED, "no memory to list the inputs");
    good = forge_deflate_encode(FORGE_DEFLATE_GZIP, LEVEL,
                                (const unsigned char *)forge_text_string(&writer->lines),
                                writer->lines.length, member, room, &length, err);
    if (good)
        forge_text_add_bytes(&writer->packed, member, length);
    free(member);
    writer->lines.length = 0;
    return good;
}

bool forge_inputs_writer_add(struct forge_inputs_writer *writer,
                             const struct forge_input_record *record, struct forge_error *err)
{
    size_t before = writer->lines.length;
    struct forge_text line = {0};
    bool good = true;

    forge_input_record_format(&line, record, true);
    if (line.length > LINE_BYTES)
        good = forge_fail(err, FORGE_FAILED, "an input has a url of %zu bytes",
                          strlen(record->url));
    if (good && before > 0 && before + line.length > MEMBER_BYTES)
        good = pack(writer, err);
    if (good)
        forge_text_add_bytes(&writer->lines, forge_text_string(&line), line.length);
    forge_text_clear(&line);
    return good;
}

void forge_inputs_writer_abandon(struct forge_inputs_writer *writer)
{
    forge_text_clear(&writer->lines);
    forge_text_clear(&writer->packed);
}

bool forge_inputs_writer_end(struct forge_inputs_writer *writer, struct forge_store *version,
                             struct forge_error *err)
{
    bool good = (writer->lines.length == 0 && writer->packed.length > 0) || pack(writer, err);

    good = good && forge_store_put(version, FORGE_INPUTS_LIST, writer->packed.bytes,
                                   writer->packed.length, err);
    writer->size = writer->packed.length;
    forge_inputs_writer_abandon(writer);
    return good;
}

/* The list while it is read: a window of the file, and the lines that are not visited yet. */
struct reading {
    const char *path; /* for messages */
    struct forge_object *object;
    uint64_t size, at; /* of the file; behind the window */
    bool plain;
    unsigned char *window, *member; /* WINDOW_BYTES, MEMBER_BYTES */
    uint64_t held;                  /* bytes in the window */
    struct forge_text lines;
    uint64_t number; /* of the line */
    forge_input_record_visit *visit;
    void *context;
};

static bool damaged(const struct reading *r, struct forge_error *err)
{
    forge_fail(err, FORGE_BAD_TARGET, "%s: line %" PRIu64 " is no input", r->path, r->number);
    return forge_fail_help(err, "the version is damaged: forge verify names what is");
}

static bool read_fields(struct forge_input_record *record, const struct forge_json_value *line)
{
    const struct forge_json_value *url = forge_json_find(line, "url");
    const struct forge_json_value *size = forge_json_find(line, "size");
    const struct forge_json_value *digest = forge_json_find(line, "sha256");

    if (!url || url->kind != FORGE_JSON_STRING || !size || !digest)
        return false;
    record->url = url->string;
    record->absent = digest->kind == FORGE_JSON_NULL;
    if (record->absent)
        return size->kind == FORGE_JSON_NULL;
    if (size->kind != FORGE_JSON_INTEGER || size->integer < 0 ||
        digest->kind != FORGE_JSON_STRING)
        return false;
    record->size = (uint64_t)size->integer;
    return forge_digest_parse(&record->digest, digest->string);
}

static bool visit_line(struct reading *r, const char *line, size_t length, bool *more,
                       struct forge_error *err)
{
    struct forge_input_record record = {0};
    struct forge_json_value *json = NULL;
    struct forge_arena arena = {0};
    bool good;

    r->number++;
    good = forge_json_parse(&json, &arena, line, length, err) &&
           json->kind == FORGE_JSON_OBJECT && read_fields(&record, json);
    if (!good) {
        damaged(r, err);
    } else {
        err->code = FORGE_OK;
        *more = r->visit(r->context, &record, err);
        good = *more || err->code == FORGE_OK;
    }
    forge_arena_clear(&arena);
    return good;
}

/* Visit every line that is whole, and keep the rest. */
static bool visit_lines(struct reading *r, bool *more, struct forge_error *err)
{
    const char *at = forge_text_string(&r->lines), *end = at + r->lines.length, *newline;

    while (*more && at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
        if (!visit_line(r, at, (size_t)(newline - at), more, err))
            return false;
        at = newline + 1;
    }
    r->lines.length = (size_t)(end - at);
    if (r->lines.length > 0)
        memmove(r->lines.bytes, at, r->lines.length);
    return r->lines.length <= LINE_BYTES || !*more || damaged(r, err);
}

static bool fill_window(struct reading *r, struct forge_error *err)
{
    uint64_t room = WINDOW_BYTES - r->held, left = r->size - r->at;
    size_t length = (size_t)(left < room ? left : room);

    if (length > 0 && !forge_object_read(r->object, r->at, r->window + r->held, length, err)) {
        err->code = FORGE_BAD_TARGET;
        return forge_fail_while(err, "%s", r->path);
    }
    r->at += length;
    r->held += length;
    return true;
}

/* Move the next member of the window to the lines. */
static bool unpack(struct reading *r, struct forge_error *err)
{
    uint64_t taken = r->held, length = r->held;

    if (r->plain) {
        forge_text_add_bytes(&r->lines, r->window, r->held);
    } else {
        if (!forge_gunzip_member(r->window, r->held, r->member, MEMBER_BYTES, &taken, &length,
                                 err)) {
            err->code = FORGE_BAD_TARGET;
            forge_fail_while(err, "%s", r->path);
            return forge_fail_help(err, "the version is damaged: forge verify names what is");
        }
        forge_text_add_bytes(&r->lines, r->member, length);
    }
    r->held -= taken;
    memmove(r->window, r->window + taken, r->held);
    return true;
}

static bool read_all(struct reading *r, struct forge_error *err)
{
    bool more = true;

    if (!r->window || !r->member)
        return forge_fail(err, FORGE_FAILED, "no memory to read %s", r->path);
    while (more && (r->held > 0 || r->at < r->size)) {
        if (!fill_window(r, err) || !unpack(r, err) || !visit_lines(r, &more, err))
            return false;
    }
    r->number++;
    return !more || r->lines.length == 0 || damaged(r, err); /* a line without an end */
}

bool forge_inputs_list_read(const char *folder, forge_input_record_visit *visit, void *context,
                            struct forge_error *err)
{
    struct reading r = {.path = FORGE_INPUTS_LIST, .visit = visit, .context = context};
    struct forge_object_status status = {0};
    struct forge_store *store = NULL;
    bool good;

    if (!forge_store_open_file(&store, folder, err))
        return false;
    r.window = malloc(WINDOW_BYTES);
    r.member = malloc(MEMBER_BYTES);
    good = forge_object_open(&r.object, store, r.path, &status, err);
    if (!good && err->code == FORGE_MISSING) {
        r.plain = true;
        r.path = FORGE_INPUTS_LIST_PLAIN;
        good = forge_object_open(&r.object, store, r.path, &status, err);
    }
    r.size = status.size;
    if (!good && err->code == FORGE_MISSING)
        good = true;
    else
        good = good && read_all(&r, err);
    free(r.window);
    free(r.member);
    forge_text_clear(&r.lines);
    forge_object_close(r.object);
    forge_store_close(store);
    return good;
}

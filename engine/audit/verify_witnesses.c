/* verify_witnesses.c: what vouches for the files of a version, and whether to believe it. */
#include "audit/verify_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEX (2 * (size_t)FORGE_DIGEST_BYTES)
#define NEAR 8 /* digits: a digest that differs in no more was itself changed */
#define MANIFEST_BYTES_MAX (UINT64_C(8) << 30)

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_digest(struct forge_digest *out, const char *hex)
{
    for (size_t i = 0; i < FORGE_DIGEST_BYTES; i++) {
        int high = digit_of(*hex++), low = high < 0 ? -1 : digit_of(*hex++);

        if (low < 0)
            return false;
        out->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* sha256sum puts a backslash in front of a line whose path has one, and doubles those. */
static bool unquote(char *path)
{
    char *to = path;

    for (; *path; path++) {
        if (*path == '\\' && *++path != '\\')
            return false;
        *to++ = *path;
    }
    *to = '\0';
    return true;
}

/* "<sha256>  <path>" of `length` bytes; cuts the text there. */
static bool parse_line(struct forge_manifest_line *out, char *line, size_t length)
{
    bool quoted = length > 0 && line[0] == '\\';

    line += quoted;
    length -= quoted;
    if (length <= HEX + 2 || memchr(line, '\0', length))
        return false;
    line[length] = '\0';
    out->path = line + HEX + 2;
    return parse_digest(&out->digest, line) && line[HEX] == ' ' && line[HEX + 1] == ' ' &&
           (!quoted || unquote(line + HEX + 2)) && forge_key_is_safe(out->path);
}

/* The lines of a manifest; the number of the first that is none, or 0. */
static size_t parse_lines(struct forge_verifying *v, char *text, size_t length)
{
    size_t number = 0, most = 0;

    for (size_t i = 0; i < length; i++)
        most += text[i] == '\n';
    v->lines = forge_arena_array(&v->out->arena, most + 1, sizeof *v->lines);
    for (char *line = text, *end; line < text + length; line = end + 1) {
        struct forge_manifest_line *parsed = &v->lines[v->lines_count];

        number++;
        end = memchr(line, '\n', (size_t)(text + length - line));
        if (!end || !parse_line(parsed, line, (size_t)(end - line)) ||
            (v->lines_count > 0 && strcmp(parsed[-1].path, parsed->path) >= 0))
            return number;
        v->lines_count++;
    }
    return 0;
}

static unsigned distance(const struct forge_digest *a, const struct forge_digest *b)
{
    unsigned digits = 0;

    for (size_t i = 0; i < FORGE_DIGEST_BYTES; i++) {
        unsigned bits = a->bytes[i] ^ b->bytes[i];

        digits += (bits & 0xF0U ? 1U : 0U) + (bits & 0x0FU ? 1U : 0U);
    }
    return digits;
}

/* A whole file, or NULL when it is not there or cannot be read, which is noted. */
static char *read_witness(size_t *length, struct forge_verifying *v, struct forge_store *store,
                          const char *path)
{
    struct forge_error err;
    char *bytes = NULL;

    if (forge_store_get(&bytes, length, store, path, &v->out->arena, MANIFEST_BYTES_MAX, &err))
        return bytes;
    if (err.code == FORGE_MISSING)
        forge_verify_note(v, "missing", path, "it is not there");
    else
        forge_verify_note(v, "unreadable", path, "it cannot be read: %s", err.text);
    return NULL;
}

/* Is the manifest the one that was published? Its digest is in a file beside it. */
static bool hold_against_tag(struct forge_verifying *v, struct forge_store *store,
                             const char *text, size_t length)
{
    struct forge_digest digest;
    struct forge_manifest_line line = {0};
    size_t tag_length = 0;
    char *tag = read_witness(&tag_length, v, store, FORGE_TAG_MANIFEST);

    if (!tag)
        return true;
    forge_digest_of(&digest, text, length);
    if (tag_length == 0 || tag[tag_length - 1] != '\n' ||
        !parse_line(&line, tag, tag_length - 1) || strcmp(line.path, FORGE_MANIFEST) != 0) {
        forge_verify_note(v, "changed", FORGE_TAG_MANIFEST,
                          "it does not hold \"<sha256>  " FORGE_MANIFEST "\"");
        return true;
    }
    if (memcmp(&line.digest, &digest, sizeof digest) == 0)
        return true;
    if (distance(&line.digest, &digest) <= NEAR) {
        forge_verify_note(v, "changed", FORGE_TAG_MANIFEST,
                          "its digest of " FORGE_MANIFEST " was changed");
        return true;
    }
    forge_verify_note(v, "changed", FORGE_MANIFEST,
                      "its bytes are not what was published; files that are no objects cannot "
                      "be held against it");
    return false;
}

static void read_manifest(struct forge_verifying *v, struct forge_store *store)
{
    size_t length = 0, wrong;
    char *text = read_witness(&length, v, store, FORGE_MANIFEST);

    if (!text)
        return;
    v->manifest_whole = hold_against_tag(v, store, text, length);
    wrong = parse_lines(v, text, length);
    if (wrong > 0 && v->manifest_whole) {
        forge_verify_note(v, "changed", FORGE_MANIFEST,
                          "line %zu is not \"<sha256>  <path>\", sorted by path", wrong);
        v->manifest_whole = false;
    }
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct forge_manifest_line *)a)->path,
                  ((const struct forge_manifest_line *)b)->path);
}

/* Are the list's bytes those of the manifest? Noted when not. */
static bool list_is_as_published(struct forge_verifying *v)
{
    const struct forge_manifest_line wanted = {.path = FORGE_OBJECTS_LIST}, *line = NULL;
    struct forge_digest digest;
    uint64_t size;

    if (v->manifest_whole && v->lines_count > 0)
        line = bsearch(&wanted, v->lines, v->lines_count, sizeof *v->lines, by_path);
    if (!forge_verify_digest(&digest, &size, v, FORGE_OBJECTS_LIST)) {
        if (errno == ENOENT)
            forge_verify_note(v, "missing", FORGE_OBJECTS_LIST, "it is not there");
        else
            forge_verify_note(v, "unreadable", FORGE_OBJECTS_LIST, "it cannot be read: %s",
                              strerror(errno));
        return false;
    }
    if (!line || memcmp(&line->digest, &digest, sizeof digest) == 0)
        return true;
    forge_verify_note(v, "changed", FORGE_OBJECTS_LIST, "its bytes are not what was published");
    return false;
}

bool forge_verify_witnesses(struct forge_verifying *v, struct forge_error *err)
{
    struct forge_store *store = NULL;
    struct forge_error wrong;

    if (!forge_store_open_file(&store, v->request->folder, err))
        return false;
    read_manifest(v, store);
    forge_store_close(store);
    if (!list_is_as_published(v))
        return true;
    v->list_whole =
        forge_objects_table_read(&v->objects, &v->out->arena, v->request->folder, &wrong);
    if (!v->list_whole)
        forge_verify_note(v, "changed", FORGE_OBJECTS_LIST, "%s", wrong.text);
    return true;
}

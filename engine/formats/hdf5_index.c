#include "formats/hdf5_index.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

struct index {
    unsigned rank;
    forge_hdf5_visit_chunk *visit;
    void *context;
    uint64_t base;  /* to add to every address */
    uint64_t count; /* chunks visited */
    bool broken;    /* a line that is none of the index */
    char line[2048];
    size_t length;
};

/* An unsigned number at *text, which moves behind it. */
static bool take_number(uint64_t *out, const char **text, int base)
{
    char *end = NULL;

    *out = strtoull(*text, &end, base);
    if (end == *text)
        return false;
    *text = end;
    return true;
}

static bool take_character(const char **text, char wanted)
{
    while (**text == ' ')
        (*text)++;
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

/* "  0x00000000       12       4016 [0, 0, 0]": mask, length, address, first element with the
 * byte inside an element as one more dimension. */
static bool parse(struct forge_hdf5_chunk *chunk, const struct index *index)
{
    const char *text = index->line;
    uint64_t mask, byte;

    if (!take_number(&mask, &text, 16) || mask > UINT32_MAX ||
        !take_number(&chunk->length, &text, 10) || !take_number(&chunk->offset, &text, 10) ||
        !take_character(&text, '['))
        return false;
    for (unsigned d = 0; d < index->rank; d++) {
        if (!take_number(&chunk->start[d], &text, 10) || !take_character(&text, ','))
            return false;
    }
    if (!take_number(&byte, &text, 10) || !take_character(&text, ']') || *text != '\0')
        return false;
    chunk->skip_mask = (uint32_t)mask;
    return !__builtin_add_overflow(chunk->offset, index->base, &chunk->offset);
}

static bool is_heading(const char *line)
{
    while (*line == ' ')
        line++;
    return *line == '\0' || *line == '=' || strncmp(line, "Flags", 5) == 0 ||
           strncmp(line, "Address:", 8) == 0;
}

static void take_line(struct index *index)
{
    struct forge_hdf5_chunk chunk = {0};

    index->line[index->length] = '\0';
    index->length = 0;
    if (index->broken || is_heading(index->line))
        return;
    if (!parse(&chunk, index)) {
        index->broken = true;
        return;
    }
    index->count++;
    index->visit(index->context, &chunk);
}

static ssize_t take(void *cookie, const char *bytes, size_t size)
{
    struct index *index = cookie;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            take_line(index);
        else if (index->length < sizeof index->line - 1)
            index->line[index->length++] = bytes[i];
        else
            index->broken = true;
    }
    return (ssize_t)size;
}

bool forge_hdf5_chunks(struct forge_hdf5 *file, const char *path, unsigned rank,
                       forge_hdf5_visit_chunk *visit, void *context, struct forge_error *err)
{
    struct index index = {.rank = rank, .visit = visit, .context = context};
    FILE *stream = fopencookie(&index, "w", (cookie_io_functions_t){.write = take});
    uint64_t chunks = 0;
    bool good;

    if (!stream)
        return forge_fail(err, FORGE_FAILED, "out of memory");
    good = forge_hdf5_print_index(file, path, stream, &chunks, &index.base, err);
    fclose(stream);
    if (good && (index.broken || index.count != chunks))
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "its index lists %" PRIu64 " chunks where %" PRIu64 " should be",
                          index.count, chunks);
    return good;
}

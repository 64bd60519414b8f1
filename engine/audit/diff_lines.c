/* diff_lines.c: two texts line by line: the longest common subsequence. */
#include "audit/diff_parts.h"

#include <stdlib.h>
#include <string.h>

#define TABLE_MAX (UINT64_C(1) << 24) /* beyond it the whole middle is exchanged */
#define AROUND 3U

struct lines {
    const char **items;
    size_t count;
};

struct comparing {
    struct forge_arena *arena;
    struct lines was, is;
    const char **out;
    size_t count;
};

static struct lines split(struct forge_arena *arena, const char *text)
{
    struct lines lines = {0};
    size_t most = 1;

    for (const char *at = text; *at; at++)
        most += *at == '\n';
    lines.items = forge_arena_array(arena, most, sizeof *lines.items);
    while (*text) {
        size_t length = strcspn(text, "\n");

        lines.items[lines.count++] = forge_arena_copy(arena, text, length);
        text += length + (text[length] == '\n');
    }
    return lines;
}

static void put(struct comparing *c, char mark, const char *line)
{
    c->out[c->count++] = forge_arena_print(c->arena, "%c%s", mark, line);
}

static bool same(const struct comparing *c, size_t i, size_t j)
{
    return strcmp(c->was.items[i], c->is.items[j]) == 0;
}

/* Lines from..to_was and from..to_is by the table of common lengths: table[i][j] is how many
 * lines the rests of both from i and j have in common. */
static void put_middle(struct comparing *c, size_t from, size_t to_was, size_t to_is)
{
    size_t rows = to_was - from, columns = to_is - from, i = 0, j = 0;
    bool fits = (uint64_t)(rows + 1) * (columns + 1) <= TABLE_MAX;
    uint32_t *table = fits ? calloc((rows + 1) * (columns + 1), sizeof *table) : NULL;

    for (size_t r = rows; table && r-- > 0;) {
        for (size_t s = columns; s-- > 0;) {
            uint32_t *cell = &table[r * (columns + 1) + s];
            uint32_t below = cell[columns + 1], right = cell[1];

            *cell = same(c, from + r, from + s) ? cell[columns + 2] + 1
                    : below > right             ? below
                                                : right;
        }
    }
    while (i < rows || j < columns) {
        const uint32_t *cell = table ? &table[i * (columns + 1) + j] : NULL;

        if (cell && i < rows && j < columns && same(c, from + i, from + j)) {
            put(c, ' ', c->was.items[from + i]);
            i++, j++;
        } else if (i < rows && (!cell || j == columns || cell[columns + 1] >= cell[1])) {
            put(c, '-', c->was.items[from + i++]);
        } else {
            put(c, '+', c->is.items[from + j++]);
        }
    }
    free(table);
}

/* Keep what is near a change. */
static void trim(struct comparing *c)
{
    size_t kept = 0, last = 0; /* one behind the last change */

    for (size_t i = 0, next = 0; i < c->count; i++) {
        while (next < c->count && (next < i || c->out[next][0] == ' '))
            next++;
        if (c->out[i][0] != ' ')
            last = i + 1;
        if ((next < c->count && next - i <= AROUND) || (last > 0 && i - last < AROUND))
            c->out[kept++] = c->out[i];
    }
    c->count = kept;
}

void forge_diff_lines(const char ***out, size_t *count, struct forge_arena *arena,
                      const char *was, const char *is)
{
    struct comparing c = {.arena = arena, .was = split(arena, was), .is = split(arena, is)};
    size_t from = 0, to_was = c.was.count, to_is = c.is.count, tail;

    c.out = forge_arena_array(arena, to_was + to_is + 1, sizeof *c.out);
    while (from < to_was && from < to_is && same(&c, from, from))
        put(&c, ' ', c.was.items[from++]);
    while (to_was > from && to_is > from && same(&c, to_was - 1, to_is - 1))
        to_was--, to_is--;
    put_middle(&c, from, to_was, to_is);
    for (tail = to_was; tail < c.was.count; tail++)
        put(&c, ' ', c.was.items[tail]);
    trim(&c);
    *out = c.out;
    *count = c.count;
}

/* combining.h: rows of datasets that are combined, and what comes of it. Datasets are written
 * as in support/sketch.h. */
#ifndef FORGE_TESTS_SUPPORT_COMBINING_H
#define FORGE_TESTS_SUPPORT_COMBINING_H

#include "plan/combine.h"
#include "support/sketch.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])

enum how { CONCAT, MERGE };

struct row {
    const char *files[4];
    const char *want; /* the result, or "!" and the error, "?" and its help */
    enum how how;
    enum forge_join join;
    enum forge_conflicts conflicts;
    const char *note; /* that is among the notes; NULL: there is none */
};

static inline const char *all_notes(struct forge_arena *arena, const struct forge_notes *notes)
{
    const char *text = "";

    for (size_t i = 0; i < notes->count; i++)
        text = forge_arena_print(arena, "%s%s%s", text, i > 0 ? "; " : "", notes->items[i]);
    return text;
}

static inline void run_row(const struct row *row)
{
    static const char *const urls[] = {"a.nc", "b.nc", "c.nc", "d.nc"};
    struct forge_arena arena = {0};
    struct forge_notes notes = {.arena = &arena};
    struct forge_reader reader = {0};
    struct forge_combining combining = {.arena = &arena,
                                        .reader = &reader,
                                        .join = row->join,
                                        .conflicts = row->conflicts,
                                        .notes = &notes};
    struct forge_dataset members[4], out = {0};
    struct forge_error err = {0};
    const char *got;
    size_t count = 0;
    bool good;

    for (; count < 4 && row->files[count]; count++)
        members[count] = sketch(&arena, urls[count], row->files[count]);
    good = row->how == CONCAT
               ? forge_combine_concat(&out, &combining, members, count, "time", &err)
               : forge_combine_merge(&out, &combining, members, count, &err);
    got =
        good ? sketch_of(&arena, &out)
             : forge_arena_print(&arena, "!%s%s%s", err.text, err.help[0] ? "?" : "", err.help);
    if (strcmp(got, row->want) != 0)
        fail_msg("%s + ..\n   gives %s\nand not %s", row->files[0], got, row->want);
    got = all_notes(&arena, &notes);
    if (good && strcmp(got, row->note ? row->note : "") != 0)
        fail_msg("%s: notes are \"%s\"", row->files[0], got);
    forge_reader_close(&reader);
    forge_arena_clear(&arena);
}

static inline void run_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        run_row(&rows[i]);
}

#endif

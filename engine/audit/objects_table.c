#include "audit/objects_table.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct forge_objects_table *table;
    struct forge_arena *arena;
};

static bool keep(void *context, const struct forge_object_record *record,
                 struct forge_error *err)
{
    const struct reading *reading = context;
    struct forge_objects_table *table = reading->table;
    struct forge_object_record *more;

    (void)err;
    if (table->count == table->room) {
        table->room = table->room ? 2 * table->room : 256;
        more = forge_arena_array(reading->arena, table->room, sizeof *more);
        if (table->count > 0)
            memcpy(more, table->records, table->count * sizeof *more);
        table->records = more;
    }
    table->records[table->count] = *record;
    table->records[table->count++].path = forge_arena_text(reading->arena, record->path);
    return true;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct forge_object_record *)a)->path,
                  ((const struct forge_object_record *)b)->path);
}

bool forge_objects_table_read(struct forge_objects_table *out, struct forge_arena *arena,
                              const char *folder, struct forge_error *err)
{
    struct forge_objects_table table = {0};
    struct reading reading = {&table, arena};

    if (!forge_objects_read(folder, keep, &reading, err))
        return false;
    if (table.count > 0)
        qsort(table.records, table.count, sizeof *table.records, by_path);
    *out = table;
    return true;
}

const struct forge_object_record *
forge_objects_table_find(const struct forge_objects_table *table, const char *path)
{
    const struct forge_object_record wanted = {.path = path};

    return table->count > 0
               ? bsearch(&wanted, table->records, table->count, sizeof *table->records, by_path)
               : NULL;
}

const uint64_t *forge_objects_box(const struct forge_source *source)
{
    return source->manifest.sharded ? source->manifest.shard : source->array.chunk;
}

bool forge_objects_grid(uint64_t *counts, uint64_t *total, const struct forge_source *source)
{
    return forge_grid_shape(counts, total, source->array.rank, source->array.shape,
                            forge_objects_box(source));
}

static bool take_number(uint64_t *out, const char **at)
{
    const char *start = *at;
    uint64_t number = 0;

    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (*at - start > 18)
            return false;
        number = number * 10 + (uint64_t)(**at - '0');
    }
    *out = number;
    return *at > start && (start[0] != '0' || *at == start + 1);
}

bool forge_objects_index(uint64_t *index, const struct forge_source *source, const char *key)
{
    const struct forge_manifest *m = &source->manifest;
    struct forge_text scalar = {0};
    size_t length = strlen(m->prefix);
    bool same;

    if (source->array.rank == 0) {
        forge_source_object_key(&scalar, source, index);
        same = strcmp(forge_text_string(&scalar), key) == 0;
        forge_text_clear(&scalar);
        return same;
    }
    if (strncmp(key, m->prefix, length) != 0)
        return false;
    key += length;
    for (unsigned d = 0; d < source->array.rank; d++) {
        if (d > 0 && *key++ != m->separator)
            return false;
        if (!take_number(&index[d], &key))
            return false;
    }
    return *key == '\0';
}

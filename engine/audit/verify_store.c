/* verify_store.c: do the grids of the store and the objects agree? And is it up to date? */
#include "audit/verify_parts.h"

#include "document/json.h"
#include "time/calendar.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RECIPE "provenance/recipe.json"
#define RECIPE_BYTES_MAX (UINT64_C(64) << 20)
#define LATE 2 /* cadences without new data */

/* A variable's grid, and which places of it were seen. */
struct grid {
    const struct forge_variable *variable;
    const struct forge_source *source;
    uint64_t counts[FORGE_RANK_MAX], total, seen_count;
    unsigned char *seen; /* a bit for each place */
};

static bool is_seen(const struct grid *grid, uint64_t number)
{
    return (unsigned)grid->seen[number / 8] >> (number % 8) & 1U;
}

static bool open_grid(struct grid *grid, struct forge_verifying *v,
                      const struct forge_variable *variable)
{
    const char *path =
        forge_arena_print(&v->out->arena, FORGE_OBJECTS_STORE "/%s", variable->name);

    *grid = (struct grid){.variable = variable, .source = forge_array_source(variable->array)};
    if (!grid->source || grid->source->manifest.kind != FORGE_MANIFEST_KEYED) {
        forge_verify_note(v, "store", path, "variable \"%s\" cannot be read%s%s",
                          variable->name, grid->source ? ": " : "",
                          grid->source ? grid->source->manifest.refusal : "");
        grid->source = NULL;
    } else if (!forge_objects_grid(grid->counts, &grid->total, grid->source) ||
               grid->total > FORGE_OBJECTS_MAX) {
        forge_verify_note(v, "store", path, "variable \"%s\" has more than %u objects",
                          variable->name, FORGE_OBJECTS_MAX);
        grid->source = NULL;
    }
    if (grid->source)
        grid->seen = forge_arena_take(&v->out->arena, (size_t)(grid->total / 8 + 1));
    return grid->source != NULL;
}

static void note_outside(struct forge_verifying *v, const struct grid *grid, const char *path)
{
    struct forge_text shape = {0};

    for (unsigned d = 0; d < grid->source->array.rank; d++)
        forge_text_print(&shape, "%s%" PRIu64, d > 0 ? " x " : "", grid->counts[d]);
    forge_verify_note(v, "store",
                      forge_arena_print(&v->out->arena, FORGE_OBJECTS_STORE "/%s", path),
                      "variable \"%s\" has no such object: its grid is %s",
                      grid->variable->name, shape.length > 0 ? shape.bytes : "a single one");
    forge_text_clear(&shape);
}

/* One object of the list or the manifest. */
static void see(struct forge_verifying *v, struct grid *grids, size_t count, const char *path)
{
    size_t length = strcspn(path, "/");

    for (size_t g = 0; g < count; g++) {
        struct grid *grid = &grids[g];
        uint64_t index[FORGE_RANK_MAX] = {0}, number;
        bool inside;

        if (strlen(grid->variable->name) != length ||
            strncmp(grid->variable->name, path, length) != 0)
            continue;
        if (!grid->source)
            return;
        inside = forge_objects_index(index, grid->source, path);
        for (unsigned d = 0; d < grid->source->array.rank; d++)
            inside = inside && index[d] < grid->counts[d];
        if (!inside) {
            note_outside(v, grid, path);
            return;
        }
        number = forge_grid_number(grid->source->array.rank, grid->counts, index);
        grid->seen_count += !is_seen(grid, number);
        grid->seen[number / 8] = (unsigned char)(grid->seen[number / 8] | 1U << (number % 8));
        return;
    }
    forge_verify_note(v, "store",
                      forge_arena_print(&v->out->arena, FORGE_OBJECTS_STORE "/%s", path),
                      "the store has no variable that it could be of");
}

/* The list says of every place of a grid whether an object is there. */
static void hold_whole(struct forge_verifying *v, const struct grid *grid)
{
    uint64_t index[FORGE_RANK_MAX] = {0}, first = 0;
    struct forge_text key = {0};

    if (!grid->source || grid->seen_count == grid->total)
        return;
    while (is_seen(grid, first))
        first++;
    forge_grid_index(index, grid->source->array.rank, grid->counts, first);
    forge_source_object_key(&key, grid->source, index);
    forge_verify_note(v, "store", FORGE_OBJECTS_LIST,
                      "%" PRIu64 " of %" PRIu64 " objects of variable \"%s\" are not in it, "
                      "the first: %s",
                      grid->total - grid->seen_count, grid->total, grid->variable->name,
                      forge_text_string(&key));
    forge_text_clear(&key);
}

static void hold_grids(struct forge_verifying *v, const struct forge_dataset *dataset)
{
    size_t count = dataset->variables_count;
    struct grid *grids = forge_arena_array(&v->out->arena, count + 1, sizeof *grids);
    bool whole = true;

    for (size_t i = 0; i < count; i++)
        whole = open_grid(&grids[i], v, &dataset->variables[i]) && whole;
    for (size_t i = 0; i < v->objects.count && v->list_whole; i++)
        see(v, grids, count, v->objects.records[i].path);
    for (size_t i = 0; i < v->lines_count && !v->list_whole; i++) {
        const char *path = forge_verify_object_path(v->lines[i].path);

        if (path)
            see(v, grids, count, path);
    }
    for (size_t i = 0; i < count && v->list_whole; i++)
        hold_whole(v, &grids[i]);
}

/* The cadence that the recipe states, or NULL. */
static const char *cadence_of(struct forge_verifying *v)
{
    const struct forge_json_value *cadence = NULL;
    struct forge_json_value *recipe = NULL;
    struct forge_store *store = NULL;
    struct forge_error ignored;
    char *text = NULL;
    size_t length = 0;

    if (forge_store_open_file(&store, v->request->folder, &ignored) &&
        forge_store_get(&text, &length, store, RECIPE, &v->out->arena, RECIPE_BYTES_MAX,
                        &ignored) &&
        forge_json_parse(&recipe, &v->out->arena, text, length, &ignored) &&
        recipe->kind == FORGE_JSON_OBJECT)
        cadence = forge_json_find(recipe, "cadence");
    forge_store_close(store);
    return cadence && cadence->kind == FORGE_JSON_STRING ? cadence->string : NULL;
}

/* New data every so often; none since twice that is stale. */
static void hold_fresh(struct forge_verifying *v, const struct forge_dataset *dataset)
{
    const char *stop = forge_attributes_text(&dataset->attributes, "valid_time_stop");
    const char *cadence = cadence_of(v);
    int64_t last_us = v->request->published_us, due_us = 0;
    struct forge_duration step;
    struct forge_text last = {0};

    if (stop && !forge_time_parse(&last_us, NULL, FORGE_CALENDAR_STANDARD, stop))
        return; /* in a calendar that no clock keeps */
    if (!cadence || last_us == 0 || !forge_duration_parse(&step, cadence) ||
        !forge_time_add(&due_us, FORGE_CALENDAR_STANDARD, last_us, &step, LATE) ||
        due_us >= v->request->now_us)
        return;
    forge_time_print(&last, FORGE_CALENDAR_STANDARD, last_us);
    v->out->stale =
        forge_arena_print(&v->out->arena, "stale: %s %s, expected every %s",
                          stop ? "last data" : "published", forge_text_string(&last), cadence);
    forge_text_clear(&last);
    if (v->request->fresh)
        forge_verify_note(v, "stale", "", "%s", v->out->stale);
}

void forge_verify_store(struct forge_verifying *v)
{
    struct forge_store *store = NULL;
    struct forge_dataset dataset = {0};
    struct forge_error err;
    const char *path =
        forge_arena_print(&v->out->arena, "%s/" FORGE_OBJECTS_STORE, v->request->folder);

    if (!forge_store_open_file(&store, path, &err) ||
        !forge_zarr_open(&dataset, &v->out->arena, store, FORGE_OBJECTS_STORE, &err)) {
        forge_verify_note(v, "store", FORGE_OBJECTS_STORE, "it cannot be opened: %s", err.text);
    } else {
        hold_grids(v, &dataset);
        hold_fresh(v, &dataset);
    }
    forge_store_close(store);
}

#include "catalog/facts.h"

#include "base/map.h"
#include "catalog/inputs_list.h"
#include "document/json.h"

#include <string.h>

#define RUN_RECORD "provenance/run.json"
#define RUN_RECORD_MAX (UINT64_C(64) << 20)

static uint64_t number_of(const struct forge_json_value *object, const char *key)
{
    const struct forge_json_value *value = object ? forge_json_find(object, key) : NULL;

    return value && value->kind == FORGE_JSON_INTEGER && value->integer > 0
               ? (uint64_t)value->integer
               : 0;
}

static const char *text_of(const struct forge_json_value *object, const char *key,
                           struct forge_arena *arena)
{
    const struct forge_json_value *value = forge_json_find(object, key);

    return value && value->kind == FORGE_JSON_STRING ? forge_arena_text(arena, value->string)
                                                     : NULL;
}

static void read_run(struct forge_version_facts *facts, struct forge_arena *arena,
                     const char *folder)
{
    struct forge_json_value *record = NULL;
    const struct forge_json_value *report;
    struct forge_store *store = NULL;
    struct forge_arena own = {0};
    struct forge_error ignored;
    char *text = NULL;
    size_t length = 0;

    if (forge_store_open_file(&store, folder, &ignored) &&
        forge_store_get(&text, &length, store, RUN_RECORD, &own, RUN_RECORD_MAX, &ignored) &&
        forge_json_parse(&record, &own, text, length, &ignored) &&
        record->kind == FORGE_JSON_OBJECT) {
        report = forge_json_find(record, "report");
        report = report && report->kind == FORGE_JSON_OBJECT ? report : NULL;
        facts->recipe = text_of(record, "recipe_digest", arena);
        facts->run = text_of(record, "run", arena);
        facts->objects = number_of(report, "objects");
        facts->shared = number_of(report, "objects_shared");
        facts->bytes = number_of(report, "bytes_written");
    }
    forge_store_close(store);
    forge_arena_clear(&own);
}

struct comparison {
    struct forge_version_facts *facts;
    struct forge_arena arena;
    struct forge_map urls; /* of the version before -> their digests */
    uint64_t before, stayed;
};

static bool visit_before(void *context, const struct forge_input_record *record,
                         struct forge_error *err)
{
    struct comparison *comparison = context;
    size_t length = strlen(record->url);
    struct forge_digest *digest;

    (void)err;
    if (record->absent || forge_map_find(&comparison->urls, record->url, length))
        return true;
    digest = forge_arena_take(&comparison->arena, sizeof *digest);
    *digest = record->digest;
    forge_map_put(&comparison->urls, forge_arena_text(&comparison->arena, record->url), length,
                  digest);
    comparison->before++;
    return true;
}

static bool visit_after(void *context, const struct forge_input_record *record,
                        struct forge_error *err)
{
    struct comparison *comparison = context;
    struct forge_version_facts *facts = comparison->facts;
    const struct forge_digest *digest;

    (void)err;
    if (record->absent)
        return true;
    facts->inputs++;
    digest = forge_map_find(&comparison->urls, record->url, strlen(record->url));
    if (!digest) {
        facts->added++;
    } else {
        comparison->stayed++;
        facts->changed += memcmp(digest, &record->digest, sizeof *digest) != 0;
    }
    return true;
}

void forge_version_facts_read(struct forge_version_facts *facts, struct forge_arena *arena,
                              const char *folder, const char *before)
{
    struct comparison comparison = {.facts = facts};
    struct forge_error ignored;

    *facts = (struct forge_version_facts){0};
    read_run(facts, arena, folder);
    facts->compared =
        (!before || forge_inputs_list_read(before, visit_before, &comparison, &ignored)) &&
        forge_inputs_list_read(folder, visit_after, &comparison, &ignored);
    if (comparison.before > comparison.stayed)
        facts->gone = comparison.before - comparison.stayed;
    forge_map_clear(&comparison.urls);
    forge_arena_clear(&comparison.arena);
}

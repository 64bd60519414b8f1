#include "catalog/provenance.h"

#include "catalog/inputs_list.h"
#include "document/json.h"
#include "time/calendar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct forge_input_record record_of(const struct forge_cell *cell,
                                           const struct forge_digest *digest)
{
    return (struct forge_input_record){
        .url = cell->file.url,
        .absent = cell->state != FORGE_CELL_WANTED,
        .size = cell->file.status.size,
        .digest = *digest,
        .modified_ns = cell->file.status.modified_ns,
        .read_us = cell->read_us,
    };
}

/* Every file that was looked for, in the order of the grids. */
static bool visit_inputs(const struct forge_plan *plan, const struct forge_digest *digests,
                         forge_input_record_visit *visit, void *context,
                         struct forge_error *err)
{
    for (size_t g = 0; g < plan->grids_count; g++) {
        for (uint64_t c = 0; c < plan->grids[g].cells_count; c++) {
            const struct forge_cell *cell = &plan->grids[g].cells[c];
            struct forge_input_record record =
                record_of(cell, &digests[plan->first_cell[g] + c]);

            if (cell->state != FORGE_CELL_EXCLUDED && !visit(context, &record, err))
                return false;
        }
    }
    return true;
}

static bool hash_input(void *context, const struct forge_input_record *record,
                       struct forge_error *err)
{
    struct forge_text line = {0};

    (void)err;
    forge_input_record_format(&line, record, false);
    forge_hasher_add(context, line.bytes, line.length);
    forge_text_clear(&line);
    return true;
}

void forge_provenance_digest(struct forge_digest *out, const struct forge_plan *plan,
                             const struct forge_digest *digests)
{
    struct forge_hasher *hasher = forge_hasher_open();
    struct forge_error err;

    (void)visit_inputs(plan, digests, hash_input, hasher, &err);
    forge_hasher_finish(hasher, out);
}

static bool list_input(void *context, const struct forge_input_record *record,
                       struct forge_error *err)
{
    return forge_inputs_writer_add(context, record, err);
}

static bool write_inputs(struct forge_store *store, const struct forge_plan *plan,
                         const struct forge_digest *digests, struct forge_error *err)
{
    struct forge_inputs_writer writer = {0};
    bool good = visit_inputs(plan, digests, list_input, &writer, err) &&
                forge_inputs_writer_end(&writer, store, err);

    forge_inputs_writer_abandon(&writer);
    return good;
}

void forge_run_summary_json(struct forge_text *out, const struct forge_run_summary *s)
{
    const struct {
        const char *name;
        uint64_t number;
    } rows[] = {
        {"absent_inputs", s->absent_inputs},       {"bytes_written", s->bytes_written},
        {"chunks_decoded", s->reads.chunks},       {"decoded_bytes", s->reads.decoded_bytes},
        {"input_bytes", s->input_bytes},           {"inputs", s->inputs},
        {"library_bytes", s->reads.library_bytes}, {"library_chunks", s->reads.library_chunks},
        {"memory_peak_bytes", s->memory_peak},     {"objects", s->objects},
        {"objects_left_out", s->objects_left_out}, {"stored_bytes_read", s->reads.stored_bytes},
    };
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        forge_json_key(&json, rows[i].name);
        forge_json_unsigned(&json, rows[i].number);
    }
    forge_json_close(&json, '}');
}

static void add_time(struct forge_json *json, const char *key, int64_t time_us)
{
    struct forge_text text = {0};

    forge_time_format(&text, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, time_us, "%Y-%m-%dT%H:%M:%SZ",
                      NULL);
    forge_json_key(json, key);
    forge_json_string(json, forge_text_string(&text));
    forge_text_clear(&text);
}

static void add_text(struct forge_json *json, const char *key, const char *value)
{
    forge_json_key(json, key);
    forge_json_string(json, value);
}

static void write_record(struct forge_text *out, const struct forge_run_record *record)
{
    struct forge_json json = {.out = out};
    struct forge_text report = {0};
    char host[256] = "";

    if (gethostname(host, sizeof host - 1) != 0 || !forge_text_is_utf8(host, strlen(host)))
        snprintf(host, sizeof host, "unknown");
    forge_run_summary_json(&report, &record->summary);
    forge_json_object(&json);
    add_text(&json, "executor", record->executor);
    add_time(&json, "finished", record->finished_us);
    add_text(&json, "forge", FORGE_VERSION);
    add_text(&json, "host", host);
    forge_json_key(&json, "memory_bytes");
    forge_json_unsigned(&json, record->memory_bytes);
    forge_json_key(&json, "report");
    forge_json_raw(&json, forge_text_string(&report));
    add_time(&json, "started", record->started_us);
    add_text(&json, "version", record->version);
    forge_json_key(&json, "workers");
    forge_json_unsigned(&json, record->workers);
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
    forge_text_clear(&report);
}

bool forge_provenance_write(const char *folder, const struct forge_plan *plan,
                            const struct forge_digest *digests,
                            const struct forge_run_record *record, struct forge_error *err)
{
    const struct forge_recipe *recipe = plan->recipe;
    struct forge_store *store = NULL;
    struct forge_text resolved = {0}, run = {0};
    bool good;

    forge_node_json(&resolved, recipe->root);
    write_record(&run, record);
    good =
        forge_store_open_file(&store, folder, err) &&
        forge_store_put(store, "provenance/recipe.yaml", recipe->text, strlen(recipe->text),
                        err) &&
        forge_store_put(store, "provenance/recipe.json", forge_text_string(&resolved),
                        resolved.length, err) &&
        write_inputs(store, plan, digests, err) &&
        forge_store_put(store, "provenance/run.json", forge_text_string(&run), run.length, err);
    forge_store_close(store);
    forge_text_clear(&resolved);
    forge_text_clear(&run);
    return good;
}

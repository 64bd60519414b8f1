/* provenance_run.c: provenance/run.json: when and where a version was baked, and what was done.
 */
#include "catalog/provenance_parts.h"

#include "plan/identity.h"
#include "time/calendar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ABSENT_MAX 1000 /* that are named; inputs.jsonl.gz has all */

void forge_run_summary_json(struct forge_text *out, const struct forge_run_summary *s)
{
    const struct {
        const char *name;
        uint64_t number;
    } rows[] = {
        {"absent_inputs", s->absent_inputs},
        {"bytes_copied", s->bytes_copied},
        {"bytes_written", s->bytes_written},
        {"check_chunks", s->check_chunks},
        {"check_tasks_skipped", s->check_tasks_skipped},
        {"chunks_decoded", s->reads.chunks},
        {"decoded_bytes", s->reads.decoded_bytes},
        {"input_bytes", s->input_bytes},
        {"inputs", s->inputs},
        {"library_bytes", s->reads.library_bytes},
        {"library_chunks", s->reads.library_chunks},
        {"memory_peak_bytes", s->memory_peak},
        {"objects", s->objects},
        {"objects_left_out", s->objects_left_out},
        {"objects_shared", s->objects_shared},
        {"stored_bytes_read", s->reads.stored_bytes},
    };
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        forge_json_key(&json, rows[i].name);
        forge_json_unsigned(&json, rows[i].number);
    }
    forge_json_close(&json, '}');
}

void forge_moment_print(struct forge_text *out, int64_t time_us)
{
    forge_time_format(out, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, time_us, "%Y-%m-%dT%H:%M:%SZ",
                      NULL);
}

static void add_time(struct forge_json *json, const char *key, int64_t time_us)
{
    struct forge_text text = {0};

    forge_moment_print(&text, time_us);
    forge_json_key(json, key);
    forge_json_string(json, forge_text_string(&text));
    forge_text_clear(&text);
}

static void add_raw(struct forge_json *json, const char *key, const char *text)
{
    forge_json_key(json, key);
    forge_json_raw(json, text);
}

static void add_digest(struct forge_json *json, const char *key,
                       const struct forge_digest *digest)
{
    char text[sizeof "sha256:" + (size_t)2 * FORGE_DIGEST_BYTES] = "sha256:";

    forge_digest_format(digest, text + strlen(text));
    forge_json_add_text(json, key, text);
}

struct absent {
    struct forge_json *json;
    unsigned count;
};

static bool name_absent(void *context, const struct forge_input_record *record,
                        struct forge_error *err)
{
    struct absent *absent = context;

    (void)err;
    if (record->absent) {
        forge_json_string(absent->json, record->url);
        absent->count++;
    }
    return absent->count < ABSENT_MAX;
}

static void add_absent(struct forge_json *json, const struct forge_plan *plan,
                       const struct forge_digest *digests)
{
    struct absent absent = {json, 0};
    struct forge_error err;

    forge_json_key(json, "absent");
    forge_json_array(json);
    (void)forge_provenance_inputs(plan, digests, name_absent, &absent, &err);
    forge_json_close(json, ']');
}

static void add_host(struct forge_json *json)
{
    char host[256] = "";

    if (gethostname(host, sizeof host - 1) != 0 || !forge_text_is_utf8(host, strlen(host)))
        snprintf(host, sizeof host, "unknown");
    forge_json_add_text(json, "host", host);
}

void forge_run_record_json(struct forge_text *out, const struct forge_plan *plan,
                           const struct forge_digest *digests,
                           const struct forge_run_record *record)
{
    struct forge_json json = {.out = out};
    struct forge_text report = {0};
    struct forge_digest inputs;

    forge_run_summary_json(&report, &record->summary);
    forge_provenance_digest(&inputs, plan, digests);
    forge_json_object(&json);
    add_absent(&json, plan, digests);
    forge_json_add_number(&json, "attempt", record->attempt);
    add_raw(&json, "drift", record->drift ? record->drift : "[]");
    forge_json_add_text(&json, "executor", record->executor);
    add_raw(&json, "failed", record->failed ? record->failed : "[]");
    add_time(&json, "finished", record->finished_us);
    forge_json_add_text(&json, "forge", FORGE_VERSION);
    add_host(&json);
    add_digest(&json, "inputs_digest", &inputs);
    forge_json_add_number(&json, "key_version", FORGE_KEY_VERSION);
    forge_json_add_number(&json, "memory_bytes", record->memory_bytes);
    add_time(&json, "now", record->now_us);
    forge_json_add_text(&json, "recipe", record->recipe);
    add_digest(&json, "recipe_digest", &plan->recipe->digest);
    add_raw(&json, "report", forge_text_string(&report));
    forge_json_add_text(&json, "run", record->run);
    add_time(&json, "started", record->started_us);
    forge_json_add_text(&json, "version", record->version);
    forge_json_add_number(&json, "workers", record->workers);
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
    forge_text_clear(&report);
}

#include "run/drift.h"

#include "base/map.h"
#include "catalog/inputs_list.h"
#include "document/json.h"
#include "run/runs.h"

#include <stdio.h>
#include <string.h>

#define LINES_MAX 20
#define JSON_MAX 1000
#define DIGITS 12 /* of a digest, for people */

/* What a url was in the version, and whether the plan wants it too. */
struct before {
    const char *url;
    uint64_t size;
    struct forge_digest digest;
    bool listed; /* false: only the plan has it */
    bool seen;
    struct before *next; /* listed after it */
};

struct finding {
    struct forge_drift *drift;
    struct forge_arena *arena;
    struct forge_map urls; /* -> struct before */
    struct before *first, **last;
    size_t listed_count;
};

static struct before *before_of(struct finding *finding, const char *url)
{
    size_t length = strlen(url);
    struct before *before = forge_map_find(&finding->urls, url, length);

    if (!before) {
        before = forge_arena_take(finding->arena, sizeof *before);
        before->url = url;
        forge_map_put(&finding->urls, url, length, before);
    }
    return before;
}

static bool visit_listed(void *context, const struct forge_input_record *record,
                         struct forge_error *err)
{
    struct finding *finding = context;
    struct before *before;

    (void)err;
    if (record->absent)
        return true;
    before = before_of(finding, forge_arena_text(finding->arena, record->url));
    before->size = record->size;
    before->digest = record->digest;
    if (!before->listed) {
        before->listed = true;
        *finding->last = before;
        finding->last = &before->next;
        finding->listed_count++;
    }
    return true;
}

static void look_at(struct finding *finding, const struct forge_file *file,
                    const struct forge_digest *digest)
{
    struct forge_drift *drift = finding->drift;
    struct before *before = before_of(finding, file->url);

    if (before->seen)
        return;
    before->seen = true;
    if (!before->listed)
        drift->added[drift->added_count++] = file->url;
    else if (before->size == file->status.size && !file->hashed)
        drift->unknown_count++;
    else if (file->hashed && memcmp(&before->digest, digest, sizeof *digest) == 0)
        drift->same_count++;
    else
        drift->changed[drift->changed_count++] =
            (struct forge_drifted){file->url, before->digest, *digest};
}

static void look_at_all(struct finding *finding, const struct forge_plan *plan,
                        const struct forge_digest *digests)
{
    for (size_t g = 0; g < plan->grids_count; g++) {
        for (uint64_t c = 0; c < plan->grids[g].cells_count; c++) {
            const struct forge_cell *cell = &plan->grids[g].cells[c];

            if (cell->state == FORGE_CELL_WANTED)
                look_at(finding, &cell->file, &digests[plan->first_cell[g] + c]);
        }
    }
}

bool forge_drift_find(struct forge_drift *drift, struct forge_arena *arena,
                      const struct forge_plan *plan, const struct forge_digest *digests,
                      const char *version_folder, struct forge_error *err)
{
    struct finding finding = {.drift = drift, .arena = arena};
    bool good;

    *drift = (struct forge_drift){0};
    finding.last = &finding.first;
    good = forge_inputs_list_read(version_folder, visit_listed, &finding, err);
    if (good) {
        drift->changed = forge_arena_array(arena, plan->cells_count, sizeof *drift->changed);
        drift->added = forge_arena_array(arena, plan->cells_count, sizeof(*drift->added));
        drift->gone = forge_arena_array(arena, finding.listed_count, sizeof(*drift->gone));
        look_at_all(&finding, plan, digests);
    }
    for (const struct before *before = finding.first; good && before; before = before->next) {
        if (!before->seen)
            drift->gone[drift->gone_count++] = before->url;
    }
    forge_map_clear(&finding.urls);
    return good || forge_fail_while(err, "%s", version_folder);
}

/* "input X changed since version V was baked (sha256 a.. -> b..)" */
static void describe(struct forge_text *out, const struct forge_drifted *drifted,
                     const char *version)
{
    char before[2 * FORGE_DIGEST_BYTES + 1], now[2 * FORGE_DIGEST_BYTES + 1];

    forge_digest_format(&drifted->before, before);
    forge_digest_format(&drifted->now, now);
    out->length = 0;
    forge_text_print(out,
                     "input %s changed since version %s was baked (sha256 %.*s.. -> %.*s..)",
                     drifted->url, version, DIGITS, before, DIGITS, now);
}

static void log_text(const struct forge_bake_request *request, const char *level,
                     const char *input, const char *text)
{
    const struct forge_log_entry entry = {
        .level = level, .stage = "fetch", .input = input, .text = text};

    if (request->run)
        forge_run_log(request->run, &entry);
}

static void log_drift(const struct forge_drift *drift, const char *version,
                      const struct forge_bake_request *request)
{
    struct forge_text text = {0};

    for (size_t i = 0; i < drift->changed_count && i < LINES_MAX; i++) {
        describe(&text, &drift->changed[i], version);
        log_text(request, "warning", drift->changed[i].url, text.bytes);
    }
    text.length = 0;
    forge_text_print(&text, "since version %s: %zu inputs changed, %zu are new, %zu are gone",
                     version, drift->changed_count, drift->added_count, drift->gone_count);
    log_text(request, drift->changed_count > 0 ? "warning" : "info", NULL, text.bytes);
    forge_text_clear(&text);
}

static bool refuse(const struct forge_drift *drift, const char *version,
                   struct forge_error *err)
{
    struct forge_text text = {0};

    describe(&text, &drift->changed[0], version);
    if (drift->changed_count > 1)
        forge_text_print(&text, " (and %zu more)", drift->changed_count - 1);
    forge_fail(err, FORGE_BAD_SOURCE, "%s", text.bytes);
    forge_text_clear(&text);
    return forge_fail_help(err, "--drift accept bakes it anyway");
}

bool forge_drift_check(const struct forge_plan *plan, const struct forge_digest *digests,
                       const char *version_folder, const struct forge_bake_request *request,
                       struct forge_error *err)
{
    const char *slash = strrchr(version_folder, '/');
    const char *version = slash ? slash + 1 : version_folder;
    struct forge_arena arena = {0};
    struct forge_drift drift;
    bool good = forge_drift_find(&drift, &arena, plan, digests, version_folder, err);

    if (good) {
        log_drift(&drift, version, request);
        if (drift.changed_count > 0 && request->drift_fails)
            good = refuse(&drift, version, err);
    } else if (!request->drift_fails && err->code == FORGE_BAD_TARGET) {
        log_text(request, "warning", NULL, err->text);
        good = true; /* that version is damaged: the next one need not be */
    }
    forge_arena_clear(&arena);
    return good;
}

static void add_digest(struct forge_json *json, const char *key,
                       const struct forge_digest *digest)
{
    char text[sizeof "sha256:" + (size_t)2 * FORGE_DIGEST_BYTES] = "sha256:";

    forge_digest_format(digest, text + strlen(text));
    forge_json_key(json, key);
    forge_json_string(json, text);
}

const char *forge_drift_json(struct forge_arena *arena, const struct forge_plan *plan,
                             const struct forge_digest *digests, const char *version_folder)
{
    struct forge_text text = {0};
    struct forge_json json = {.out = &text};
    struct forge_drift drift;
    struct forge_error err;
    const char *made = NULL;

    if (!forge_drift_find(&drift, arena, plan, digests, version_folder, &err) ||
        drift.changed_count == 0)
        return NULL;
    forge_json_array(&json);
    for (size_t i = 0; i < drift.changed_count && i < JSON_MAX; i++) {
        forge_json_object(&json);
        add_digest(&json, "before", &drift.changed[i].before);
        add_digest(&json, "now", &drift.changed[i].now);
        forge_json_key(&json, "url");
        forge_json_string(&json, drift.changed[i].url);
        forge_json_close(&json, '}');
    }
    forge_json_close(&json, ']');
    made = forge_arena_text(arena, text.bytes);
    forge_text_clear(&text);
    return made;
}

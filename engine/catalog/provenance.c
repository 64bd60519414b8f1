#include "catalog/provenance.h"

#include "catalog/crate.h"
#include "catalog/provenance_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Put a file of the folder, and empty the text for the next. */
static bool put(struct forge_store *store, struct forge_crate_file *file,
                struct forge_text *text, struct forge_error *err)
{
    char key[64];
    bool good;

    snprintf(key, sizeof key, "provenance/%s", file->name);
    good = forge_store_put(store, key, forge_text_string(text), text->length, err);
    file->size = text->length;
    text->length = 0;
    return good;
}

struct forge_input_record forge_input_record_of(const struct forge_cell *cell,
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
bool forge_provenance_inputs(const struct forge_plan *plan, const struct forge_digest *digests,
                             forge_input_record_visit *visit, void *context,
                             struct forge_error *err)
{
    for (size_t g = 0; g < plan->grids_count; g++) {
        for (uint64_t c = 0; c < plan->grids[g].cells_count; c++) {
            const struct forge_cell *cell = &plan->grids[g].cells[c];
            struct forge_input_record record =
                forge_input_record_of(cell, &digests[plan->first_cell[g] + c]);

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

    (void)forge_provenance_inputs(plan, digests, hash_input, hasher, &err);
    forge_hasher_finish(hasher, out);
}

static bool list_input(void *context, const struct forge_input_record *record,
                       struct forge_error *err)
{
    return forge_inputs_writer_add(context, record, err);
}

static bool write_inputs(struct forge_store *store, const struct forge_plan *plan,
                         const struct forge_digest *digests, uint64_t *size,
                         struct forge_error *err)
{
    struct forge_inputs_writer writer = {0};
    bool good = forge_provenance_inputs(plan, digests, list_input, &writer, err) &&
                forge_inputs_writer_end(&writer, store, err);

    *size = writer.size;
    forge_inputs_writer_abandon(&writer);
    return good;
}

enum { RECIPE, INPUTS, ENVIRONMENT, RESOLVED, RUN, FILES };

static bool write_files(struct forge_store *store, struct forge_crate_file files[FILES],
                        const struct forge_plan *plan, const struct forge_digest *digests,
                        const struct forge_run_record *record, struct forge_error *err)
{
    const struct forge_environment environment = {
        .executor = record->executor,
        .workers = record->workers,
        .memory_bytes = record->memory_bytes,
        .libraries = record->libraries,
    };
    struct forge_text text = {0};
    bool good;

    forge_text_add(&text, plan->recipe->text);
    good = put(store, &files[RECIPE], &text, err);
    forge_recipe_resolved(&text, plan->recipe, record->now_us);
    forge_text_add(&text, "\n");
    good = good && put(store, &files[RESOLVED], &text, err);
    forge_environment_json(&text, &environment);
    good = good && put(store, &files[ENVIRONMENT], &text, err);
    forge_run_record_json(&text, plan, digests, record);
    good = good && put(store, &files[RUN], &text, err) &&
           write_inputs(store, plan, digests, &files[INPUTS].size, err);
    forge_text_clear(&text);
    return good;
}

static bool write_crate(struct forge_store *store, const struct forge_crate_file files[FILES],
                        const struct forge_plan *plan, const struct forge_digest *digests,
                        const struct forge_run_record *record, struct forge_error *err)
{
    const struct forge_crate crate = {plan, digests, record, files, FILES};
    struct forge_crate_file file = {.name = "ro-crate-metadata.json"};
    struct forge_text text = {0};
    bool good;

    forge_crate_json(&text, &crate);
    good = put(store, &file, &text, err);
    forge_text_clear(&text);
    return good;
}

bool forge_provenance_write(const char *folder, const struct forge_plan *plan,
                            const struct forge_digest *digests,
                            const struct forge_run_record *given, struct forge_error *err)
{
    struct forge_crate_file files[FILES] = {
        [RECIPE] = {"recipe.yaml", "application/yaml", "the recipe as it was written", 0},
        [INPUTS] = {strchr(FORGE_INPUTS_LIST, '/') + 1, "application/gzip",
                    "every input file, one JSON line each: url, size, sha256, times", 0},
        [ENVIRONMENT] = {"environment.json", "application/json",
                         "the versions of forge and its libraries, the machine", 0},
        [RESOLVED] = {"recipe.json", "application/json",
                      "the recipe with dates and defaults resolved", 0},
        [RUN] = {"run.json", "application/json", "when and where it ran, and what it did", 0},
    };
    struct forge_run_record record = *given;
    struct forge_store *store = NULL;
    char *recipe = given->recipe ? NULL : realpath(plan->recipe->path, NULL);
    bool good;

    if (!record.recipe)
        record.recipe = recipe ? recipe : plan->recipe->path;
    good = forge_store_open_file(&store, folder, err) &&
           write_files(store, files, plan, digests, &record, err) &&
           write_crate(store, files, plan, digests, &record, err);
    forge_store_close(store);
    free(recipe);
    return good;
}

#include "catalog/crate.h"

#include "catalog/crate_parts.h"
#include "catalog/provenance_parts.h"

#include <inttypes.h>
#include <string.h>

#define DATA "../data.zarr/"

void forge_crate_text(struct forge_crate_writing *w, const char *key, const char *text)
{
    forge_json_key(&w->json, key);
    forge_json_string(&w->json, text);
}

static void write_ref(struct forge_crate_writing *w, const char *id)
{
    forge_json_object(&w->json);
    forge_crate_text(w, "@id", id);
    forge_json_close(&w->json, '}');
}

void forge_crate_ref(struct forge_crate_writing *w, const char *key, const char *id)
{
    forge_json_key(&w->json, key);
    write_ref(w, id);
}

void forge_crate_refs(struct forge_crate_writing *w, const char *key, const char *const *ids,
                      size_t count)
{
    forge_json_key(&w->json, key);
    forge_json_array(&w->json);
    for (size_t i = 0; i < count; i++)
        write_ref(w, ids[i]);
    forge_json_close(&w->json, ']');
}

void forge_crate_open(struct forge_crate_writing *w, const char *id, const char *type)
{
    forge_json_object(&w->json);
    forge_crate_text(w, "@id", id);
    forge_crate_text(w, "@type", type);
}

void forge_crate_close(struct forge_crate_writing *w)
{
    forge_json_close(&w->json, '}');
}

static void write_moment(struct forge_crate_writing *w, const char *key, int64_t time_us)
{
    struct forge_text text = {0};

    forge_moment_print(&text, time_us);
    forge_crate_text(w, key, forge_text_string(&text));
    forge_text_clear(&text);
}

static void write_size(struct forge_crate_writing *w, uint64_t size)
{
    forge_crate_text(w, "contentSize", forge_arena_print(&w->arena, "%" PRIu64, size));
}

static void write_descriptor(struct forge_crate_writing *w)
{
    const char *const specifications[] = {FORGE_CRATE_SPECIFICATION, forge_crate_profiles[2]};

    forge_crate_open(w, "ro-crate-metadata.json", "CreativeWork");
    forge_crate_ref(w, "about", "./");
    forge_crate_refs(w, "conformsTo", specifications, 2);
    forge_crate_close(w);
}

static void write_agents(struct forge_crate_writing *w, const char *key,
                         const struct forge_crate_agent *agents, size_t count)
{
    const char **ids = forge_arena_array(&w->arena, count, sizeof *ids);

    for (size_t i = 0; i < count; i++)
        ids[i] = agents[i].id;
    if (count > 0)
        forge_crate_refs(w, key, ids, count);
}

/* The data, the files beside them, and the inputs that are entities. */
static void write_parts(struct forge_crate_writing *w)
{
    size_t count = 0;
    const char **ids =
        forge_arena_array(&w->arena, 1 + w->crate->files_count + w->inputs_count, sizeof *ids);

    ids[count++] = DATA;
    for (size_t i = 0; i < w->crate->files_count; i++)
        ids[count++] = w->crate->files[i].name;
    for (size_t i = 0; i < w->inputs_count; i++)
        ids[count++] = w->inputs[i].id;
    forge_crate_refs(w, "hasPart", ids, count);
}

static void write_license(struct forge_crate_writing *w)
{
    const char *license = w->crate->plan->recipe->license;

    if (w->license)
        forge_crate_ref(w, "license", w->license);
    else
        forge_crate_text(w, "license",
                         license && license[0] ? license : "the recipe states no licence");
}

static void write_keywords(struct forge_crate_writing *w, const struct forge_names *keywords)
{
    if (keywords->count == 0)
        return;
    forge_json_key(&w->json, "keywords");
    forge_json_array(&w->json);
    for (size_t i = 0; i < keywords->count; i++)
        forge_json_string(&w->json, keywords->items[i]);
    forge_json_close(&w->json, ']');
}

static void write_root(struct forge_crate_writing *w)
{
    const struct forge_recipe *recipe = w->crate->plan->recipe;
    const struct forge_run_record *record = w->crate->record;

    forge_crate_open(w, "./", "Dataset");
    forge_crate_refs(w, "conformsTo", forge_crate_profiles, 3);
    write_moment(w, "datePublished", record->finished_us);
    forge_crate_text(w, "description",
                     recipe->description
                         ? recipe->description
                         : forge_arena_print(&w->arena, "Version %s of the dataset %s.",
                                             record->version, recipe->name));
    write_parts(w);
    forge_crate_text(w, "identifier", recipe->name);
    write_keywords(w, &recipe->keywords);
    write_license(w);
    forge_crate_ref(w, "mainEntity", w->crate->files[0].name);
    write_agents(w, "maintainer", w->people, w->people_count);
    forge_crate_refs(w, "mentions", &w->action, 1);
    forge_crate_text(w, "name", recipe->title ? recipe->title : recipe->name);
    write_agents(w, "provider", w->organisations, w->organisations_count);
    forge_crate_text(w, "version", record->version);
    forge_crate_close(w);
}

static void write_action(struct forge_crate_writing *w)
{
    const struct forge_run_record *record = w->crate->record;
    const char *const instruments[] = {w->crate->files[0].name, FORGE_CRATE_ENGINE};
    const char **objects = forge_arena_array(&w->arena, w->inputs_count + 1, sizeof *objects);

    objects[0] = w->crate->files[1].name;
    for (size_t i = 0; i < w->inputs_count; i++)
        objects[i + 1] = w->inputs[i].id;
    forge_crate_open(w, w->action, "CreateAction");
    forge_crate_text(w, "actionStatus", "http://schema.org/CompletedActionStatus");
    forge_crate_text(w, "description",
                     forge_arena_print(&w->arena,
                                       "forge bake %s --executor %s --workers %u --memory "
                                       "%" PRIu64 "; %zu of its %" PRIu64
                                       " inputs are listed here, all of them in %s",
                                       record->recipe ? record->recipe : "RECIPE",
                                       record->executor, record->workers, record->memory_bytes,
                                       w->inputs_count, w->inputs_total, objects[0]));
    write_moment(w, "endTime", record->finished_us);
    forge_crate_refs(w, "instrument", instruments, 2);
    forge_crate_text(w, "name",
                     forge_arena_print(&w->arena, "bake of %s, version %s",
                                       w->crate->plan->recipe->name, record->version));
    forge_crate_refs(w, "object", objects, w->inputs_count + 1);
    forge_crate_ref(w, "result", DATA);
    write_moment(w, "startTime", record->started_us);
    forge_crate_close(w);
}

/* The recipe as written is the workflow. */
static void write_workflow(struct forge_crate_writing *w, const struct forge_crate_file *file)
{
    static const char *const types[] = {"File", "SoftwareSourceCode", "ComputationalWorkflow"};
    const struct forge_recipe *recipe = w->crate->plan->recipe;
    char hex[2 * FORGE_DIGEST_BYTES + 1];
    struct forge_digest digest;

    forge_digest_of(&digest, recipe->text, strlen(recipe->text));
    forge_digest_format(&digest, hex);
    forge_json_object(&w->json);
    forge_crate_text(w, "@id", file->name);
    forge_json_key(&w->json, "@type");
    forge_json_array(&w->json);
    for (size_t i = 0; i < 3; i++)
        forge_json_string(&w->json, types[i]);
    forge_json_close(&w->json, ']');
    write_agents(w, "author", w->people, w->people_count);
    write_size(w, file->size);
    forge_crate_text(w, "description", file->about);
    forge_crate_text(w, "encodingFormat", file->media);
    forge_crate_text(w, "name", forge_arena_print(&w->arena, "recipe of %s", recipe->name));
    forge_crate_ref(w, "programmingLanguage", FORGE_CRATE_LANGUAGE);
    forge_crate_text(w, "sha256", hex);
    forge_crate_close(w);
}

static void write_files(struct forge_crate_writing *w)
{
    write_workflow(w, &w->crate->files[0]);
    for (size_t i = 1; i < w->crate->files_count; i++) {
        const struct forge_crate_file *file = &w->crate->files[i];

        forge_crate_open(w, file->name, "File");
        forge_crate_ref(w, "about", w->action);
        write_size(w, file->size);
        forge_crate_text(w, "description", file->about);
        forge_crate_text(w, "encodingFormat", file->media);
        forge_crate_text(w, "name", file->name);
        forge_crate_close(w);
    }
    forge_crate_open(w, DATA, "Dataset");
    forge_crate_text(w, "description",
                     forge_arena_print(&w->arena, "the data, a store of format %s",
                                       w->crate->plan->recipe->target.type->name));
    forge_crate_text(w, "name", "data.zarr");
    forge_crate_close(w);
}

static void write_inputs(struct forge_crate_writing *w)
{
    for (size_t i = 0; i < w->inputs_count; i++) {
        const struct forge_crate_input *input = &w->inputs[i];
        char hex[2 * FORGE_DIGEST_BYTES + 1];

        forge_digest_format(&input->digest, hex);
        forge_crate_open(w, input->id, "File");
        write_size(w, input->size);
        forge_crate_text(w, "name", input->url);
        forge_crate_text(w, "sha256", hex);
        forge_crate_close(w);
    }
}

void forge_crate_json(struct forge_text *out, const struct forge_crate *crate)
{
    struct forge_crate_writing w = {.crate = crate, .json = {.out = out, .indent = 2}};

    forge_crate_gather(&w);
    forge_json_object(&w.json);
    forge_json_key(&w.json, "@context");
    forge_json_array(&w.json);
    forge_json_string(&w.json, FORGE_CRATE_SPECIFICATION "/context");
    forge_json_string(&w.json, "https://w3id.org/ro/terms/workflow-run/context");
    forge_json_close(&w.json, ']');
    forge_json_key(&w.json, "@graph");
    forge_json_array(&w.json);
    write_descriptor(&w);
    write_root(&w);
    write_action(&w);
    write_files(&w);
    write_inputs(&w);
    forge_crate_contexts(&w);
    forge_json_close(&w.json, ']');
    forge_json_close(&w.json, '}');
    forge_text_add(out, "\n");
    forge_arena_clear(&w.arena);
}

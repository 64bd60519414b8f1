/* crate_context.c: the entities of a crate that are no part of the data. */
#include "catalog/crate_parts.h"

const char *const forge_crate_profiles[3] = {
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
};

static void write_profiles(struct forge_crate_writing *w)
{
    static const char *const names[][2] = {{"Process Run Crate", "0.5"},
                                           {"Workflow Run Crate", "0.5"},
                                           {"Workflow RO-Crate", "1.0"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        forge_crate_open(w, forge_crate_profiles[i], "CreativeWork");
        forge_crate_text(w, "name", names[i][0]);
        forge_crate_text(w, "version", names[i][1]);
        forge_crate_close(w);
    }
}

static void write_software(struct forge_crate_writing *w)
{
    const struct forge_library_version *libraries = w->crate->record->libraries;
    const char *ids[32];
    size_t count = 0;

    for (; libraries && libraries[count].name && count < sizeof ids / sizeof ids[0]; count++)
        ids[count] = forge_arena_print(&w->arena, "#library-%s", libraries[count].name);
    forge_crate_open(w, FORGE_CRATE_ENGINE, "SoftwareApplication");
    forge_crate_text(w, "description",
                     forge_arena_print(&w->arena,
                                       "turns archives of scientific files into versioned, "
                                       "cloud-optimised datasets; built from commit %s",
                                       forge_commit()));
    forge_crate_text(w, "name", "forge");
    if (count > 0)
        forge_crate_refs(w, "softwareRequirements", ids, count);
    forge_crate_text(w, "softwareVersion", FORGE_VERSION);
    forge_crate_close(w);
    forge_crate_open(w, FORGE_CRATE_LANGUAGE, "ComputerLanguage");
    forge_crate_text(w, "name", "forge recipe language");
    forge_crate_text(w, "version", "1");
    forge_crate_close(w);
    for (size_t i = 0; i < count; i++) {
        forge_crate_open(w, ids[i], "SoftwareApplication");
        forge_crate_text(w, "name", libraries[i].name);
        forge_crate_text(w, "softwareVersion", libraries[i].version);
        forge_crate_close(w);
    }
}

static void write_license(struct forge_crate_writing *w)
{
    const char *license = w->crate->plan->recipe->license;

    if (!w->license)
        return;
    forge_crate_open(w, w->license, "CreativeWork");
    forge_crate_text(w, "description",
                     forge_arena_print(&w->arena, "the licence that SPDX calls %s", license));
    forge_crate_text(w, "identifier", license);
    forge_crate_text(w, "name", license);
    forge_crate_close(w);
}

static void write_agents(struct forge_crate_writing *w, const char *type,
                         const struct forge_crate_agent *agents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        forge_crate_open(w, agents[i].id, type);
        if (agents[i].email)
            forge_crate_text(w, "email", agents[i].email);
        forge_crate_text(w, "name", agents[i].name ? agents[i].name : agents[i].id);
        if (agents[i].url)
            forge_crate_text(w, "url", agents[i].url);
        forge_crate_close(w);
    }
}

void forge_crate_contexts(struct forge_crate_writing *w)
{
    write_software(w);
    write_profiles(w);
    write_license(w);
    write_agents(w, "Person", w->people, w->people_count);
    write_agents(w, "Organization", w->organisations, w->organisations_count);
}

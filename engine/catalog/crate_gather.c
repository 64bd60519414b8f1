/* crate_gather.c: people, organisations, licence and inputs, each under an id of its own. */
#include "catalog/crate_parts.h"
#include "catalog/provenance_parts.h"

#include <string.h>

static bool is_taken(const struct forge_crate_writing *w, const char *id)
{
    for (size_t i = 0; i < w->ids_count; i++) {
        if (strcmp(w->ids[i], id) == 0)
            return true;
    }
    return false;
}

static const char *take(struct forge_crate_writing *w, const char *id)
{
    w->ids[w->ids_count++] = id;
    return id;
}

/* `id`, or where it is NULL or taken "#KIND-1", "#KIND-2", .. */
static const char *name(struct forge_crate_writing *w, const char *id, const char *kind,
                        size_t number)
{
    if (id && !is_taken(w, id))
        return take(w, id);
    return take(w, forge_arena_print(&w->arena, "#%s-%zu", kind, number + 1));
}

/* A path or url as a URI (RFC 3986): what may not stand there as %XX. */
static const char *escape(struct forge_arena *arena, const char *before, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~/!$&'()*+,;=:@";
    struct forge_text out = {0};
    const char *made;

    forge_text_add(&out, before);
    for (; *text; text++) {
        if (strchr(plain, *text))
            forge_text_add_bytes(&out, text, 1);
        else
            forge_text_print(&out, "%%%02X", (unsigned char)*text);
    }
    made = forge_arena_text(arena, forge_text_string(&out));
    forge_text_clear(&out);
    return made;
}

static const char *text_of(const struct forge_node *map, const char *key)
{
    const struct forge_node *node = forge_node_find(map, key);

    return node && node->kind == FORGE_NODE_TEXT && !forge_node_is_null(node) ? node->text
                                                                              : NULL;
}

static const char *profile_of(struct forge_arena *arena, const struct forge_node *person)
{
    const char *orcid = text_of(person, "orcid"), *github = text_of(person, "github");

    if (orcid && strncmp(orcid, "https://", 8) == 0)
        return escape(arena, "", orcid);
    if (orcid)
        return escape(arena, "https://orcid.org/", orcid);
    return github ? escape(arena, "https://github.com/", github) : NULL;
}

static void gather_people(struct forge_crate_writing *w, const struct forge_node *list)
{
    w->people = forge_arena_array(&w->arena, list ? list->count : 0, sizeof *w->people);
    for (const struct forge_node *node = list ? list->first : NULL; node; node = node->next) {
        struct forge_crate_agent *person = &w->people[w->people_count];
        const char *id = profile_of(&w->arena, node);

        person->id = name(w, id, "person", w->people_count);
        person->name = text_of(node, "name");
        person->email = text_of(node, "email");
        w->people_count++;
    }
}

static void gather_organisations(struct forge_crate_writing *w, const struct forge_node *list)
{
    w->organisations =
        forge_arena_array(&w->arena, list ? list->count : 0, sizeof *w->organisations);
    for (const struct forge_node *node = list ? list->first : NULL; node; node = node->next) {
        struct forge_crate_agent *provider = &w->organisations[w->organisations_count];
        const char *url = text_of(node, "url");
        bool absolute =
            url && (strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0);

        provider->id = name(w, absolute ? escape(&w->arena, "", url) : NULL, "provider",
                            w->organisations_count);
        provider->name = text_of(node, "name");
        provider->url = url;
        w->organisations_count++;
    }
}

/* An SPDX id is a licence with a page; anything else is said as it is. */
static void gather_license(struct forge_crate_writing *w, const char *license)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789.-+";

    if (!license || !license[0] || license[strspn(license, plain)] != '\0')
        return;
    w->license = name(w, forge_arena_print(&w->arena, "https://spdx.org/licenses/%s", license),
                      "license", 0);
}

static void gather_cell(struct forge_crate_writing *w, const struct forge_cell *cell,
                        const struct forge_digest *digest)
{
    struct forge_crate_input *input = &w->inputs[w->inputs_count];
    const char *id;

    if (cell->state != FORGE_CELL_WANTED)
        return;
    w->inputs_total++;
    if (w->inputs_count == FORGE_CRATE_INPUTS_MAX)
        return;
    id = escape(&w->arena, "file:///", cell->file.key);
    if (is_taken(w, id)) /* a file that several inputs read */
        return;
    *input = (struct forge_crate_input){take(w, id), cell->file.url, cell->file.status.size,
                                        *digest};
    w->inputs_count++;
}

void forge_crate_gather(struct forge_crate_writing *w)
{
    const struct forge_plan *plan = w->crate->plan;
    const struct forge_recipe *recipe = plan->recipe;
    const struct forge_run_record *record = w->crate->record;
    size_t people = recipe->maintainers ? recipe->maintainers->count : 0;
    size_t organisations = recipe->providers ? recipe->providers->count : 0;

    w->ids = forge_arena_array(&w->arena, FORGE_CRATE_INPUTS_MAX + people + organisations + 1,
                               sizeof *w->ids);
    w->inputs = forge_arena_array(&w->arena, FORGE_CRATE_INPUTS_MAX + 1, sizeof *w->inputs);
    w->action = record->run ? forge_arena_print(&w->arena, "#run-%s", record->run)
                            : forge_arena_print(&w->arena, "#bake-%s", record->version);
    gather_license(w, recipe->license);
    gather_people(w, recipe->maintainers);
    gather_organisations(w, recipe->providers);
    for (size_t g = 0; g < plan->grids_count; g++) {
        for (uint64_t c = 0; c < plan->grids[g].cells_count; c++)
            gather_cell(w, &plan->grids[g].cells[c],
                        &w->crate->digests[plan->first_cell[g] + c]);
    }
}

/* crate.h: every MUST of RO-Crate 1.1, Process Run Crate 0.5, Workflow Run Crate 0.5 and
 * Workflow RO-Crate 1.0, checked on the text of a crate. Include it behind cmocka. */
#ifndef FORGE_TESTS_SUPPORT_CRATE_H
#define FORGE_TESTS_SUPPORT_CRATE_H

#include <string.h>

#include "document/json.h"

#define LENGTH(rows) (sizeof(rows) / sizeof(rows)[0])
#define CRATE_URL "https://w3id.org/ro/crate/1.1"

typedef const struct forge_json_value *value;

struct checking {
    struct forge_arena arena;
    value graph;
    const char *problem; /* the first that was found */
};

static inline bool wrong(struct checking *c, const char *what, const char *where)
{
    if (!c->problem)
        c->problem =
            forge_arena_print(&c->arena, "%s%s%s", what, where ? ": " : "", where ? where : "");
    return false;
}

static inline const char *text_of(value entity, const char *key)
{
    value found = entity ? forge_json_find(entity, key) : NULL;

    return found && found->kind == FORGE_JSON_STRING ? found->string : NULL;
}

static inline value entity_of(const struct checking *c, const char *id)
{
    for (value e = c->graph->first; e && id; e = e->next) {
        if (strcmp(text_of(e, "@id"), id) == 0)
            return e;
    }
    return NULL;
}

/* Is `text` the value, or one of its members? Of references their ids count. */
static inline bool holds(value found, const char *text)
{
    if (!found)
        return false;
    if (found->kind == FORGE_JSON_STRING)
        return strcmp(found->string, text) == 0;
    if (found->kind == FORGE_JSON_OBJECT)
        return text_of(found, "@id") && strcmp(text_of(found, "@id"), text) == 0;
    for (value item = found->first; found->kind == FORGE_JSON_ARRAY && item;
         item = item->next) {
        if (holds(item, text))
            return true;
    }
    return false;
}

static inline bool is_a(value entity, const char *type)
{
    return entity && holds(forge_json_find(entity, "@type"), type);
}

/* The id of a reference, or of the first of a list. */
static inline const char *ref_of(value entity, const char *key)
{
    value found = entity ? forge_json_find(entity, key) : NULL;

    if (found && found->kind == FORGE_JSON_ARRAY)
        found = found->first;
    return found && found->kind == FORGE_JSON_OBJECT ? text_of(found, "@id") : NULL;
}

static inline bool is_uri(const char *id)
{
    for (const char *c = id; *c; c++) {
        if ((unsigned char)*c <= ' ' || strchr("\"<>\\^`{|}", *c))
            return false;
        if (*c == '%' && (strspn(c + 1, "0123456789ABCDEF") < 2))
            return false;
    }
    return id[0] != '\0';
}

/* Flattened JSON-LD: entities with an id of their own and a type, and references between them,
 * each of which leads somewhere. Keys are sorted. */
static inline bool check_value(struct checking *c, value found, const char *where)
{
    const char *last = "";

    if (found->kind == FORGE_JSON_OBJECT) {
        if (found->count != 1 || !text_of(found, "@id"))
            return wrong(c, "an object that is no reference", where);
        return entity_of(c, text_of(found, "@id")) ||
               strncmp(text_of(found, "@id"), CRATE_URL, strlen(CRATE_URL)) == 0 ||
               wrong(c, "a reference to nothing", text_of(found, "@id"));
    }
    for (value item = found->first; item; item = item->next) {
        if (item->key && strcmp(item->key, last) <= 0)
            return wrong(c, "keys are not sorted", item->key);
        last = item->key ? item->key : last;
        if (!check_value(c, item, where))
            return false;
    }
    return true;
}

static inline bool check_entities(struct checking *c)
{
    for (value e = c->graph->first; e; e = e->next) {
        const char *id = text_of(e, "@id"), *last = "";

        if (!id || !is_uri(id))
            return wrong(c, "an entity without a URI as id", id);
        if (!forge_json_find(e, "@type"))
            return wrong(c, "no type", id);
        if (entity_of(c, id) != e)
            return wrong(c, "two entities of one id", id);
        for (value item = e->first; item; item = item->next) {
            if (strcmp(item->key, last) <= 0)
                return wrong(c, "keys are not sorted", item->key);
            last = item->key;
            if (!check_value(c, item, id))
                return false;
        }
    }
    return true;
}

static inline bool check_root(struct checking *c, value root)
{
    static const char *const needed[] = {"name", "description", "datePublished"};
    static const char *const profiles[] = {"https://w3id.org/ro/wfrun/process/0.5",
                                           "https://w3id.org/ro/wfrun/workflow/0.5"};

    if (!is_a(root, "Dataset"))
        return wrong(c, "the root is no Dataset", NULL);
    for (size_t i = 0; i < LENGTH(needed); i++) {
        if (!text_of(root, needed[i]) || !text_of(root, needed[i])[0])
            return wrong(c, "the root has none", needed[i]);
    }
    if (strlen(text_of(root, "datePublished")) < strlen("2001-02-03"))
        return wrong(c, "no date", text_of(root, "datePublished"));
    if (!text_of(root, "license") &&
        !is_a(entity_of(c, ref_of(root, "license")), "CreativeWork"))
        return wrong(c, "the root has no license", NULL);
    for (size_t i = 0; i < LENGTH(profiles); i++) {
        if (!holds(forge_json_find(root, "conformsTo"), profiles[i]) ||
            !is_a(entity_of(c, profiles[i]), "CreativeWork"))
            return wrong(c, "the root does not conform to", profiles[i]);
    }
    return true;
}

static inline bool check_workflow(struct checking *c, value root)
{
    value workflow = entity_of(c, ref_of(root, "mainEntity"));

    if (!is_a(workflow, "File") || !is_a(workflow, "SoftwareSourceCode") ||
        !is_a(workflow, "ComputationalWorkflow"))
        return wrong(c, "the main entity is no workflow", NULL);
    if (!is_a(entity_of(c, ref_of(workflow, "programmingLanguage")), "ComputerLanguage"))
        return wrong(c, "the workflow has no language", NULL);
    return true;
}

static inline bool is_among(const struct checking *c, value action, const char *key,
                            const char *type)
{
    value found = forge_json_find(action, key);

    if (found && found->kind == FORGE_JSON_OBJECT)
        return is_a(entity_of(c, text_of(found, "@id")), type);
    for (value item = found ? found->first : NULL; item; item = item->next) {
        if (is_a(entity_of(c, text_of(item, "@id")), type))
            return true;
    }
    return false;
}

static inline bool check_action(struct checking *c, value root)
{
    value action = NULL;

    for (value e = c->graph->first; e; e = e->next)
        action = is_a(e, "CreateAction") ? e : action;
    if (!action || !holds(forge_json_find(root, "mentions"), text_of(action, "@id")))
        return wrong(c, "the root mentions no action", NULL);
    if (!holds(forge_json_find(action, "instrument"), ref_of(root, "mainEntity")) ||
        !is_among(c, action, "instrument", "SoftwareApplication"))
        return wrong(c, "the action has no instrument", NULL);
    if (!is_among(c, action, "object", "File") || !is_among(c, action, "result", "Dataset"))
        return wrong(c, "the action has no object or result", NULL);
    if (!text_of(action, "startTime") || !text_of(action, "endTime"))
        return wrong(c, "the action has no time", NULL);
    return true;
}

/* Files and folders hang on the root. */
static inline bool check_parts(struct checking *c, value root)
{
    for (value e = c->graph->first; e; e = e->next) {
        if ((is_a(e, "File") || (is_a(e, "Dataset") && e != root)) &&
            !holds(forge_json_find(root, "hasPart"), text_of(e, "@id")))
            return wrong(c, "no part of the root", text_of(e, "@id"));
        if (is_a(e, "Person") && !text_of(e, "name"))
            return wrong(c, "a person without a name", text_of(e, "@id"));
    }
    return true;
}

static inline bool check_crate(struct checking *c, const char *text)
{
    struct forge_json_value *json = NULL;
    struct forge_error err = {0};
    value context, descriptor, root;

    if (!forge_json_parse(&json, &c->arena, text, strlen(text), &err))
        return wrong(c, "no JSON", err.text);
    context = forge_json_find(json, "@context");
    c->graph = forge_json_find(json, "@graph");
    if (!holds(context, CRATE_URL "/context") || !c->graph ||
        c->graph->kind != FORGE_JSON_ARRAY)
        return wrong(c, "no context or no graph", NULL);
    if (!check_entities(c))
        return false;
    descriptor = entity_of(c, "ro-crate-metadata.json");
    if (!is_a(descriptor, "CreativeWork") ||
        !holds(forge_json_find(descriptor, "conformsTo"), CRATE_URL))
        return wrong(c, "no descriptor", NULL);
    root = entity_of(c, ref_of(descriptor, "about"));
    if (!root || strcmp(text_of(root, "@id"), "./") != 0)
        return wrong(c, "no root", NULL);
    return check_root(c, root) && check_workflow(c, root) && check_action(c, root) &&
           check_parts(c, root);
}

#endif

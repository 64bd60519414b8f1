#include "document/document.h"

#include "document/parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define LENGTH_MAX (1U << 20)
#define DEPTH_MAX 32
#define EVENTS_MAX 20000

struct reader {
    yaml_parser_t yaml;
    struct forge_arena *arena;
    struct forge_document_text text;
    unsigned depth, events;
    struct forge_place flow;                /* where the last flow collection began */
    unsigned flow_end_line, quote_end_line; /* where it and the last quoted text ended */
};

static struct forge_place place_of(const struct reader *r, yaml_mark_t mark)
{
    return (struct forge_place){r->text.file, (unsigned)mark.line + 1,
                                (unsigned)mark.column + 1};
}

static unsigned width_of(yaml_mark_t start, yaml_mark_t end)
{
    if (start.line != end.line || end.column <= start.column)
        return 1;
    return (unsigned)(end.column - start.column);
}

static _Noreturn void out_of_memory(void)
{
    fputs("forge: out of memory\n", stderr);
    abort();
}

/* The byte at a mark, which counts characters. */
static size_t byte_at(const struct reader *r, yaml_mark_t mark)
{
    size_t at = 0;

    for (size_t i = 0; i < mark.index && at < r->text.length; i++) {
        at++;
        while (at < r->text.length && ((unsigned char)r->text.bytes[at] & 0xc0U) == 0x80)
            at++;
    }
    return at;
}

static bool report_token(const struct reader *r, struct forge_place place)
{
    char first = r->text.bytes[byte_at(r, r->yaml.problem_mark)];

    if (first == '\t')
        return forge_report(r->text.diagnostics, FORGE_F001, place, 1,
                            "indent with spaces, never with tabs",
                            "a tab is not expected here");
    return forge_report(r->text.diagnostics, FORGE_F001, place, 1, "put this value in quotes",
                        "a value cannot begin with \"%c\"", first);
}

static bool report_unquoted(const struct reader *r, struct forge_place place)
{
    return forge_report(r->text.diagnostics, FORGE_F016, place, 1,
                        "expressions, templates and text that begins with { or [ are written "
                        "in quotes",
                        "quote this expression");
}

/* Text that goes on behind a bracket or a quote was meant to be quoted as a whole. */
static bool report_cut(const struct reader *r, struct forge_place place)
{
    if (place.line == r->flow_end_line)
        return report_unquoted(r, r->flow);
    return forge_report(r->text.diagnostics, FORGE_F001, place, 1,
                        "inside single quotes, two of them stand for one: 'it''s'",
                        "text goes on behind the closing quote");
}

/* Say what libyaml stumbled over. */
static bool report_problem(const struct reader *r)
{
    const yaml_parser_t *yaml = &r->yaml;
    struct forge_diagnostics *diagnostics = r->text.diagnostics;
    const struct forge_document_problem *known =
        forge_document_problem_find(yaml->context, yaml->problem);
    struct forge_place place = place_of(r, yaml->problem_mark);

    if (yaml->error == YAML_MEMORY_ERROR)
        out_of_memory();
    if (yaml->error == YAML_PARSER_ERROR &&
        (place.line == r->flow_end_line || place.line == r->quote_end_line))
        return report_cut(r, place);
    if (yaml->problem && strstr(yaml->problem, "cannot start any token"))
        return report_token(r, place);
    if (!known)
        return forge_report(diagnostics, FORGE_F001, place, 1, NULL, "unreadable YAML: %s",
                            yaml->problem ? yaml->problem : "no reason given");
    if (known->at_context && yaml->context_mark.index < yaml->problem_mark.index)
        place = place_of(r, yaml->context_mark);
    return forge_report(diagnostics, known->fault, place, 1, known->help, "%s", known->text);
}

/* On success the caller owns `event`. */
static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (!yaml_parser_parse(&r->yaml, event))
        return report_problem(r);
    if (++r->events > EVENTS_MAX) {
        forge_report(r->text.diagnostics, FORGE_F003, place_of(r, event->start_mark), 1, NULL,
                     "the document has more than %d parts", EVENTS_MAX);
        yaml_event_delete(event);
        return false;
    }
    return true;
}

/* Anchors and tags are told and passed over. */
static void refuse_properties(const struct reader *r, const yaml_char_t *anchor,
                              const yaml_char_t *tag, struct forge_place place)
{
    if (anchor)
        forge_report(
            r->text.diagnostics, FORGE_F002, place, (unsigned)strlen((const char *)anchor) + 1,
            "text that begins with & must be in quotes", "anchors are not used in recipes");
    if (tag)
        forge_report(r->text.diagnostics, FORGE_F002, place, 1,
                     "text that begins with ! must be in quotes",
                     "tags are not used in recipes");
}

static void read_scalar(struct reader *r, struct forge_node *node, const yaml_event_t *event)
{
    node->kind = FORGE_NODE_TEXT;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->width = width_of(event->start_mark, event->end_mark);
    if (event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
        event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        r->quote_end_line = (unsigned)event->end_mark.line + 1;
    node->text = forge_arena_copy(r->arena, (const char *)event->data.scalar.value,
                                  event->data.scalar.length);
    refuse_properties(r, event->data.scalar.anchor, event->data.scalar.tag, node->place);
}

static bool read_node(struct reader *r, struct forge_node **out, yaml_event_t *event);

static void append(struct forge_node *parent, struct forge_node ***tail,
                   struct forge_node *child)
{
    **tail = child;
    *tail = &child->next;
    parent->count++;
}

/* One item up to the end event of the list, which goes to `end`. */
static bool read_list(struct reader *r, struct forge_node *list, yaml_event_t *end)
{
    struct forge_node **tail = &list->first, *item = NULL;

    for (;;) {
        if (!next_event(r, end))
            return false;
        if (end->type == YAML_SEQUENCE_END_EVENT)
            return true;
        if (!read_node(r, &item, end))
            return false;
        append(list, &tail, item);
    }
}

/* Is this fit to be a key of the map? */
static bool check_key(const struct reader *r, const struct forge_node *key,
                      const struct forge_node *map, bool flow)
{
    if (key->kind != FORGE_NODE_TEXT && flow)
        return report_unquoted(r, map->place);
    if (key->kind != FORGE_NODE_TEXT)
        return forge_report(r->text.diagnostics, FORGE_F011, key->place, key->width, NULL,
                            "a key must be a word or a text");
    if (key->text[0] == '\0')
        return forge_report(r->text.diagnostics, FORGE_F011, key->place, key->width, NULL,
                            "a key is missing here");
    return true;
}

static bool read_entry(struct reader *r, struct forge_node **out, yaml_event_t *event,
                       const struct forge_node *map, bool flow)
{
    struct forge_node *key = NULL, *value = NULL;

    if (!read_node(r, &key, event) || !next_event(r, event) || !read_node(r, &value, event))
        return false;
    *out = NULL;
    if (check_key(r, key, map, flow)) {
        value->key = key->text;
        value->key_place = key->place;
        value->key_width = key->width;
        *out = value;
    }
    return true;
}

static int compare_entries(const void *a, const void *b)
{
    const struct forge_node *left = *(struct forge_node *const *)a;
    const struct forge_node *right = *(struct forge_node *const *)b;
    int order = strcmp(left->key, right->key);

    if (order == 0)
        order = (left->key_place.line > right->key_place.line) -
                (left->key_place.line < right->key_place.line);
    if (order == 0)
        order = (left->key_place.column > right->key_place.column) -
                (left->key_place.column < right->key_place.column);
    return order;
}

/* Sorting finds duplicates of many keys in little time. */
static void drop_duplicates(const struct reader *r, struct forge_node *map)
{
    struct forge_node **sorted = forge_arena_array(r->arena, map->count, sizeof(void *));
    struct forge_node **link = &map->first;
    size_t count = 0;

    for (struct forge_node *child = map->first; child; child = child->next)
        sorted[count++] = child;
    qsort(sorted, count, sizeof(void *), compare_entries);
    for (size_t i = 1, first = 0; i < count; i++) {
        struct forge_node *given = sorted[i];

        if (strcmp(given->key, sorted[first]->key) != 0) {
            first = i;
            continue;
        }
        forge_report(r->text.diagnostics, FORGE_F004, given->key_place, given->key_width, NULL,
                     "\"%s\" is given twice, first on line %u", given->key,
                     sorted[first]->key_place.line);
        given->key_width = 0;
    }
    while (*link) {
        if ((*link)->key_width > 0) {
            link = &(*link)->next;
        } else {
            *link = (*link)->next;
            map->count--;
        }
    }
}

static bool read_map(struct reader *r, struct forge_node *map, yaml_event_t *end, bool flow)
{
    struct forge_node **tail = &map->first, *entry = NULL;

    for (;;) {
        if (!next_event(r, end))
            return false;
        if (end->type == YAML_MAPPING_END_EVENT)
            break;
        if (!read_entry(r, &entry, end, map, flow))
            return false;
        if (entry)
            append(map, &tail, entry);
    }
    drop_duplicates(r, map);
    return true;
}

/* A list or map that starts with `event`; both its events are deleted. */
static bool read_collection(struct reader *r, struct forge_node *node, yaml_event_t *event)
{
    yaml_mark_t start = event->start_mark;
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    bool flow = is_map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                       : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;

    node->kind = is_map ? FORGE_NODE_MAP : FORGE_NODE_LIST;
    if (is_map)
        refuse_properties(r, event->data.mapping_start.anchor, event->data.mapping_start.tag,
                          node->place);
    else
        refuse_properties(r, event->data.sequence_start.anchor, event->data.sequence_start.tag,
                          node->place);
    yaml_event_delete(event);
    if (r->depth == DEPTH_MAX)
        return forge_report(r->text.diagnostics, FORGE_F003, node->place, 1, NULL,
                            "nested more than %d deep", DEPTH_MAX);
    r->depth++;
    if (!(is_map ? read_map(r, node, event, flow) : read_list(r, node, event)))
        return false;
    r->depth--;
    if (flow) {
        node->width = width_of(start, event->end_mark);
        r->flow = node->place;
        r->flow_end_line = (unsigned)event->end_mark.line + 1;
    }
    yaml_event_delete(event);
    return true;
}

/* An alias is told; the tree goes on with the text that was most likely meant. */
static void read_alias(const struct reader *r, struct forge_node *node,
                       const yaml_event_t *event)
{
    node->kind = FORGE_NODE_TEXT;
    node->quoted = true;
    node->width = width_of(event->start_mark, event->end_mark);
    node->text = forge_arena_print(r->arena, "*%s", (const char *)event->data.alias.anchor);
    forge_report(r->text.diagnostics, FORGE_F002, node->place, node->width,
                 "text that begins with * must be in quotes",
                 "aliases are not used in recipes");
}

/* Build the node that starts with `event`, and delete the event. */
static bool read_node(struct reader *r, struct forge_node **out, yaml_event_t *event)
{
    struct forge_node *node = forge_arena_take(r->arena, sizeof *node);

    node->place = place_of(r, event->start_mark);
    node->width = 1;
    *out = node;
    if (event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT)
        return read_collection(r, node, event);
    if (event->type == YAML_ALIAS_EVENT)
        read_alias(r, node, event);
    else
        read_scalar(r, node, event);
    yaml_event_delete(event);
    return true;
}

/* From the start of the stream to the end of its only document. */
static bool read_document(struct reader *r, struct forge_node **root)
{
    yaml_mark_t end;
    yaml_event_t event;

    for (;;) {
        if (!next_event(r, &event))
            return false;
        if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT)
            break;
        yaml_event_delete(&event);
    }
    if (event.type == YAML_STREAM_END_EVENT) {
        yaml_event_delete(&event);
        return forge_report(r->text.diagnostics, FORGE_F001,
                            (struct forge_place){r->text.file, 1, 1}, 1, NULL,
                            "the document is empty");
    }
    if (!read_node(r, root, &event) || !next_event(r, &event))
        return false;
    end = event.end_mark;
    yaml_event_delete(&event);
    return forge_document_check_end(&r->text, byte_at(r, end), place_of(r, end));
}

bool forge_document_parse(struct forge_node **root, struct forge_arena *arena, const char *name,
                          const char *text, size_t length,
                          struct forge_diagnostics *diagnostics)
{
    struct reader r = {.arena = arena};
    struct forge_node *node = NULL;
    size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool good;

    r.text = (struct forge_document_text){.file = forge_arena_text(arena, name),
                                          .diagnostics = diagnostics};
    if (length > LENGTH_MAX)
        return forge_report(diagnostics, FORGE_F003, (struct forge_place){r.text.file, 1, 1}, 1,
                            NULL, "the document is longer than 1 MiB");
    r.text.bytes = forge_arena_copy(arena, text + mark, length - mark);
    r.text.length = length - mark;
    if (!forge_document_check_characters(&r.text) || !forge_document_check_directives(&r.text))
        return false;
    if (!yaml_parser_initialize(&r.yaml))
        out_of_memory();
    yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)r.text.bytes, r.text.length);
    good = read_document(&r, &node);
    yaml_parser_delete(&r.yaml);
    if (good)
        *root = node;
    return good;
}

void forge_libyaml_version(struct forge_text *out)
{
    forge_text_add(out, yaml_get_version_string());
}

#include "document/diagnostics.h"

#include "document/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEPT_MAX 100
#define TEXT_MAX 1000
#define SHOWN_MAX 100 /* characters of a source line */

static const struct {
    const char *code, *summary;
} faults[] = {
#define FORGE_FAULT(code, summary) {#code, summary},
#include "document/faults.h"
#undef FORGE_FAULT
};

const char *forge_fault_code(enum forge_fault fault)
{
    return fault < FORGE_FAULT_COUNT ? faults[fault].code : "F000";
}

const char *forge_fault_summary(enum forge_fault fault)
{
    return fault < FORGE_FAULT_COUNT ? faults[fault].summary : "";
}

/* A copy that is cut between two characters when it is too long. */
static const char *keep_text(struct forge_arena *arena, const char *text, size_t length)
{
    if (length <= TEXT_MAX)
        return forge_arena_copy(arena, text, length);
    length = TEXT_MAX - 3;
    while (length > 0 && ((unsigned char)text[length] & 0xc0U) == 0x80)
        length--;
    return forge_arena_print(arena, "%.*s...", (int)length, text);
}

static bool is_kept(const struct forge_diagnostics *diagnostics,
                    const struct forge_diagnostic *item)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct forge_diagnostic *other = &diagnostics->items[i];

        if (other->fault == item->fault && other->place.line == item->place.line &&
            other->place.column == item->place.column && strcmp(other->text, item->text) == 0)
            return true;
    }
    return false;
}

static struct forge_diagnostic *make_room(struct forge_diagnostics *diagnostics)
{
    if (diagnostics->count == diagnostics->room) {
        size_t room = diagnostics->room ? diagnostics->room * 2 : 8;
        struct forge_diagnostic *items =
            forge_arena_array(diagnostics->arena, room, sizeof *items);

        if (diagnostics->count > 0)
            memcpy(items, diagnostics->items, diagnostics->count * sizeof *items);
        diagnostics->items = items;
        diagnostics->room = room;
    }
    return &diagnostics->items[diagnostics->count++];
}

bool forge_report(struct forge_diagnostics *diagnostics, enum forge_fault fault,
                  struct forge_place place, unsigned width, const char *help,
                  const char *format, ...)
{
    struct forge_diagnostic item = {.fault = fault, .place = place, .width = width};
    char text[TEXT_MAX + 2];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    item.text = keep_text(diagnostics->arena, text, strlen(text));
    if (is_kept(diagnostics, &item))
        return false;
    if (diagnostics->count == KEPT_MAX) {
        diagnostics->more = true;
        return false;
    }
    if (help)
        item.help = keep_text(diagnostics->arena, help, strlen(help));
    *make_room(diagnostics) = item;
    return false;
}

static int compare_places(struct forge_place a, struct forge_place b)
{
    int files = strcmp(a.file ? a.file : "", b.file ? b.file : "");

    if (files != 0)
        return files;
    if (a.line != b.line)
        return a.line < b.line ? -1 : 1;
    return (a.column > b.column) - (a.column < b.column);
}

/* In place, by insertion: there are few, and those of one place keep their order. */
static void sort_by_place(struct forge_diagnostics *diagnostics)
{
    for (size_t i = 1; i < diagnostics->count; i++) {
        struct forge_diagnostic item = diagnostics->items[i];
        size_t at = i;

        while (at > 0 && compare_places(diagnostics->items[at - 1].place, item.place) > 0) {
            diagnostics->items[at] = diagnostics->items[at - 1];
            at--;
        }
        diagnostics->items[at] = item;
    }
}

struct line {
    const char *bytes;
    size_t length;
};

static bool find_line(struct line *out, const char *source, unsigned number)
{
    const char *at = source;

    if (!source || number == 0)
        return false;
    if (strncmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (--number > 0) {
        at += strcspn(at, "\r\n");
        if (*at == '\0')
            return false;
        at += at[0] == '\r' && at[1] == '\n' ? 2 : 1;
    }
    *out = (struct line){at, strcspn(at, "\r\n")};
    return true;
}

/* Append one character as it is shown; returns the columns that it takes. */
static size_t show_character(struct forge_text *out, const char *bytes, size_t length)
{
    char character[5] = "";
    size_t before = out->length;

    if (bytes[0] == '\t') {
        forge_text_add(out, "    ");
        return 4;
    }
    memcpy(character, bytes, length);
    forge_text_add_safe(out, character);
    return out->length - before == length ? 1 : out->length - before;
}

static void add_times(struct forge_text *out, char character, size_t count)
{
    for (; count > 0; count--)
        forge_text_add_bytes(out, &character, 1);
}

static size_t character_length(const struct line *line, size_t at)
{
    uint32_t point;
    size_t length = forge_text_decode(&point, line->bytes + at, line->length - at);

    return length > 0 ? length : 1;
}

/* The column of the mistake, or the one behind the line's end. */
static unsigned column_in(const struct line *line, unsigned column)
{
    unsigned end = 1;

    for (size_t at = 0; at < line->length && end < column; end++)
        at += character_length(line, at);
    return end;
}

struct drawing {
    struct forge_text line;
    size_t blank, marks; /* columns before and of the underline */
};

/* Of a long line only the part around the mistake is shown. */
static void draw_line(struct drawing *drawing, const struct line *line,
                      const struct forge_diagnostic *item)
{
    unsigned start = column_in(line, item->place.column);
    unsigned first = start > SHOWN_MAX * 3 / 4 ? start - SHOWN_MAX / 2 : 1;
    unsigned column = 1;
    size_t at = 0;

    if (first > 1)
        forge_text_add(&drawing->line, "... ");
    drawing->blank = drawing->line.length;
    for (; at < line->length && column < first + SHOWN_MAX; column++) {
        size_t length = character_length(line, at), taken = 0;

        if (column >= first)
            taken = show_character(&drawing->line, line->bytes + at, length);
        if (column < start)
            drawing->blank += taken;
        else if (column - start < item->width)
            drawing->marks += taken;
        at += length;
    }
    if (at < line->length)
        forge_text_add(&drawing->line, " ...");
    if (drawing->marks == 0)
        drawing->marks = 1;
}

struct colours {
    const char *fault, *text, *frame, *end;
};

static const struct colours plain = {"", "", "", ""};
static const struct colours bright = {"\033[1;31m", "\033[1m", "\033[1;34m", "\033[0m"};

static void show_source(struct forge_text *out, const struct line *line,
                        const struct forge_diagnostic *item, const struct colours *c,
                        int gutter)
{
    struct drawing drawing = {0};

    draw_line(&drawing, line, item);
    forge_text_print(out, "%s%*s |%s\n", c->frame, gutter, "", c->end);
    forge_text_print(out, "%s%*u |%s %s\n", c->frame, gutter, item->place.line, c->end,
                     forge_text_string(&drawing.line));
    forge_text_print(out, "%s%*s |%s %*s%s", c->frame, gutter, "", c->end, (int)drawing.blank,
                     "", c->fault);
    add_times(out, '^', drawing.marks);
    forge_text_print(out, "%s\n", c->end);
    forge_text_clear(&drawing.line);
}

/* What is printed ends up in logs: a line with a secret in it is not shown. */
static bool holds_secret(const struct forge_diagnostics *diagnostics, unsigned line)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct forge_diagnostic *item = &diagnostics->items[i];

        if (item->fault == FORGE_F027 && item->place.line == line)
            return true;
    }
    return false;
}

static void show_item(struct forge_text *out, const struct forge_diagnostics *diagnostics,
                      const struct forge_diagnostic *item, const struct colours *c)
{
    int gutter = snprintf(NULL, 0, "%u", item->place.line);
    struct line line;

    forge_text_print(out, "%serror[%s]%s: %s", c->fault, forge_fault_code(item->fault), c->end,
                     c->text);
    forge_text_add_safe(out, item->text);
    forge_text_print(out, "%s\n", c->end);
    if (item->place.line > 0) {
        forge_text_print(out, "%s%*s-->%s ", c->frame, gutter, "", c->end);
        forge_text_add_safe(out, item->place.file ? item->place.file : "");
        forge_text_print(out, ":%u:%u\n", item->place.line, item->place.column);
        if (!holds_secret(diagnostics, item->place.line) &&
            find_line(&line, diagnostics->source, item->place.line))
            show_source(out, &line, item, c, gutter);
    }
    if (item->help) {
        forge_text_print(out, "%s%*s =%s help: ", c->frame, gutter, "", c->end);
        forge_text_add_safe(out, item->help);
        forge_text_add(out, "\n");
    }
    forge_text_add(out, "\n");
}

void forge_diagnostics_show(struct forge_text *out, struct forge_diagnostics *diagnostics,
                            bool colour)
{
    sort_by_place(diagnostics);
    for (size_t i = 0; i < diagnostics->count; i++)
        show_item(out, diagnostics, &diagnostics->items[i], colour ? &bright : &plain);
    if (diagnostics->count > 0)
        forge_text_print(out, "%zu mistake%s%s\n", diagnostics->count,
                         diagnostics->count == 1 ? "" : "s",
                         diagnostics->more ? ", and more that are not shown" : "");
}

void forge_diagnostics_json(struct forge_text *out, struct forge_diagnostics *diagnostics)
{
    struct forge_json json = {.out = out};

    sort_by_place(diagnostics);
    forge_json_array(&json);
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct forge_diagnostic *item = &diagnostics->items[i];

        forge_json_object(&json);
        forge_json_add_text(&json, "code", forge_fault_code(item->fault));
        forge_json_add_text(&json, "file", item->place.file);
        forge_json_key(&json, "line");
        forge_json_unsigned(&json, item->place.line);
        forge_json_key(&json, "column");
        forge_json_unsigned(&json, item->place.column);
        forge_json_add_text(&json, "text", item->text);
        forge_json_add_text(&json, "help", item->help);
        forge_json_close(&json, '}');
    }
    forge_json_close(&json, ']');
}

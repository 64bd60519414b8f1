/* characters.c: what is looked at before and behind libyaml. */
#include "document/parts.h"

#include <string.h>

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static void step_over(struct forge_place *place, const char *at, size_t length)
{
    bool pair = at[0] == '\r' && length > 1 && at[1] == '\n';

    if (is_break(at[0]) && !pair) {
        place->line++;
        place->column = 1;
    } else if (!pair) {
        place->column++;
    }
}

/* Characters that no recipe needs: those a terminal obeys or hides, but for line breaks, tabs
 * and the joiners that some scripts are written with. */
static bool is_refused(uint32_t point)
{
    if (point == '\t' || point == '\n' || point == '\r' || point == 0x200c || point == 0x200d)
        return false;
    return forge_text_is_obeyed(point) || point == 0xfffe || point == 0xffff;
}

bool forge_document_check_characters(const struct forge_document_text *text)
{
    struct forge_place place = {text->file, 1, 1};
    const char *at = text->bytes;
    size_t left = text->length;

    while (left > 0) {
        uint32_t point = 0;
        size_t length = forge_text_decode(&point, at, left);

        if (length == 0)
            return forge_report(text->diagnostics, FORGE_F001, place, 1,
                                "save the file in the encoding UTF-8",
                                "byte 0x%02x is not UTF-8", (unsigned char)*at);
        if (is_refused(point))
            return forge_report(text->diagnostics, FORGE_F001, place, 1, "remove it",
                                "a control or invisible character, U+%04X", (unsigned)point);
        step_over(&place, at, left);
        at += length;
        left -= length;
    }
    return true;
}

bool forge_document_check_directives(const struct forge_document_text *text)
{
    struct forge_place place = {text->file, 1, 1};
    const char *at = text->bytes;

    for (;;) {
        const char *start = at + strspn(at, " \t");

        if (*at == '%')
            return forge_report(text->diagnostics, FORGE_F002, place,
                                (unsigned)strcspn(at, " \t\r\n"), "remove this line",
                                "directives are not used in recipes");
        if (*start != '#' && !is_break(*start))
            return true;
        at = start + strcspn(start, "\r\n");
        if (*at == '\0')
            return true;
        at += at[0] == '\r' && at[1] == '\n' ? 2 : 1;
        place.line++;
    }
}

bool forge_document_check_end(const struct forge_document_text *text, size_t at,
                              struct forge_place place)
{
    while (at < text->length) {
        const char *bytes = text->bytes + at;
        size_t length = 1;

        if (*bytes == '#')
            length = strcspn(bytes, "\r\n");
        else if (place.column == 1 && strncmp(bytes, "...", 3) == 0)
            length = 3;
        else if (!strchr(" \t\r\n", *bytes))
            break;
        for (size_t i = 0; i < length; i++)
            step_over(&place, bytes + i, text->length - at - i);
        at += length;
    }
    if (at >= text->length)
        return true;
    if (place.column == 1 && strncmp(text->bytes + at, "---", 3) == 0)
        return forge_report(text->diagnostics, FORGE_F002, place, 3,
                            "write one recipe in one file", "a second document begins here");
    if (place.column == 1 && text->bytes[at] == '%')
        return forge_report(text->diagnostics, FORGE_F002, place, 1, "remove this line",
                            "directives are not used in recipes");
    return forge_report(text->diagnostics, FORGE_F001, place, 1, NULL,
                        "text behind the end of the document");
}

/* options_help.c: a table of options as lines for people.
 *
 *       from   first key, inclusive (a whole number; required)
 *       step   from one key to the next (a whole number; default 1)
 */
#include "document/parts.h"

#include <string.h>

#define COLUMN_MAX 24

static const char *shown_name(const struct forge_option *option)
{
    if (strcmp(option->name, "*") == 0)
        return "NAME";
    return strcmp(option->name, ".") == 0 ? "VALUE" : option->name;
}

static int column_of(const struct forge_option *table)
{
    size_t widest = 0;

    for (const struct forge_option *option = table; option->name; option++) {
        if (!option->later && strlen(shown_name(option)) > widest)
            widest = strlen(shown_name(option));
    }
    return (int)(widest < COLUMN_MAX ? widest : COLUMN_MAX);
}

static void add_note(struct forge_text *notes, const char *note)
{
    forge_text_print(notes, "%s%s", notes->length > 0 ? "; " : "", note);
}

static void show_option(struct forge_text *out, const struct forge_option *option, int column,
                        int indent)
{
    struct forge_text notes = {0};

    if (option->kind != FORGE_OPTION_NODE)
        forge_option_describe(&notes, option);
    if (option->nullable)
        add_note(&notes, "or null");
    if (option->required)
        add_note(&notes, "required");
    if (option->fallback)
        forge_text_print(&notes, "%sdefault %s", notes.length > 0 ? "; " : "",
                         option->fallback);
    forge_text_print(out, "%*s%-*s  %s", indent, "", column, shown_name(option),
                     option->help ? option->help : "");
    if (notes.length > 0)
        forge_text_print(out, " (%s)", notes.bytes);
    forge_text_add(out, "\n");
    forge_text_clear(&notes);
}

static void show_table(struct forge_text *out, const struct forge_option *table, int indent)
{
    int column = column_of(table);

    for (const struct forge_option *option = table; option->name; option++) {
        if (option->later)
            continue;
        show_option(out, option, column, indent);
        if (option->kind == FORGE_OPTION_TABLE || option->kind == FORGE_OPTION_LIST)
            show_table(out, option->table, indent + 4);
    }
}

void forge_options_help(struct forge_text *out, const struct forge_option *table)
{
    if (table)
        show_table(out, table, 2);
}

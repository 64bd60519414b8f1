/* help.c: commands, and every family of plug-ins, from their own tables. */
#include "cli/command.h"

#include "recipe/check.h"
#include "run/executor.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS_MAX 64 /* that are suggested */

static int run(struct session *session, int argc, char **argv);

const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND | FAMILY | FAMILY NAME]",
    .summary = "explain a command or what recipes can use",
    .help = "  FAMILY  transforms, checks, codecs, formats, targets or executors\n"
            "  NAME    one of them: forge help transform select\n",
    .run = run,
};

static void line(const char *name, const char *summary)
{
    printf("  %-14s %s\n", name, summary);
}

static int overview(void)
{
    const struct command *const *all = command_all();

    puts("forge turns archives of scientific files into published, cloud-optimised datasets\n\n"
         "usage: forge COMMAND ..\n");
    for (size_t i = 0; all[i]; i++)
        line(all[i]->name, all[i]->summary);
    puts("\nforge help COMMAND explains one\n"
         "forge help transforms lists one family of what recipes and options can name: "
         "transforms,\n"
         "checks, codecs, formats, targets, executors; forge help transform select explains "
         "one");
    return 0;
}

/* One member of a family of plug-ins, as its own table tells it. */
struct member {
    const char *name; /* NULL: not for recipes */
    const char *summary, *example;
    const struct forge_option *options;
};

static bool transform_at(struct member *out, size_t i)
{
    const struct forge_transform_type *type = forge_transform_all()[i];

    if (type)
        *out = (struct member){type->name, type->summary, type->example, type->options};
    return type;
}

static bool check_at(struct member *out, size_t i)
{
    const struct forge_check_type *type = forge_check_all()[i];

    if (type)
        *out = (struct member){type->name, type->summary, type->example, type->options};
    return type;
}

static bool codec_at(struct member *out, size_t i)
{
    const struct forge_codec_type *type = i > 0 ? forge_codec_all()[i - 1] : NULL;

    if (i == 0)
        *out = (struct member){"none", "bytes as they are", "codec: none", NULL};
    else if (type && type->target)
        *out = (struct member){type->name, type->summary, NULL, type->options};
    else
        *out = (struct member){0};
    return i == 0 || type;
}

static bool format_at(struct member *out, size_t i)
{
    const struct forge_format_type *type = forge_format_all()[i];

    if (type)
        *out = (struct member){type->name, type->summary, NULL, NULL};
    return type;
}

static bool target_at(struct member *out, size_t i)
{
    const struct forge_target_type *type = forge_target_all()[i];

    if (type)
        *out = (struct member){type->name, type->summary, NULL, NULL};
    return type;
}

static bool executor_at(struct member *out, size_t i)
{
    const struct forge_executor_type *type = forge_executor_all()[i];

    if (type)
        *out = (struct member){type->name, type->summary, NULL, NULL};
    return type;
}

static const struct family {
    const char *one, *many;
    bool (*at)(struct member *out, size_t i); /* false behind the last */
    const char *use; /* of a member without an example; %s is its name */
} families[] = {
    {"transform", "transforms", transform_at, NULL},
    {"check", "checks", check_at, NULL},
    {"codec", "codecs", codec_at, "codec: %s"},
    {"format", "formats", format_at, "format: %s"},
    {"target", "targets", target_at, "target: {format: %s}"},
    {"executor", "executors", executor_at, "--executor %s"},
};

#define FAMILIES_COUNT (sizeof families / sizeof families[0])

static int list_family(const struct family *family)
{
    struct member member;

    for (size_t i = 0; family->at(&member, i); i++) {
        if (member.name)
            line(member.name, member.summary);
    }
    return 0;
}

static void explain_member(const struct family *family, const struct member *member)
{
    struct forge_text text = {0};

    forge_text_print(&text, "%s: %s\n\n    ", member->name, member->summary);
    if (member->example)
        forge_text_add(&text, member->example);
    else
        forge_text_print(&text, family->use, // NOLINT(clang-diagnostic-format-nonliteral)
                         member->name);
    forge_text_add(&text, "\n");
    if (member->options) {
        forge_text_add(&text, "\n");
        forge_options_help(&text, member->options);
    }
    print(&text);
    forge_text_clear(&text);
}

static int tell_unknown(const char *what, const char *wrong, const char *near, const char *list,
                        const char *them)
{
    tell_usage("there is no %s \"%s\"%s%s%s", what, wrong, near ? "; did you mean \"" : "",
               near ? near : "", near ? "\"?" : "");
    fprintf(stderr, "       forge help%s%s lists %s\n", list[0] ? " " : "", list, them);
    return forge_exit_status(FORGE_USAGE);
}

static int find_member(const struct family *family, const char *name)
{
    const char *names[MEMBERS_MAX + 1] = {NULL};
    struct member member;
    size_t count = 0;

    for (size_t i = 0; family->at(&member, i); i++) {
        if (!member.name)
            continue;
        if (strcmp(member.name, name) == 0) {
            explain_member(family, &member);
            return 0;
        }
        if (count < MEMBERS_MAX)
            names[count++] = member.name;
    }
    return tell_unknown(family->one, name, forge_text_nearest(name, names), family->many,
                        "them");
}

static int explain_command(const char *name)
{
    const char *names[MEMBERS_MAX + 1] = {NULL};
    const struct command *command = command_find(name);
    size_t count = 0;

    if (command) {
        printf("usage: forge %s %s\n%s\n", command->name, command->usage, command->summary);
        if (command->help)
            printf("\n%s", command->help);
        return 0;
    }
    for (size_t i = 0; command_all()[i]; i++)
        names[count++] = command_all()[i]->name;
    for (size_t i = 0; i < FAMILIES_COUNT; i++)
        names[count++] = families[i].many;
    return tell_unknown("help for", name, forge_text_nearest(name, names), "", "what there is");
}

static int run(struct session *session, int argc, char **argv)
{
    (void)session;
    if (argc == 1)
        return overview();
    if (argc > 3) {
        tell_usage("\"%s\" is one too many", argv[3]);
        return forge_exit_status(FORGE_USAGE);
    }
    for (size_t i = 0; i < FAMILIES_COUNT; i++) {
        bool one = strcmp(argv[1], families[i].one) == 0;
        bool many = strcmp(argv[1], families[i].many) == 0;

        if (argc == 3 && (one || many))
            return find_member(&families[i], argv[2]);
        if (many || (one && !command_find(argv[1])))
            return list_family(&families[i]);
    }
    if (argc == 3) {
        tell_usage("\"%s\" is one too many", argv[2]);
        return forge_exit_status(FORGE_USAGE);
    }
    return explain_command(argv[1]);
}

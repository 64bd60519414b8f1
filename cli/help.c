/* help.c: commands, and every family of plug-ins, from their own tables. */
#include "cli/command.h"

#include "recipe/check.h"
#include "run/executor.h"

#include <stdio.h>
#include <string.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_help = {
    .name = "help",
    .usage = "[COMMAND | transforms | checks | codecs | formats | targets | executors | "
             "transform NAME | check NAME | codec NAME]",
    .summary = "explain a command or what recipes can use",
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
    puts("\nforge help COMMAND explains one; forge help transforms lists what recipes can do");
    return 0;
}

static int list_transforms(void)
{
    for (size_t i = 0; forge_transform_all()[i]; i++)
        line(forge_transform_all()[i]->name, forge_transform_all()[i]->summary);
    return 0;
}

static int list_checks(void)
{
    for (size_t i = 0; forge_check_all()[i]; i++)
        line(forge_check_all()[i]->name, forge_check_all()[i]->summary);
    return 0;
}

static int list_codecs(void)
{
    line("none", "bytes as they are");
    for (size_t i = 0; forge_codec_all()[i]; i++) {
        if (forge_codec_all()[i]->target)
            line(forge_codec_all()[i]->name, forge_codec_all()[i]->summary);
    }
    return 0;
}

static int list_formats(void)
{
    for (size_t i = 0; forge_format_all()[i]; i++)
        line(forge_format_all()[i]->name, forge_format_all()[i]->summary);
    return 0;
}

static int list_targets(void)
{
    for (size_t i = 0; forge_target_all()[i]; i++)
        line(forge_target_all()[i]->name, forge_target_all()[i]->summary);
    return 0;
}

static int list_executors(void)
{
    for (size_t i = 0; forge_executor_all()[i]; i++)
        line(forge_executor_all()[i]->name, forge_executor_all()[i]->summary);
    return 0;
}

static int explain(const char *name, const char *summary, const char *example,
                   const struct forge_option *options)
{
    struct forge_text text = {0};

    printf("%s: %s\n\n", name, summary);
    if (example)
        printf("    %s\n\n", example);
    if (options)
        forge_options_help(&text, options);
    print(&text);
    forge_text_clear(&text);
    return 0;
}

static int explain_member(const char *family, const char *name)
{
    const struct forge_transform_type *transform = forge_transform_find(name);
    const struct forge_check_type *check = forge_check_find(name);
    const struct forge_codec_type *codec = forge_codec_find(name);

    if (strcmp(family, "transform") == 0 && transform)
        return explain(name, transform->summary, transform->example, transform->options);
    if (strcmp(family, "check") == 0 && check)
        return explain(name, check->summary, check->example, check->options);
    if (strcmp(family, "codec") == 0 && codec && codec->target)
        return explain(name, codec->summary, NULL, codec->options);
    fprintf(stderr, "error: there is no %s \"%s\"\n       forge help %ss lists them\n", family,
            name, family);
    return 2;
}

static int explain_command(const char *name)
{
    const struct command *command = command_find(name);

    if (!command) {
        fprintf(stderr,
                "error: there is no help for \"%s\"\n       forge help lists the "
                "commands\n",
                name);
        return 2;
    }
    printf("usage: forge %s %s\n%s\n", command->name, command->usage, command->summary);
    if (command->help)
        printf("\n%s", command->help);
    return 0;
}

static int run(struct session *session, int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*list)(void);
    } families[] = {
        {"transforms", list_transforms}, {"checks", list_checks},
        {"codecs", list_codecs},         {"formats", list_formats},
        {"targets", list_targets},       {"executors", list_executors},
    };

    (void)session;
    if (argc == 1)
        return overview();
    if (argc == 3)
        return explain_member(argv[1], argv[2]);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (strcmp(argv[1], families[i].name) == 0)
            return families[i].list();
    }
    return explain_command(argv[1]);
}

/* The RO-Crate of a version, checked against every MUST of RO-Crate 1.1, Process Run Crate 0.5,
 * Workflow Run Crate 0.5 and Workflow RO-Crate 1.0; and the check against broken crates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "catalog/crate.h"
#include "support/crate.h"

#define FINISHED_US (INT64_C(981173106) * 1000000) /* 2001-02-03T04:05:06Z */

struct made {
    struct forge_arena arena;
    struct forge_recipe recipe;
    struct forge_plan plan;
    struct forge_text text;
};

#define HEAD "forge: 1\nname: rain\n"
#define TAIL "input: {files: [a.nc]}\ntarget: {format: zarr}\n"

enum inputs_kind { INPUTS_PLAIN, INPUTS_ABSENT, INPUTS_TWICE };

static void make_cells(struct made *made, uint64_t count, enum inputs_kind kind)
{
    struct forge_grid *grid = forge_arena_take(&made->arena, sizeof *grid);
    uint64_t *first = forge_arena_take(&made->arena, sizeof *first);

    grid->cells = forge_arena_array(&made->arena, count + 1, sizeof *grid->cells);
    grid->cells_count = count;
    for (uint64_t i = 0; i < count; i++) {
        struct forge_cell *cell = &grid->cells[i];
        unsigned long long number = kind == INPUTS_TWICE ? i / 2 : i;

        cell->state =
            kind == INPUTS_ABSENT ? (enum forge_cell_state)(i % 3) : FORGE_CELL_WANTED;
        cell->file.key = forge_arena_print(&made->arena, "in/%llu.nc", number);
        cell->file.url = forge_arena_print(&made->arena, "../in/%llu.nc", number);
        cell->file.status.size = i;
    }
    made->plan.grids = grid;
    made->plan.grids_count = 1;
    made->plan.first_cell = first;
    made->plan.cells_count = count;
}

static struct forge_run_record record_of(void)
{
    static const struct forge_library_version libraries[] = {
        {"hdf5", "1.10.8"}, {"zstd", "1.5.4"}, {0}};

    return (struct forge_run_record){
        .version = "20010203T040506Z-01234567",
        .executor = "threads",
        .run = "20010203T040506Z-abcdef",
        .recipe = "/a/recipe.yaml",
        .attempt = 1,
        .workers = 2,
        .memory_bytes = 1 << 20,
        .started_us = FINISHED_US - 5000000,
        .finished_us = FINISHED_US,
        .libraries = libraries,
    };
}

static void make_crate(struct made *made, const char *recipe, uint64_t count,
                       enum inputs_kind kind, const struct forge_run_record *record)
{
    static const struct forge_crate_file files[] = {
        {"recipe.yaml", "application/yaml", "as written", 10},
        {"inputs.jsonl.gz", "application/gzip", "every input", 20},
        {"run.json", "application/json", "what was done", 30},
    };
    struct forge_diagnostics diagnostics = {.arena = &made->arena};
    struct forge_digest *digests;
    struct forge_crate crate;

    *made = (struct made){0};
    diagnostics.arena = &made->arena;
    if (!forge_recipe_parse(&made->recipe, "recipe.yaml", recipe, strlen(recipe), &diagnostics))
        fail_msg("%s is no recipe", recipe);
    make_cells(made, count, kind);
    made->plan.recipe = &made->recipe;
    digests = forge_arena_array(&made->arena, count + 1, sizeof *digests);
    crate = (struct forge_crate){&made->plan, digests, record, files, LENGTH(files)};
    forge_crate_json(&made->text, &crate);
}

static void clear_crate(struct made *made)
{
    forge_text_clear(&made->text);
    forge_recipe_close(&made->recipe);
    forge_arena_clear(&made->arena);
}

static uint64_t count_of(const char *text, const char *part)
{
    uint64_t count = 0;

    while ((text = strstr(text, part))) {
        text += strlen(part);
        count++;
    }
    return count;
}

#define PEOPLE                                                                                 \
    "maintainers:\n"                                                                           \
    "  - {name: Ada, orcid: 0000-0002-1825-0097, github: ada}\n"                               \
    "  - {name: Bob, github: bob, email: bob@example.org}\n"                                   \
    "  - {name: Cy}\n"                                                                         \
    "  - {name: Ada again, orcid: 0000-0002-1825-0097}\n"                                      \
    "  - {name: Dee, orcid: \"https://orcid.org/0000-0001-0000-0000\"}\n"                      \
    "providers:\n"                                                                             \
    "  - {name: NOAA, roles: [producer], url: \"https://www.noaa.gov\"}\n"                     \
    "  - {name: Someone, roles: [host]}\n"                                                     \
    "  - {name: Odd, url: \"ask for {it} by mail\"}\n"                                         \
    "  - {name: NOAA again, url: \"https://www.noaa.gov\"}\n"

static void every_crate_follows_the_rules(void **state)
{
    static const struct {
        const char *recipe;
        uint64_t count;
        enum inputs_kind kind;
        uint64_t files; /* entities that are inputs */
    } rows[] = {
        {HEAD TAIL, 0, INPUTS_PLAIN, 0},
        {HEAD TAIL, 1, INPUTS_PLAIN, 1},
        {HEAD "license: CC0-1.0\ntitle: Rain\n" TAIL, 999, INPUTS_PLAIN, 999},
        {HEAD "license: CC-BY-4.0 AND MIT\n" TAIL, 1000, INPUTS_PLAIN, 1000},
        {HEAD "license: ask \\\"me\\\"\n" TAIL, 1001, INPUTS_PLAIN, 1000},
        {HEAD "description: \"Rain: \\\"all\\\" of it\"\n" TAIL, 2500, INPUTS_PLAIN, 1000},
        {HEAD "keywords: [rain, snow]\n" TAIL, 30, INPUTS_ABSENT, 10},
        {HEAD TAIL, 30, INPUTS_TWICE, 15},
        {HEAD PEOPLE TAIL, 3, INPUTS_PLAIN, 3},
    };
    struct forge_run_record record = record_of(), no_run = record_of();

    (void)state;
    no_run.run = NULL;
    no_run.libraries = NULL;
    for (size_t i = 0; i < 2 * LENGTH(rows); i++) {
        struct checking c = {0};
        struct made made;
        size_t at = i / 2;

        make_crate(&made, rows[at].recipe, rows[at].count, rows[at].kind,
                   i % 2 == 0 ? &record : &no_run);
        if (!check_crate(&c, made.text.bytes))
            fail_msg("%s\n%s: %s", made.text.bytes, rows[at].recipe, c.problem);
        /* once as an entity, once as a part of the root, once as an object of the action */
        assert_int_equal(count_of(made.text.bytes, "\"@id\": \"file:///in/"),
                         3 * rows[at].files);
        forge_arena_clear(&c.arena);
        clear_crate(&made);
    }
    printf("%zu crates\n", 2 * LENGTH(rows));
}

static void what_is_known_is_said(void **state)
{
    static const char *const wanted[] = {
        "\"@id\": \"#run-20010203T040506Z-abcdef\"",
        "\"@id\": \"https://orcid.org/0000-0002-1825-0097\"",
        "\"@id\": \"https://github.com/bob\"",
        "\"@id\": \"#person-3\"",
        "\"@id\": \"#person-4\"",
        "\"@id\": \"https://orcid.org/0000-0001-0000-0000\"",
        "\"@id\": \"https://www.noaa.gov\"",
        "\"email\": \"bob@example.org\"",
        "\"name\": \"Someone\"",
        "\"startTime\": \"2001-02-03T04:05:01Z\"",
        "\"endTime\": \"2001-02-03T04:05:06Z\"",
        "\"datePublished\": \"2001-02-03T04:05:06Z\"",
        "\"actionStatus\": \"http://schema.org/CompletedActionStatus\"",
        "forge bake /a/recipe.yaml --executor threads --workers 2 --memory 1048576; ",
        "; 1000 of its 1001 inputs are listed here, all of them in inputs.jsonl.gz\"",
        "\"name\": \"bake of rain, version 20010203T040506Z-01234567\"",
        "\"license\": {\n        \"@id\": \"https://spdx.org/licenses/CC0-1.0\"",
        "\"softwareVersion\": \"1.10.8\"",
        "\"contentSize\": \"20\"",
    };
    struct forge_run_record record = record_of();
    struct made made;

    (void)state;
    make_crate(&made, HEAD "license: CC0-1.0\n" PEOPLE TAIL, 1001, INPUTS_PLAIN, &record);
    for (size_t i = 0; i < LENGTH(wanted); i++) {
        if (!strstr(made.text.bytes, wanted[i]))
            fail_msg("it does not say %s", wanted[i]);
    }
    clear_crate(&made);
}

static void ids_are_uris_whatever_the_file_is_called(void **state)
{
    static const struct {
        const char *key, *id;
    } rows[] = {
        {"in/a b.nc", "file:///in/a%20b.nc"},
        {"in/50%.nc", "file:///in/50%25.nc"},
        {"in/\"q\".nc", "file:///in/%22q%22.nc"},
        {"in/a#1?x.nc", "file:///in/a%231%3Fx.nc"},
        {"in/\xc3\xa9.nc", "file:///in/%C3%A9.nc"},
        {"in/[1]{2}\\|^`<>.nc", "file:///in/%5B1%5D%7B2%7D%5C%7C%5E%60%3C%3E.nc"},
    };
    struct forge_run_record record = record_of();

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct forge_crate_file files[] = {{"recipe.yaml", "a/b", "c", 1},
                                           {"i.gz", "a/b", "c", 1}};
        struct forge_digest digest = {{0}};
        struct forge_text text = {0};
        struct checking c = {0};
        struct forge_crate crate;
        struct made made;

        make_crate(&made, HEAD TAIL, 1, INPUTS_PLAIN, &record);
        made.plan.grids->cells[0].file.key = rows[i].key;
        made.plan.grids->cells[0].file.url = rows[i].key;
        crate = (struct forge_crate){&made.plan, &digest, &record, files, 2};
        forge_crate_json(&text, &crate);
        if (!check_crate(&c, text.bytes))
            fail_msg("%s: %s", rows[i].key, c.problem);
        if (!strstr(text.bytes, forge_arena_print(&c.arena, "\"@id\": \"%s\"", rows[i].id)))
            fail_msg("%s: no %s", rows[i].key, rows[i].id);
        forge_text_clear(&text);
        forge_arena_clear(&c.arena);
        clear_crate(&made);
    }
    printf("%zu names\n", LENGTH(rows));
}

static void only_times_differ_between_two_bakes(void **state)
{
    struct forge_run_record record = record_of(), later = record_of();
    const char *a, *b;
    unsigned lines = 0;
    struct made one, same, other;

    (void)state;
    later.started_us += INT64_C(3600000000);
    later.finished_us += INT64_C(3600000000);
    make_crate(&one, HEAD PEOPLE TAIL, 20, INPUTS_ABSENT, &record);
    make_crate(&same, HEAD PEOPLE TAIL, 20, INPUTS_ABSENT, &record);
    make_crate(&other, HEAD PEOPLE TAIL, 20, INPUTS_ABSENT, &later);
    assert_string_equal(one.text.bytes, same.text.bytes);
    for (a = one.text.bytes, b = other.text.bytes; *a && *b;) {
        size_t length = strcspn(a, "\n"), size = strcspn(b, "\n");

        if (length != size || memcmp(a, b, size) != 0) {
            assert_true(strspn(a, " \"") > 0 &&
                        (strstr(a, "Time\": ") || strstr(a, "datePub")));
            lines++;
        }
        a += length + 1;
        b += size + 1;
    }
    assert_int_equal(lines, 3);
    assert_true(*a == *b);
    clear_crate(&one);
    clear_crate(&same);
    clear_crate(&other);
}

/* The check finds what is wrong with a crate: one replacement each. */
static void the_check_finds_broken_crates(void **state)
{
    static const struct {
        const char *from, *to, *problem;
    } rows[] = {
        {"\"@graph\"", "\"@grapf\"", "no context or no graph"},
        {"/crate/1.1/context", "/crate/9/context", "no context or no graph"},
        {"\"@id\": \"ro-crate-metadata.json\"", "\"@id\": \"metadata.json\"", "no descriptor"},
        {"{\n          \"@id\": \"https://w3id.org/ro/crate/1.1\"\n        },\n", "",
         "no descriptor"},
        {"\"@id\": \"./\",", "\"@id\": \"../\",", "a reference to nothing: ./"},
        {"\"@type\": \"Dataset\",\n      \"conf", "\"@type\": \"Thing\",\n      \"conf",
         "the root is no Dataset"},
        {"\"datePublished\": \"2001-02-03T04:05:06Z\",", "",
         "the root has none: datePublished"},
        {"\"datePublished\": \"2001-02-03T04:05:06Z\",", "\"datePublished\": \"2001\",",
         "no date: 2001"},
        {"\"name\": \"rain\",", "", "the root has none: name"},
        {"\"license\": ", "\"licenze\": ", "the root has no license"},
        {"\"@id\": \"https://w3id.org/ro/wfrun/workflow/0.5\",",
         "\"@id\": \"https://w3id.org/ro/wfrun/workflow/0.4\",",
         "a reference to nothing: https://w3id.org/ro/wfrun/workflow/0.5"},
        {"\"ComputationalWorkflow\"", "\"Workflow\"", "the main entity is no workflow"},
        {"\"mainEntity\"", "\"mainEntitz\"", "the main entity is no workflow"},
        {"\"programmingLanguage\"", "\"programmingLanguagf\"", "the workflow has no language"},
        {"\"mentions\"", "\"mentionz\"", "the root mentions no action"},
        {"\"instrument\"", "\"instrumenu\"", "the action has no instrument"},
        {"\"result\"", "\"resulu\"", "the action has no object or result"},
        {"\"@type\": \"CreateAction\"", "\"@type\": \"Action\"", "the root mentions no action"},
        {"\"hasPart\"", "\"hasParu\"", "no part of the root: recipe.yaml"},
        {"\"@id\": \"#person-3\",", "\"@id\": \"#person-7\",",
         "a reference to nothing: #person-3"},
        {"\"@id\": \"#person-3\",", "\"@id\": \"#person-4\",",
         "a reference to nothing: #person-3"},
        {"\"@type\": \"Person\",", "", "no type: https://orcid.org/0000-0002-1825-0097"},
        {"\"@id\": \"ro-crate-metadata.json\"", "\"@id\": \"ro crate\"",
         "an entity without a URI as id: ro crate"},
        {"\"name\": \"Cy\"", "\"nane\": \"Cy\"", "a person without a name: #person-3"},
        {"\"endTime\"", "\"enddTime\"", "the action has no time"},
    };
    struct forge_run_record record = record_of();
    struct made made;

    (void)state;
    make_crate(&made, HEAD PEOPLE TAIL, 2, INPUTS_PLAIN, &record);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const char *at = strstr(made.text.bytes, rows[i].from);
        struct forge_text text = {0};
        struct checking c = {0};

        if (!at)
            fail_msg("there is no %s", rows[i].from);
        forge_text_add_bytes(&text, made.text.bytes, (size_t)(at - made.text.bytes));
        forge_text_add(&text, rows[i].to);
        forge_text_add(&text, at + strlen(rows[i].from));
        if (check_crate(&c, text.bytes))
            fail_msg("%s for %s was not found", rows[i].to, rows[i].from);
        assert_string_equal(c.problem, rows[i].problem);
        forge_text_clear(&text);
        forge_arena_clear(&c.arena);
    }
    printf("%zu broken crates found\n", LENGTH(rows));
    clear_crate(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_crate_follows_the_rules),
        cmocka_unit_test(what_is_known_is_said),
        cmocka_unit_test(ids_are_uris_whatever_the_file_is_called),
        cmocka_unit_test(only_times_differ_between_two_bakes),
        cmocka_unit_test(the_check_finds_broken_crates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

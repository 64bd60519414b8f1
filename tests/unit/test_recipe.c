/* A typed recipe: every part of the text is found where planning looks for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "recipe/check.h"
#include "recipe/recipe.h"

static const char whole[] =
    "forge: 1\n"
    "name: sea-ice\n"
    "title: Sea ice\n"
    "description: Two lines.\n"
    "license: CC0-1.0\n"
    "cadence: 1d\n"
    "keywords: [sst, ice]\n"
    "providers: [{name: Somebody, roles: [producer]}]\n"
    "maintainers: [{name: Ada, github: ada}]\n"
    "tables: {letter: {salinity: s, count: 3}}\n"
    "input:\n"
    "  - url: \"in/{era}/{time:%Y}/{run:03d}-{letter[variable]}-{half}.nc\"\n"
    "    combine:\n"
    "      - {concat: time, dates: {from: 2000-01-01, to: now - 2d,\n"
    "          step: 8d, calendar: noleap, restart: yearly},\n"
    "          except: [2000-01-09]}\n"
    "      - {concat: member, as: run, ints: {from: 1, to: 9, step: 2}}\n"
    "      - {merge: variable, keys: [salinity, 01, NO]}\n"
    "      - {concat: x, as: era, keys: [\"1999\", \"2001\"], parse: \"%Y\"}\n"
    "    each: [{drop: [junk]}, {add_dim: {member: \"key.run\"}}]\n"
    "    except: [{run: 3, variable: NO}]\n"
    "    if_missing: fill\n"
    "    join: inner\n"
    "    conflicts: drop\n"
    "    items: 4\n"
    "    format: netcdf3\n"
    "    let: {half: \"run // 2\"}\n"
    "  - files: [a.nc, b.nc]\n"
    "    group: Grid\n"
    "    combine: [{concat: time}]\n"
    "transforms:\n"
    "  - keep: [sst]\n"
    "  - slice: {zlev: 0}\n"
    "target:\n"
    "  format: zarr\n"
    "  chunks: {time: 20, lat: 90}\n"
    "  shards: {time: 200}\n"
    "  codec: {zstd: {level: 7}}\n"
    "  variables:\n"
    "    sst: {codec: gzip, dtype: int16, scale_factor: 0.5,\n"
    "      add_offset: 10, fill: -1, chunks: {time: 5}}\n"
    "checks:\n"
    "  - monotonic: time\n"
    "  - range: {sst: [-3, 45]}\n"
    "  - assert: \"sst < 9\"\n";

struct loaded {
    struct forge_recipe recipe;
    struct forge_diagnostics diagnostics;
    struct forge_arena arena;
    struct forge_text said;
    bool good;
};

static void load(struct loaded *loaded, const char *text)
{
    *loaded = (struct loaded){0};
    loaded->diagnostics.arena = &loaded->arena;
    loaded->good = forge_recipe_parse(&loaded->recipe, "recipes/r.yaml", text, strlen(text),
                                      &loaded->diagnostics);
    forge_diagnostics_show(&loaded->said, &loaded->diagnostics, false);
}

static void unload(struct loaded *loaded)
{
    forge_recipe_close(&loaded->recipe);
    forge_text_clear(&loaded->said);
    forge_arena_clear(&loaded->arena);
}

/* The whole recipe, or the test ends with what is wrong with it. */
static const struct forge_recipe *load_whole(struct loaded *loaded)
{
    load(loaded, whole);
    if (!loaded->good)
        fail_msg("%s", forge_text_string(&loaded->said));
    return &loaded->recipe;
}

static void a_recipe_knows_what_describes_it(void **state)
{
    struct loaded loaded;
    const struct forge_recipe *recipe = load_whole(&loaded);
    struct forge_scalar entry;

    (void)state;
    assert_string_equal(recipe->path, "recipes/r.yaml");
    assert_string_equal(recipe->folder, "recipes");
    assert_string_equal(recipe->text, whole);
    assert_string_equal(recipe->name, "sea-ice");
    assert_string_equal(recipe->title, "Sea ice");
    assert_string_equal(recipe->description, "Two lines.");
    assert_string_equal(recipe->license, "CC0-1.0");
    assert_string_equal(recipe->cadence, "1d");
    assert_int_equal(recipe->keywords.count, 2);
    assert_string_equal(recipe->keywords.items[1], "ice");
    assert_non_null(recipe->providers);
    assert_non_null(recipe->maintainers);
    assert_true(forge_recipe_table(recipe, "letter", "salinity", &entry));
    assert_string_equal(entry.string, "s");
    assert_false(forge_recipe_table(recipe, "letter", "sst", &entry));
    assert_false(forge_recipe_table(recipe, "letters", "salinity", &entry));
    unload(&loaded);
}

static void the_dimensions_of_the_grid_keep_their_order(void **state)
{
    struct loaded loaded;
    const struct forge_input *input = &load_whole(&loaded)->inputs[0];
    const struct forge_combine *time = &input->combine[0], *run = &input->combine[1],
                               *variable = &input->combine[2], *era = &input->combine[3];

    (void)state;
    assert_int_equal(input->combine_count, 4);
    assert_false(time->merge);
    assert_string_equal(time->dim, "time");
    assert_string_equal(time->as, "time");
    assert_int_equal(time->keys, FORGE_KEYS_DATES);
    assert_int_equal(time->dates.calendar, FORGE_CALENDAR_NOLEAP);
    assert_string_equal(time->dates.from, "2000-01-01");
    assert_string_equal(time->dates.to, "now - 2d");
    assert_int_equal(time->dates.step.us, INT64_C(8) * 86400 * 1000000);
    assert_true(time->dates.restart_yearly);
    assert_int_equal(time->except.count, 1);
    assert_string_equal(time->except.items[0], "2000-01-09");

    assert_string_equal(run->dim, "member");
    assert_string_equal(run->as, "run");
    assert_int_equal(run->keys, FORGE_KEYS_INTS);
    assert_int_equal(run->from, 1);
    assert_int_equal(run->to, 9);
    assert_int_equal(run->step, 2);

    assert_true(variable->merge);
    assert_int_equal(variable->keys, FORGE_KEYS_LIST);
    assert_int_equal(variable->list.count, 3);
    assert_string_equal(variable->list.items[1], "01");
    assert_string_equal(variable->list.items[2], "NO");

    assert_string_equal(era->parse, "%Y");
    assert_int_equal(era->place.line, 19);
    unload(&loaded);
}

static void an_input_keeps_its_options(void **state)
{
    struct loaded loaded;
    const struct forge_recipe *recipe = load_whole(&loaded);
    const struct forge_input *first = &recipe->inputs[0], *second = &recipe->inputs[1];

    (void)state;
    assert_int_equal(recipe->inputs_count, 2);
    assert_non_null(first->url);
    assert_null(first->find);
    assert_int_equal(first->each.count, 2);
    assert_string_equal(first->each.items[0].type->name, "drop");
    assert_string_equal(first->each.items[1].type->name, "add_dim");
    assert_int_equal(first->except->count, 1);
    assert_int_equal(first->if_missing, FORGE_MISSING_FILL);
    assert_int_equal(first->join, FORGE_JOIN_INNER);
    assert_int_equal(first->conflicts, FORGE_CONFLICTS_DROP);
    assert_int_equal(first->items, 4);
    assert_string_equal(first->format, "netcdf3");
    assert_null(first->group);
    assert_int_equal(first->lets_count, 1);
    assert_string_equal(first->lets[0].name, "half");

    assert_null(second->url);
    assert_int_equal(second->files.count, 2);
    assert_string_equal(second->files.items[1], "b.nc");
    assert_string_equal(second->group, "Grid");
    assert_int_equal(second->if_missing, FORGE_MISSING_ERROR);
    assert_int_equal(second->join, FORGE_JOIN_EXACT);
    assert_int_equal(second->conflicts, FORGE_CONFLICTS_FIRST);
    assert_int_equal(second->items, 0);
    assert_null(second->format);
    unload(&loaded);
}

static void the_target_keeps_its_encodings(void **state)
{
    struct loaded loaded;
    const struct forge_target *target = &load_whole(&loaded)->target;
    const struct forge_variable_encoding *sst = &target->variables[0];
    double fill = 0;

    (void)state;
    assert_string_equal(target->type->name, "zarr");
    assert_int_equal(target->chunks.count, 2);
    assert_string_equal(target->chunks.nodes[1]->key, "lat");
    assert_int_equal(target->shards.count, 1);
    assert_int_equal(target->chunk_size, 64 << 20);
    assert_string_equal(target->codec.type->name, "zstd");
    assert_int_equal(target->variables_count, 1);
    assert_string_equal(sst->name, "sst");
    assert_true(sst->has_codec);
    assert_string_equal(sst->codec.type->name, "gzip");
    assert_true(sst->has_dtype);
    assert_int_equal(sst->dtype, FORGE_INT16);
    assert_true(sst->has_packing);
    assert_true(sst->scale_factor == 0.5 && sst->add_offset == 10);
    assert_true(forge_node_number(&fill, sst->fill) && fill == -1);
    assert_int_equal(sst->chunks.count, 1);
    unload(&loaded);
}

static void transforms_and_checks_keep_their_order(void **state)
{
    struct loaded loaded;
    const struct forge_recipe *recipe = load_whole(&loaded);
    double low = 0;

    (void)state;
    assert_int_equal(recipe->transforms.count, 2);
    assert_string_equal(recipe->transforms.items[0].type->name, "keep");
    assert_string_equal(recipe->transforms.items[1].type->name, "slice");
    assert_false(recipe->transforms.items[1].templated);
    assert_non_null(recipe->transforms.items[1].settings);
    assert_int_equal(recipe->checks_count, 3);
    assert_int_equal(recipe->checks[0].type->kind, FORGE_CHECK_MONOTONIC);
    assert_string_equal(recipe->checks[0].settings->dim, "time");
    assert_int_equal(recipe->checks[1].type->kind, FORGE_CHECK_RANGE);
    assert_string_equal(recipe->checks[1].settings->values.nodes[0]->key, "sst");
    assert_true(forge_node_number(&low, recipe->checks[1].settings->values.nodes[0]->first));
    assert_true(low == -3);
    assert_int_equal(recipe->checks[2].type->kind, FORGE_CHECK_ASSERT);
    assert_non_null(recipe->checks[2].expression);
    unload(&loaded);
}

#define MINIMAL "forge: 1\nname: a\ninput: {url: a.nc}\ntarget: {format: zarr2}\n"

static void what_is_not_said_has_its_default(void **state)
{
    struct loaded loaded;

    (void)state;
    load(&loaded, MINIMAL);
    assert_true(loaded.good);
    assert_null(loaded.recipe.title);
    assert_int_equal(loaded.recipe.inputs_count, 1);
    assert_int_equal(loaded.recipe.inputs[0].combine_count, 0);
    assert_int_equal(loaded.recipe.transforms.count, 0);
    assert_int_equal(loaded.recipe.checks_count, 0);
    assert_string_equal(loaded.recipe.target.codec.type->name, "blosc");
    assert_int_equal(loaded.recipe.target.variables_count, 0);
    unload(&loaded);
}

static void the_digest_is_of_the_meaning(void **state)
{
    static const struct {
        const char *text;
        bool same;
    } rows[] = {
        {"# a comment\n" MINIMAL, true},
        {"name: a\nforge: 1\ntarget: {format: zarr2}\ninput: {url: a.nc}\n", true},
        {"forge: 1\nname: 'a'\ninput:\n  url: \"a.nc\"\ntarget:\n  format: zarr2\n", true},
        {"forge: 1\nname: a\ninput: {url: b.nc}\ntarget: {format: zarr2}\n", false},
        {"forge: 1\nname: a\ninput: {url: a.nc}\ntarget: {format: zarr}\n", false},
        {MINIMAL "title: T\n", false},
    };
    struct loaded first, other;

    (void)state;
    load(&first, MINIMAL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        load(&other, rows[i].text);
        assert_true(other.good);
        if ((memcmp(&first.recipe.digest, &other.recipe.digest, sizeof first.recipe.digest) ==
             0) != rows[i].same)
            fail_msg("row %zu: the digest is %s", i, rows[i].same ? "another" : "the same");
        unload(&other);
    }
    unload(&first);
}

static void every_mistake_is_told_at_once(void **state)
{
    struct loaded loaded;

    (void)state;
    load(&loaded, "forge: 2\nname: A B\ninput: {url: \"{\", if_missing: maybe}\n"
                  "target: {format: zap}\nchecks: [{rnage: x}]\n");
    assert_false(loaded.good);
    assert_true(loaded.diagnostics.count >= 6);
    for (size_t i = 0; i < loaded.diagnostics.count; i++)
        assert_string_equal(loaded.diagnostics.items[i].place.file, "recipes/r.yaml");
    assert_non_null(strstr(forge_text_string(&loaded.said), "did you mean \"range\"?"));
    unload(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recipe_knows_what_describes_it),
        cmocka_unit_test(the_dimensions_of_the_grid_keep_their_order),
        cmocka_unit_test(an_input_keeps_its_options),
        cmocka_unit_test(the_target_keeps_its_encodings),
        cmocka_unit_test(transforms_and_checks_keep_their_order),
        cmocka_unit_test(what_is_not_said_has_its_default),
        cmocka_unit_test(the_digest_is_of_the_meaning),
        cmocka_unit_test(every_mistake_is_told_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

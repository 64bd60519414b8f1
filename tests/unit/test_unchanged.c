/* Unchanged: a run that would make the current version again has nothing to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalog/folders.h"
#include "run/unchanged.h"

#define FILES 3

struct place {
    struct forge_arena arena;
    char folder[64];
    struct forge_recipe recipe;
    struct forge_grid grid;
    struct forge_cell cells[FILES];
    uint64_t first;
    struct forge_plan plan;
    struct forge_digest digests[FILES];
};

static void open_place(struct place *place)
{
    static const char *const urls[FILES] = {"a.nc", "b.nc", "c.nc"};
    struct forge_error err;

    *place = (struct place){.folder = "/tmp/forge-unchanged-XXXXXX"};
    assert_non_null(mkdtemp(place->folder));
    place->recipe.target.type = forge_target_find("zarr");
    assert_non_null(place->recipe.target.type);
    for (int i = 0; i < FILES; i++) {
        place->cells[i].file = (struct forge_file){
            .url = urls[i], .status = {.size = 100, .modified_ns = 7, .serial = 3}};
        place->cells[i].file.hashed = true;
        forge_digest_of(&place->digests[i], urls[i], 4);
    }
    place->grid = (struct forge_grid){.cells = place->cells, .cells_count = FILES};
    place->plan = (struct forge_plan){.recipe = &place->recipe,
                                      .grids = &place->grid,
                                      .grids_count = 1,
                                      .first_cell = &place->first,
                                      .cells_count = FILES};
    if (!forge_unchanged_write(place->folder, &place->plan, place->digests, &err))
        fail_msg("%s", err.text);
}

static void close_place(struct place *place)
{
    struct forge_error err;

    assert_true(forge_folder_remove(place->folder, &err));
    forge_arena_clear(&place->arena);
}

static bool is_unchanged(struct place *place)
{
    return forge_is_unchanged(place->folder, &place->plan, place->digests);
}

static void the_same_recipe_on_the_same_inputs_is_unchanged(void **state)
{
    struct place place;

    (void)state;
    open_place(&place);
    assert_true(is_unchanged(&place));
    place.cells[0].file.status.modified_ns = 8; /* touched, and hashed again */
    place.cells[1].file.status.serial = 9;
    assert_true(is_unchanged(&place));
    close_place(&place);
}

static void whatever_differs_is_noticed(void **state)
{
    unsigned rows = 0;

    (void)state;
    for (bool more = true; more; rows++) {
        struct place place;

        open_place(&place);
        switch (rows) {
        case 0:
            place.recipe.digest.bytes[31] ^= 1;
            break;
        case 1:
            place.recipe.target.type = forge_target_find("zarr2");
            break;
        case 2:
            place.digests[2].bytes[0] ^= 1;
            break;
        case 3:
            place.cells[0].file.status.size++;
            break;
        case 4:
            place.cells[1].file.url = "d.nc";
            break;
        case 5:
            place.cells[2].state = FORGE_CELL_EXCLUDED;
            break;
        case 6:
            place.cells[2].state = FORGE_CELL_ABSENT;
            break;
        default: /* an input that nobody hashed */
            place.cells[0].file.hashed = false;
            more = false;
        }
        if (is_unchanged(&place))
            fail_msg("change %u was not noticed", rows);
        close_place(&place);
    }
    printf("%u changes\n", rows);
}

static void what_cannot_be_read_is_not_unchanged(void **state)
{
    struct place place;
    const char *path;
    FILE *file;

    (void)state;
    open_place(&place);
    path = forge_arena_print(&place.arena, "%s/" FORGE_MADE_FROM, place.folder);
    file = fopen(path, "a");
    assert_non_null(file);
    assert_int_equal(fputc(' ', file), ' ');
    assert_int_equal(fclose(file), 0);
    assert_false(is_unchanged(&place));
    assert_int_equal(unlink(path), 0);
    assert_false(is_unchanged(&place));
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_recipe_on_the_same_inputs_is_unchanged),
        cmocka_unit_test(whatever_differs_is_noticed),
        cmocka_unit_test(what_cannot_be_read_is_not_unchanged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

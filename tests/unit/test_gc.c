/* What gc keeps and removes, and how much that frees. */
#include "support/history.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "catalog/gc.h"

#define VERSIONS_MAX 16

static void set_day(const char *path, int day)
{
    const struct timespec times[2] = {
        {.tv_sec = (NOW_US + day * DAY_US) / 1000000},
        {.tv_sec = (NOW_US + day * DAY_US) / 1000000},
    };

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A day for each letter: P publish, Bx make version x current again, Wx withdraw it, L a run
 * that fails, R one whose journal grew on the next day, G a gc that is killed, . nothing. */
static void play(struct place *place, const char *days, const char *ids[VERSIONS_MAX])
{
    size_t count = 0;
    int day = 0;

    for (; *days; days++, day++) {
        const char *hidden = forge_arena_print(&place->arena, "versions/sst/%s%d",
                                               *days == 'G' ? ".gone-" : ".part-", day);
        struct forge_error err;

        if (*days == 'P')
            ids[count++] = publish_at(place, NOW_US + day * DAY_US);
        else if (*days == 'B')
            assert_string_equal(go_back(place, ids[days[1] - 'A'], day), ids[days[1] - 'A']);
        else if (*days == 'W')
            withdraw(place, ids[days[1] - 'A'], day);
        else if (*days == 'L' || *days == 'R' || *days == 'G') {
            const char *folder = below(place, hidden);

            assert_true(forge_folder_make(folder, &err));
            if (*days == 'R') {
                write_text(forge_arena_print(&place->arena, "%s/journal", folder), "");
                set_day(forge_arena_print(&place->arena, "%s/journal", folder), day + 1);
            }
            set_day(folder, day);
        }
        days += *days == 'B' || *days == 'W';
    }
}

struct told {
    struct forge_text text;
    uint64_t files, bytes;
};

static void tell(void *context, const struct forge_gc_item *item)
{
    struct told *told = context;

    if (told->text.length > 0)
        forge_text_add(&told->text, "; ");
    if (item->kind == FORGE_GC_DATASET)
        forge_text_add(&told->text, item->dataset);
    else if (item->kind == FORGE_GC_VERSION)
        forge_text_print(&told->text, "%.8s", item->name);
    else
        forge_text_add(&told->text, item->name);
    forge_text_print(&told->text, " %s: %s", item->removed ? "removed" : "kept", item->reason);
    told->files += item->files;
    told->bytes += item->bytes;
}

static const char *collect(struct told *told, struct place *place, uint64_t keep, int grace,
                           int day, bool dry_run)
{
    const struct forge_gc_request request = {
        .keep = keep,
        .since_us = NOW_US + (day - grace) * DAY_US,
        .now_us = NOW_US + day * DAY_US,
        .dry_run = dry_run,
    };
    struct forge_error err;
    const char *text;

    *told = (struct told){0};
    if (!forge_gc(&place->bakery, "sst", &request, tell, told, &err))
        fail_msg("%s", err.text);
    text = forge_arena_text(&place->arena, forge_text_string(&told->text));
    forge_text_clear(&told->text);
    return text;
}

/* Day 0 is 2001-02-03. */
static const struct {
    const char *days;
    unsigned keep;
    int grace, day;
    const char *told;
} situations[] = {
    {"P", 0, 0, 100, "20010203 kept: current"},
    {"PPPP", 2, 0, 100,
     "20010203 removed: not among the newest 2; 20010204 removed: not among the newest 2; "
     "20010205 kept: among the newest 2; 20010206 kept: current"},
    {"PPP", 0, 0, 100,
     "20010203 removed: not among the newest 0; 20010204 removed: not among the newest 0; "
     "20010205 kept: current"},
    {"PPPP", 9, 0, 100,
     "20010203 kept: among the newest 9; 20010204 kept: among the newest 9; "
     "20010205 kept: among the newest 9; 20010206 kept: current"},
    /* Readers may still be at what was current lately: A until day 1, B until day 2. */
    {"PPP", 1, 30, 32,
     "20010203 removed: not among the newest 1; 20010204 kept: was current until "
     "2001-02-05; 20010205 kept: current"},
    {"PPP", 1, 30, 31,
     "20010203 kept: was current until 2001-02-04; 20010204 kept: was current until "
     "2001-02-05; 20010205 kept: current"},
    {"PPP", 1, 30, 33,
     "20010203 removed: not among the newest 1; 20010204 removed: not among the newest 1; "
     "20010205 kept: current"},
    /* An old version is current again: it stays, and what it took the place of in its
     * grace. */
    {"PPPBA", 0, 10, 13,
     "20010203 kept: current; 20010204 removed: not among the newest 0; "
     "20010205 kept: was current until 2001-02-06"},
    {"PPPBA", 0, 10, 14,
     "20010203 kept: current; 20010204 removed: not among the newest 0; "
     "20010205 removed: not among the newest 0"},
    {"PPPBA.....BC", 0, 10, 14,
     "20010203 kept: was current until 2001-02-12; 20010204 removed: not among the newest "
     "0; 20010205 kept: current"},
    /* Withdrawn ones do not count among the newest, and go as soon as no reader can be at
     * them. */
    {"PPPPWCWB", 2, 0, 100,
     "20010203 kept: among the newest 2; 20010204 removed: withdrawn; "
     "20010205 removed: withdrawn; 20010206 kept: current"},
    {"PPPWC", 3, 10, 12,
     "20010203 kept: among the newest 3; 20010204 kept: current; "
     "20010205 kept: was current until 2001-02-06"},
    {"PPPWC", 3, 0, 4,
     "20010203 kept: among the newest 3; 20010204 kept: current; "
     "20010205 removed: withdrawn"},
    {"PWA", 3, 0, 4, "20010203 removed: withdrawn"},
    {"PWA", 3, 30, 4, "20010203 kept: was current until 2001-02-04"},
    /* What may be resumed. */
    {"PLL", 3, 10, 11,
     ".part-1 kept: its run may be resumed; .part-2 kept: its run may be resumed; "
     "20010203 kept: current"},
    {"PLL", 3, 10, 12,
     ".part-1 removed: its run was not resumed; .part-2 kept: its run may be resumed; "
     "20010203 kept: current"},
    {"PRL", 3, 10, 12,
     ".part-1 kept: its run may be resumed; .part-2 kept: its run may be resumed; "
     "20010203 kept: current"},
    {"PG", 3, 10, 1, ".gone-1 removed: a gc that was stopped left it; 20010203 kept: current"},
    {"L", 3, 10, 100, ".part-0 removed: its run was not resumed"},
};

static void what_is_kept_and_what_is_removed(void **state)
{

    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        const char *ids[VERSIONS_MAX] = {NULL}, *dry;
        struct place place;
        struct told told;

        open_place(&place);
        play(&place, situations[i].days, ids);
        dry = collect(&told, &place, situations[i].keep, situations[i].grace, situations[i].day,
                      true);
        assert_string_equal(dry, situations[i].told);
        assert_string_equal(collect(&told, &place, situations[i].keep, situations[i].grace,
                                    situations[i].day, false),
                            dry);
        /* What it removed is gone, what it kept is there. */
        dry = collect(&told, &place, situations[i].keep, situations[i].grace, situations[i].day,
                      true);
        assert_null(strstr(dry, "removed: "));
        close_place(&place);
    }
    print_message("%zu situations\n", sizeof situations / sizeof situations[0]);
}

static void what_is_removed_stays_in_the_history(void **state)
{
    const char *ids[VERSIONS_MAX] = {NULL};
    struct place place;
    struct told told;

    (void)state;
    open_place(&place);
    play(&place, "PPPWA", ids);
    collect(&told, &place, 1, 0, 50, true);
    assert_string_equal(versions_of(&place), "A withdrawn left +1d, B left +2d, C current");
    collect(&told, &place, 1, 0, 50, false);
    assert_string_equal(versions_of(&place),
                        "A withdrawn removed left +1d, B removed left +2d, C current");
    assert_string_equal(events_of(&place),
                        "published A, published B, published C, withdrawn A (wrong), removed A "
                        "(withdrawn), removed B (not among the newest 1)");
    assert_false(is_there(&place, "versions/sst/20010203T040506Z-01234567"));
    assert_false(is_there(&place, "versions/sst/.gone-20010203T040506Z-01234567"));
    assert_true(is_there(&place, "datasets/sst/data.zarr/zarr.json"));
    close_place(&place);
}

static void what_a_killed_gc_left_is_removed_by_the_next(void **state)
{
    const char *ids[VERSIONS_MAX] = {NULL};
    struct place place;
    struct told told;

    (void)state;
    open_place(&place);
    play(&place, "PPP", ids);
    /* It got as far as taking the name away: no event, nothing deleted. */
    change(&place, "versions/sst/20010203T040506Z-01234567",
           "versions/sst/.gone-20010203T040506Z-01234567");
    assert_string_equal(collect(&told, &place, 1, 0, 50, false),
                        ".gone-20010203T040506Z-01234567 removed: a gc that was stopped left "
                        "it; 20010204 removed: not among the newest 1; 20010205 kept: current");
    assert_false(is_there(&place, "versions/sst/.gone-20010203T040506Z-01234567"));
    assert_string_equal(versions_of(&place),
                        "A removed left +1d, B removed left +2d, C current");
    assert_string_equal(events_of(&place), "published A, published B, published C, removed A, "
                                           "removed B (not among the newest 1)");
    close_place(&place);
}

/* One file of 4096 bytes, with a name in each version whose letter the word has. Returns the
 * length of the word. */
static size_t put_file(struct place *place, const char *const *ids, const char *word, int file)
{
    const char *first = NULL;
    char page[4097] = "";
    size_t length = strcspn(word, " ");

    memset(page, 'x', sizeof page - 1);
    for (size_t i = 0; i < length; i++) {
        const char *path =
            forge_arena_print(&place->arena, "%s/versions/sst/%s/data.zarr/f%d-%zu",
                              place->folder, ids[word[i] - 'A'], file, i);

        if (first)
            assert_int_equal(link(first, path), 0);
        else
            write_text(path, page);
        first = first ? first : path;
    }
    return length;
}

static void only_files_that_nothing_else_shares_are_freed(void **state)
{
    static const struct {
        const char *shared; /* by which versions, a word a file */
        unsigned keep;
        unsigned files, pages; /* besides zarr.json of each */
    } rows[] = {
        {"A", 1, 1, 1},   {"AC", 1, 1, 0},       {"AB", 1, 2, 1},        {"ABC", 1, 2, 0},
        {"A B", 1, 2, 2}, {"AB AB AC", 1, 5, 2}, {"AA", 1, 2, 1},        {"AB", 2, 1, 0},
        {"C", 1, 0, 0},   {"AB AC BC", 1, 4, 1}, {"ABC A B C", 1, 4, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *ids[VERSIONS_MAX] = {NULL};
        struct place place;
        struct told none, dry, told;
        int file = 0;

        open_place(&place);
        play(&place, "PPP", ids);
        collect(&none, &place, rows[i].keep, 0, 50, true);
        for (const char *word = rows[i].shared; *word; word += *word == ' ')
            word += put_file(&place, ids, word, file++);
        collect(&dry, &place, rows[i].keep, 0, 50, true);
        collect(&told, &place, rows[i].keep, 0, 50, false);
        assert_int_equal(dry.files, none.files + rows[i].files);
        assert_int_equal(dry.bytes, none.bytes + (uint64_t)rows[i].pages * 4096);
        assert_int_equal(told.bytes, dry.bytes);
        assert_int_equal(told.files, dry.files);
        close_place(&place);
    }
}

static void a_dataset_that_is_being_baked_is_left_alone(void **state)
{
    int pipes[2], status;
    const char *ids[VERSIONS_MAX] = {NULL};
    struct place place;
    struct told told;
    char byte = 0;
    pid_t pid;

    (void)state;
    open_place(&place);
    play(&place, "PP", ids);
    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct forge_version version;

        begin(&version, &place);
        _exit(write(pipes[1], "", 1) == 1 && read(pipes[0], &byte, 0) == 0 && pause() ? 0 : 1);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_string_equal(collect(&told, &place, 0, 0, 1000000, false),
                        "sst kept: it is being baked");
    assert_true(is_there(&place, "versions/sst/.part-20010203T040506Z-01234567-2"));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_string_equal(collect(&told, &place, 0, 0, 1000000, false),
                        ".part-20010203T040506Z-01234567-2 removed: its run was not resumed; "
                        "20010203 removed: not among the newest 0; 20010204 kept: current");
    close(pipes[0]);
    close(pipes[1]);
    close_place(&place);
}

static void links_out_of_a_version_are_not_followed(void **state)
{
    const char *ids[VERSIONS_MAX] = {NULL};
    struct place place;
    struct told told;

    (void)state;
    open_place(&place);
    play(&place, "PP", ids);
    write_text(below(&place, "precious"), "stays");
    assert_int_equal(
        symlink("../../../", below(&place, "versions/sst/20010203T040506Z-01234567/up")), 0);
    collect(&told, &place, 0, 0, 50, false);
    assert_int_equal(told.files, 2);
    assert_true(is_there(&place, "precious"));
    assert_true(is_there(&place, "datasets/sst/data.zarr/zarr.json"));
    close_place(&place);
}

static void datasets_that_are_not_there_are_refused(void **state)
{
    const struct forge_gc_request request = {.keep = 3};
    struct forge_error err;
    struct place place;
    struct told told = {0};

    (void)state;
    open_place(&place);
    assert_true(forge_gc(&place.bakery, NULL, &request, tell, &told, &err));
    assert_false(forge_gc(&place.bakery, "sst", &request, tell, &told, &err));
    assert_int_equal(err.code, FORGE_MISSING);
    assert_false(forge_gc(&place.bakery, "../versions", &request, tell, &told, &err));
    assert_int_equal(err.code, FORGE_USAGE);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_and_what_is_removed),
        cmocka_unit_test(what_is_removed_stays_in_the_history),
        cmocka_unit_test(what_a_killed_gc_left_is_removed_by_the_next),
        cmocka_unit_test(only_files_that_nothing_else_shares_are_freed),
        cmocka_unit_test(a_dataset_that_is_being_baked_is_left_alone),
        cmocka_unit_test(links_out_of_a_version_are_not_followed),
        cmocka_unit_test(datasets_that_are_not_there_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* history.h: the events and versions of a dataset as text, and changes to them, for tests. */
#ifndef FORGE_TESTS_HISTORY_H
#define FORGE_TESTS_HISTORY_H

#include "support/bakery.h"

#define HISTORY "state/history/sst"

/* "published A, rolled back B (why)": every event, A for the first version that is named. */
static inline const char *events_of(struct place *place)
{
    struct forge_text text = {0};
    struct forge_event *events;
    struct forge_error err;
    const char *seen[16], *made;
    size_t count, seen_count = 0;

    assert_true(forge_history_read(&events, &count, &place->bakery, "sst", &err));
    for (size_t i = 0; i < count; i++) {
        size_t s = 0;

        while (s < seen_count && strcmp(seen[s], events[i].version) != 0)
            s++;
        if (s == seen_count)
            seen[seen_count++] = events[i].version;
        forge_text_print(&text, "%s%s %c", i > 0 ? ", " : "", forge_event_name(events[i].kind),
                         (char)('A' + s));
        if (events[i].why)
            forge_text_print(&text, " (%s)", events[i].why);
    }
    made = forge_arena_text(&place->arena, forge_text_string(&text));
    forge_text_clear(&text);
    return made;
}

/* "A, B current, C withdrawn removed": every version, oldest first; with "left +2d" since
 * NOW_US where it stopped being current. */
static inline const char *versions_of(struct place *place)
{
    struct forge_version_info *versions;
    struct forge_text text = {0};
    struct forge_error err;
    const char *made;
    size_t count;

    assert_true(forge_versions_read(&versions, &count, &place->bakery, "sst", &err));
    for (size_t i = 0; i < count; i++) {
        forge_text_print(&text, "%s%c", i > 0 ? ", " : "", (char)('A' + i));
        forge_text_add(&text, versions[i].current ? " current" : "");
        forge_text_add(&text, versions[i].withdrawn ? " withdrawn" : "");
        forge_text_add(&text, versions[i].removed ? " removed" : "");
        if (versions[i].left_us)
            forge_text_print(&text, " left +%dd",
                             (int)((versions[i].left_us - NOW_US) / DAY_US));
        assert_true(versions[i].removed == !versions[i].folder);
        assert_string_equal(versions[i].dataset, "sst");
    }
    made = forge_arena_text(&place->arena, forge_text_string(&text));
    forge_text_clear(&text);
    return made;
}

/* Versions A, B, .. of days 0, 1, .. */
static inline void open_with(struct place *place, const char **ids, size_t count)
{
    open_place(place);
    for (size_t i = 0; i < count; i++)
        ids[i] = publish_at(place, NOW_US + (int64_t)i * DAY_US);
}

static inline void lock_once(struct place *place)
{
    struct forge_version version;
    struct forge_error err;

    if (!forge_version_lock(&version, &place->bakery, "sst", &err))
        fail_msg("%s", err.text);
    forge_version_abandon(&version, true);
}

static inline void change(struct place *place, const char *path, const char *to)
{
    assert_int_equal(rename(below(place, path), below(place, to)), 0);
}

/* Leave out the last `lines` lines of the history. */
static inline void forget(struct place *place, int lines)
{
    const char *path = below(place, HISTORY);
    FILE *file = fopen(path, "r");
    char text[8192];
    size_t length;

    assert_non_null(file);
    length = fread(text, 1, sizeof text, file);
    fclose(file);
    for (int i = 0; i < lines; i++) {
        assert_true(length > 0);
        do
            length--;
        while (length > 0 && text[length - 1] != '\n');
    }
    assert_int_equal(truncate(path, (off_t)length), 0);
}

static inline void append(struct place *place, const char *text)
{
    FILE *file = fopen(below(place, HISTORY), "a");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline const char *go_back(struct place *place, const char *id, int day)
{
    const char *now = NULL;
    struct forge_error err;

    if (!forge_rollback(&place->bakery, "sst", id, "bad", NOW_US + day * DAY_US, &now, &err))
        return forge_arena_text(&place->arena, err.text);
    assert_string_equal(forge_arena_print(&place->arena, "%s", now), now);
    return now;
}

static inline const char *withdraw(struct place *place, const char *id, int day)
{
    const char *now = NULL;
    struct forge_error err;

    if (!forge_withdraw(&place->bakery, "sst", id, "wrong", NOW_US + day * DAY_US, &now, &err))
        return forge_arena_text(&place->arena, err.text);
    return now ? now : "none";
}

#endif

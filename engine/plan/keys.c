/* keys.c: the keys along one axis of the grid, from lists, integers and dates. */
#include "plan/keys.h"

#include "base/checked.h"

#include <string.h>

struct key_list {
    struct forge_arena *arena;
    struct forge_key *items;
    uint64_t count, room;
};

static void add_key(struct key_list *list, struct forge_scalar value, const char *text)
{
    if (list->count == list->room) {
        struct forge_key *items;

        list->room = list->room ? 2 * list->room : 64;
        items = forge_arena_array(list->arena, list->room, sizeof *items);
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
    }
    list->items[list->count++] = (struct forge_key){value, text};
}

static bool too_many(struct forge_error *err, const struct forge_combine *combine)
{
    return forge_fail_at(err, combine->place, "\"%s\" has more than %u keys", combine->as,
                         FORGE_CELLS_MAX);
}

bool forge_key_of_text(struct forge_key *out, const struct forge_combine *combine,
                       const char *text, struct forge_arena *arena, struct forge_error *err)
{
    out->text = forge_arena_text(arena, text);
    out->value = (struct forge_scalar){.kind = FORGE_SCALAR_STRING, .string = out->text};
    if (!combine->parse)
        return true;
    out->value.kind = FORGE_SCALAR_TIME;
    out->value.calendar = FORGE_CALENDAR_STANDARD;
    if (forge_time_parse_format(&out->value.integer, FORGE_CALENDAR_STANDARD, text,
                                combine->parse))
        return true;
    return forge_fail_at(err, combine->place, "key \"%s\" of \"%s\" cannot be read by \"%s\"",
                         text, combine->as, combine->parse);
}

static bool list_keys(struct key_list *list, const struct forge_combine *combine,
                      struct forge_error *err)
{
    for (size_t i = 0; i < combine->list.count; i++) {
        struct forge_key key;

        if (!forge_key_of_text(&key, combine, combine->list.items[i], list->arena, err))
            return false;
        add_key(list, key.value, key.text);
    }
    return true;
}

static bool integer_keys(struct key_list *list, const struct forge_combine *combine,
                         struct forge_error *err)
{
    for (int64_t i = combine->from; i <= combine->to; i += combine->step) {
        struct forge_scalar value = {.kind = FORGE_SCALAR_INTEGER, .integer = i};

        if (list->count == FORGE_CELLS_MAX)
            return too_many(err, combine);
        add_key(list, value, forge_arena_print(list->arena, "%lld", (long long)i));
    }
    return true;
}

/* "now", "now - 2d", or the first moment of a date. */
static bool resolve_date(int64_t *out, const struct forge_combine *combine, const char *text,
                         int64_t now_us, struct forge_error *err)
{
    enum forge_calendar calendar = combine->dates.calendar;

    if (strncmp(text, "now", 3) == 0)
        return forge_combine_now(out, combine, text, now_us, err);
    return forge_time_parse(out, NULL, calendar, text) ||
           forge_fail_at(err, combine->place, "\"%s\" is not a date", text);
}

/* `to: 2001` means until the end of 2001. */
static bool last_date(int64_t *out, const struct forge_combine *combine, int64_t now_us,
                      struct forge_error *err)
{
    struct forge_duration period = {0};
    int64_t start = 0;

    if (!resolve_date(&start, combine, combine->dates.to, now_us, err))
        return false;
    *out = start;
    if (forge_time_parse(&start, &period, combine->dates.calendar, combine->dates.to) &&
        forge_time_add(out, combine->dates.calendar, start, &period, 1))
        *out -= 1;
    return true;
}

static void add_date(struct key_list *list, const struct forge_combine *combine,
                     int64_t time_us)
{
    struct forge_scalar value = {
        .kind = FORGE_SCALAR_TIME, .integer = time_us, .calendar = combine->dates.calendar};
    struct forge_text text = {0};

    forge_time_print(&text, combine->dates.calendar, time_us);
    add_key(list, value, forge_arena_text(list->arena, forge_text_string(&text)));
    forge_text_clear(&text);
}

/* The first moment of the next year. */
static bool next_year(int64_t *out, enum forge_calendar calendar, int64_t time_us)
{
    struct forge_date date;

    forge_date_from_time(&date, calendar, time_us);
    date = (struct forge_date){.year = date.year + 1, .month = 1, .day = 1};
    if (date.year == 0)
        date.year = 1;
    return forge_time_from_date(out, calendar, &date);
}

static bool date_keys(struct key_list *list, const struct forge_combine *combine,
                      int64_t now_us, struct forge_error *err)
{
    enum forge_calendar calendar = combine->dates.calendar;
    int64_t from = 0, to = 0, base, at, turn = INT64_MAX;

    if (!resolve_date(&from, combine, combine->dates.from, now_us, err) ||
        !last_date(&to, combine, now_us, err))
        return false;
    base = at = from;
    if (combine->dates.restart_yearly && !next_year(&turn, calendar, from))
        turn = INT64_MAX;
    for (int64_t step = 1; at <= to; step++) {
        if (list->count == FORGE_CELLS_MAX)
            return too_many(err, combine);
        add_date(list, combine, at);
        if (!forge_time_add(&at, calendar, base, &combine->dates.step, step))
            break;
        if (at >= turn) {
            base = at = turn;
            step = 0;
            if (!next_year(&turn, calendar, base))
                turn = INT64_MAX;
        }
    }
    return true;
}

/* Two spellings of one key: as text, or as the same date. */
bool forge_key_matches(const struct forge_key *key, const char *text)
{
    int64_t time_us;

    return strcmp(key->text, text) == 0 ||
           (key->value.kind == FORGE_SCALAR_TIME &&
            forge_time_parse(&time_us, NULL, key->value.calendar, text) &&
            time_us == key->value.integer);
}

bool forge_keys_drop_excepted(struct forge_axis *axis, struct forge_error *err)
{
    const struct forge_combine *combine = axis->combine;

    for (size_t i = 0; i < combine->except.count; i++) {
        uint64_t kept = 0;

        for (uint64_t k = 0; k < axis->count; k++) {
            if (!forge_key_matches(&axis->keys[k], combine->except.items[i]))
                axis->keys[kept++] = axis->keys[k];
        }
        if (kept == axis->count)
            return forge_fail_at(err, combine->except.nodes[i]->place,
                                 "except: \"%s\" is not a key of \"%s\"",
                                 combine->except.items[i], combine->as);
        axis->count = kept;
    }
    if (axis->count == 0)
        return forge_fail_at(err, combine->place, "\"%s\" has no keys left", combine->as);
    return true;
}

bool forge_keys_resolve(struct forge_axis *axis, struct forge_arena *arena,
                        const struct forge_combine *combine, int64_t now_us,
                        struct forge_error *err)
{
    struct key_list list = {.arena = arena};
    bool good = false;

    switch (combine->keys) {
    case FORGE_KEYS_LIST:
        good = list_keys(&list, combine, err);
        break;
    case FORGE_KEYS_INTS:
        good = integer_keys(&list, combine, err);
        break;
    case FORGE_KEYS_DATES:
        good = date_keys(&list, combine, now_us, err);
        break;
    case FORGE_KEYS_FOUND:
        good = forge_fail_at(err, combine->place, "\"%s\" has no keys", combine->as);
        break;
    }
    *axis = (struct forge_axis){combine, list.items, list.count};
    return good && forge_keys_drop_excepted(axis, err);
}

void forge_keys_prune(struct forge_axis *axis, uint64_t keep)
{
    if (keep == 0 || axis->combine->merge || axis->count <= keep || axis->count - keep <= keep)
        return;
    memmove(&axis->keys[keep], &axis->keys[axis->count - keep], keep * sizeof *axis->keys);
    axis->count = 2 * keep;
}

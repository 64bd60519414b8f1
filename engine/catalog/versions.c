/* versions.c: the versions of a dataset, from its events, its folders and its link. */
#include "base/text.h"
#include "catalog/bakery_parts.h"
#include "time/calendar.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Versions while they are put together. */
struct book {
    const struct forge_bakery *bakery;
    const char *name;
    struct forge_version_info *items;
    size_t count;
};

static struct forge_version_info *find(const struct book *book, const char *id)
{
    for (size_t i = book->count; i-- > 0;) {
        if (strcmp(book->items[i].id, id) == 0)
            return &book->items[i];
    }
    return NULL;
}

static struct forge_version_info *find_or_add(struct book *book, const char *id,
                                              int64_t time_us)
{
    struct forge_version_info *item = find(book, id);

    if (!item) {
        item = &book->items[book->count++];
        *item = (struct forge_version_info){
            .dataset = book->name, .id = id, .published_us = time_us};
    }
    return item;
}

/* One version stops being current, another is. */
static void pass_on(struct forge_version_info **current, struct forge_version_info *next,
                    int64_t time_us)
{
    if (*current && *current != next)
        (*current)->left_us = time_us;
    if (next)
        next->left_us = 0;
    *current = next;
}

/* What the events say: the version that was current after the last of them, or NULL. */
static struct forge_version_info *replay(struct book *book, const struct forge_event *events,
                                         size_t count)
{
    struct forge_version_info *current = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct forge_event *event = &events[i];
        struct forge_version_info *item = find_or_add(book, event->version, event->time_us);

        switch (event->kind) {
        case FORGE_EVENT_PUBLISHED:
            item->published_us = event->time_us;
            item->run = event->run;
            item->facts = event->facts;
            pass_on(&current, item, event->time_us);
            break;
        case FORGE_EVENT_ROLLED_BACK:
            pass_on(&current, item, event->time_us);
            break;
        case FORGE_EVENT_WITHDRAWN:
            item->withdrawn = true;
            item->why = event->why;
            if (item == current)
                pass_on(&current, NULL, event->time_us);
            break;
        case FORGE_EVENT_REMOVED:
            item->removed = true;
            break;
        }
    }
    return current;
}

/* The time that an id begins with; 0 where it begins with none. */
static int64_t time_of_id(const char *id)
{
    char stamp[] = "20010203T040506Z";
    int64_t time_us = 0;

    strncpy(stamp, id, sizeof stamp - 1);
    return forge_time_parse_format(&time_us, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, stamp,
                                   "%Y%m%dT%H%M%SZ")
               ? time_us
               : 0;
}

bool forge_version_is_id(const char *name)
{
    size_t stamp = strlen("20010203T040506Z-"), length = strlen(name);
    const char *seed = name + stamp;

    if (length <= stamp || seed[-1] != '-' || time_of_id(name) == 0)
        return false;
    return strspn(seed, "0123456789abcdef") == 8 &&
           (seed[8] == '\0' ||
            (seed[8] == '-' && seed[9] && seed[9 + strspn(seed + 9, "0123456789")] == '\0'));
}

static bool is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Add the folders. Of those without an event the current one counts; the others only where the
 * history is not there or damaged: else they were never published. */
static void add_folders(struct book *book, const char *const *folders, size_t count,
                        const char *linked, int64_t since_us, bool adopt)
{
    for (size_t i = 0; i < count; i++) {
        struct forge_version_info *item = find(book, folders[i]);
        bool is_linked = linked && strcmp(linked, folders[i]) == 0;
        const char *path = forge_arena_print(book->bakery->arena, "%s/versions/%s/%s",
                                             book->bakery->root, book->name, folders[i]);

        if (!is_folder(path))
            continue;
        if (!item && (is_linked || (adopt && forge_version_is_id(folders[i]))))
            item = find_or_add(book, folders[i], is_linked ? since_us : time_of_id(folders[i]));
        if (item) {
            item->folder = path;
            item->current = is_linked;
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const struct forge_version_info *one = a, *other = b;

    if (one->published_us != other->published_us)
        return one->published_us < other->published_us ? -1 : 1;
    return forge_text_compare_natural(one->id, other->id);
}

/* When the link was removed, at the latest: no event tells where somebody did it by hand. */
static int64_t links_changed_us(const struct forge_bakery *bakery)
{
    struct stat status;

    if (stat(forge_bakery_path(bakery, "datasets", ""), &status) != 0)
        return INT64_MAX;
    return forge_modified_us(&status);
}

bool forge_versions_read(struct forge_version_info **versions, size_t *count,
                         const struct forge_bakery *bakery, const char *name,
                         struct forge_error *err)
{
    struct book book = {.bakery = bakery, .name = name};
    struct forge_version_info *current;
    struct forge_event *events;
    const char **folders, *linked;
    size_t events_count, folders_count, told;
    int64_t since_us = 0;
    bool damaged;

    if (!forge_bakery_name_is_safe(name, err) ||
        !forge_history_load(&events, &events_count, &damaged, bakery, name, err) ||
        !forge_bakery_names(&folders, &folders_count, bakery, "versions", name, NULL, err))
        return false;
    book.items =
        forge_arena_array(bakery->arena, events_count + folders_count + 1, sizeof *book.items);
    linked = forge_link_version(bakery, name, &since_us);
    current = replay(&book, events, events_count);
    told = book.count;
    add_folders(&book, folders, folders_count, linked, since_us,
                linked && (events_count == 0 || damaged));
    if (current && !current->current)
        current->left_us = linked ? since_us : links_changed_us(bakery);
    if (book.count > told) /* events are in order */
        qsort(book.items + told, book.count - told, sizeof *book.items, by_time);
    for (size_t i = 0; i < book.count; i++) {
        if (book.items[i].current)
            book.items[i].left_us = 0;
        book.items[i].removed = !book.items[i].folder;
    }
    if (book.count == 0) {
        forge_fail(err, FORGE_MISSING, "the bakery %s has no dataset \"%s\"", bakery->root,
                   name);
        return forge_fail_help(err, "forge list shows which it has");
    }
    *versions = book.items;
    *count = book.count;
    return true;
}

bool forge_version_pick(const struct forge_version_info **out,
                        const struct forge_version_info *versions, size_t count,
                        const char *name, const char *id, struct forge_error *err)
{
    size_t length = strlen(id), found = 0;
    struct forge_text shown = {0};

    for (size_t i = 0; i < count; i++) {
        bool exact = strcmp(versions[i].id, id) == 0;

        if (exact || strncmp(versions[i].id, id, length) == 0) {
            *out = &versions[i];
            found++;
        }
        if (exact) {
            found = 1;
            break;
        }
    }
    if (found == 1)
        return true;
    forge_text_add_safe(&shown, id);
    if (found == 0)
        forge_fail(err, FORGE_MISSING, "dataset \"%s\" has no version \"%s\"", name,
                   forge_text_string(&shown));
    else
        forge_fail(err, FORGE_USAGE, "\"%s\" may be any of %zu versions of dataset \"%s\"",
                   forge_text_string(&shown), found, name);
    forge_text_clear(&shown);
    return forge_fail_help(err, "forge history %s lists them", name);
}

static bool fail_removed(const struct forge_version_info *version, struct forge_error *err)
{
    if (version->withdrawn)
        return forge_fail(err, FORGE_MISSING, "version %s of dataset \"%s\" was withdrawn: %s",
                          version->id, version->dataset, version->why ? version->why : "");
    return forge_fail(err, FORGE_MISSING,
                      "the data of version %s of dataset \"%s\" were removed", version->id,
                      version->dataset);
}

bool forge_version_find(struct forge_version_info *out, const struct forge_bakery *bakery,
                        const char *text, struct forge_error *err)
{
    const char *at = strchr(text, '@');
    const char *name = at ? forge_arena_copy(bakery->arena, text, (size_t)(at - text)) : text;
    const struct forge_version_info *picked = NULL;
    struct forge_version_info *versions = NULL;
    size_t count = 0;

    if (!forge_versions_read(&versions, &count, bakery, name, err) ||
        (at && !forge_version_pick(&picked, versions, count, name, at + 1, err)))
        return false;
    for (size_t i = 0; i < count && !picked; i++) {
        if (versions[i].current)
            picked = &versions[i];
    }
    if (!picked) {
        forge_fail(err, FORGE_MISSING, "dataset \"%s\" has no current version", name);
        return forge_fail_help(err, "forge history %s lists those it had", name);
    }
    if (!picked->folder)
        return fail_removed(picked, err);
    *out = *picked;
    return true;
}

/* reconcile.c: what a process that died left between link, folders and history.
 *
 * The link is the truth about what is current: what the history lacks is added.
 * A version whose folder has its name but that was never current is hidden
 * again, as a leftover of its run: its objects serve the next one. In a bakery
 * whose history is not there or damaged, every folder counts as published.
 */
#include "catalog/bakery_parts.h"
#include "catalog/folders.h"
#include "storage/fd.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

struct book {
    const struct forge_bakery *bakery;
    const char *name;
    struct forge_event *events;
    size_t count;
};

static bool knows(const struct book *book, const char *id, enum forge_event_kind kind)
{
    for (size_t i = 0; i < book->count; i++) {
        if (book->events[i].kind == kind && strcmp(book->events[i].version, id) == 0)
            return true;
    }
    return false;
}

/* The version that was made current last, as the history has it; NULL: none. */
static const char *last_current(const struct book *book)
{
    for (size_t i = book->count; i-- > 0;) {
        if (book->events[i].kind == FORGE_EVENT_PUBLISHED ||
            book->events[i].kind == FORGE_EVENT_ROLLED_BACK)
            return book->events[i].version;
    }
    return NULL;
}

/* `before`: the version that was current before one that was published; or NULL. */
static bool add(const struct book *book, enum forge_event_kind kind, const char *id,
                const char *before, int64_t time_us, struct forge_error *err)
{
    const char *folder = forge_bakery_path(book->bakery, "versions", book->name);
    struct forge_arena *arena = book->bakery->arena;
    struct forge_event event = {.kind = kind, .version = id, .time_us = time_us};
    struct forge_version_facts facts;

    if (kind == FORGE_EVENT_PUBLISHED) {
        forge_version_facts_read(&facts, arena, forge_arena_print(arena, "%s/%s", folder, id),
                                 before ? forge_arena_print(arena, "%s/%s", folder, before)
                                        : NULL);
        event.facts = &facts;
        event.run = facts.run;
    }
    return forge_history_add(book->bakery, book->name, &event, err);
}

/* Hide a version that was never current. */
static bool hide(const struct book *book, const char *id, struct forge_error *err)
{
    const char *folder = forge_bakery_path(book->bakery, "versions", book->name);
    struct forge_arena *arena = book->bakery->arena;
    const char *from = forge_arena_print(arena, "%s/%s", folder, id);
    const char *to = forge_arena_print(arena, "%s/" FORGE_PART_PREFIX "%s", folder, id);

    return forge_fd_rename(AT_FDCWD, from, to) ||
           forge_fail_errno(err, FORGE_TARGET_IO, "cannot put version %s aside", id);
}

/* Every folder without an event: published, or hidden again. */
static bool settle_folders(const struct book *book, const char *linked, bool adopt,
                           struct forge_error *err)
{
    struct forge_version_info *versions;
    struct forge_error none;
    const char **folders;
    size_t count, folders_count;

    if (!forge_bakery_names(&folders, &folders_count, book->bakery, "versions", book->name,
                            NULL, err))
        return false;
    for (size_t i = 0; i < folders_count && !adopt; i++) {
        if (forge_version_is_id(folders[i]) && (!linked || strcmp(folders[i], linked) != 0) &&
            !knows(book, folders[i], FORGE_EVENT_PUBLISHED) && !hide(book, folders[i], err))
            return false;
    }
    if (!adopt || !forge_versions_read(&versions, &count, book->bakery, book->name, &none))
        return true;
    for (size_t i = 0; i < count; i++) {
        if (versions[i].folder && !versions[i].current &&
            !knows(book, versions[i].id, FORGE_EVENT_PUBLISHED) &&
            !add(book, FORGE_EVENT_PUBLISHED, versions[i].id, i > 0 ? versions[i - 1].id : NULL,
                 versions[i].published_us, err))
            return false;
    }
    return true;
}

/* The versions whose folders are gone without an event. */
static bool settle_removed(const struct book *book, struct forge_error *err)
{
    const char *folder = forge_bakery_path(book->bakery, "versions", book->name);
    struct stat status;

    for (size_t i = 0; i < book->count; i++) {
        const char *id = book->events[i].version;
        const char *path = forge_arena_print(book->bakery->arena, "%s/%s", folder, id);

        if (book->events[i].kind != FORGE_EVENT_PUBLISHED ||
            knows(book, id, FORGE_EVENT_REMOVED) || lstat(path, &status) == 0 ||
            errno != ENOENT || stat(folder, &status) != 0)
            continue;
        if (!add(book, FORGE_EVENT_REMOVED, id, NULL, forge_modified_us(&status), err))
            return false;
    }
    return true;
}

static bool settle_current(const struct book *book, const char *linked, int64_t since_us,
                           struct forge_error *err)
{
    const char *last = last_current(book);
    struct stat status;

    if (!linked || (last && strcmp(last, linked) == 0) ||
        stat(forge_bakery_path(book->bakery, "datasets", book->name), &status) != 0)
        return true;
    return add(book,
               knows(book, linked, FORGE_EVENT_PUBLISHED) ? FORGE_EVENT_ROLLED_BACK
                                                          : FORGE_EVENT_PUBLISHED,
               linked, last, since_us, err);
}

bool forge_history_reconcile(const struct forge_bakery *bakery, const char *name,
                             struct forge_error *err)
{
    struct book book = {.bakery = bakery, .name = name};
    int64_t since_us = 0;
    const char *linked = forge_link_version(bakery, name, &since_us);
    struct stat status;
    bool damaged, adopt;

    /* What the link says has to be known before anything is put aside. */
    if (!linked && (lstat(forge_bakery_path(bakery, "datasets", name), &status) == 0 ||
                    (errno != ENOENT && errno != ENOTDIR)))
        return forge_fail(err, FORGE_TARGET_IO, "cannot read the link of dataset \"%s\"", name);
    if (!forge_history_load(&book.events, &book.count, &damaged, bakery, name, err))
        return false;
    adopt = linked && (book.count == 0 || damaged);
    return settle_folders(&book, linked, adopt, err) &&
           (!adopt || forge_history_read(&book.events, &book.count, bakery, name, err)) &&
           settle_removed(&book, err) && settle_current(&book, linked, since_us, err) &&
           (!linked || !knows(&book, linked, FORGE_EVENT_WITHDRAWN) ||
            forge_withdraw_finish(bakery, name, since_us, NULL, err));
}

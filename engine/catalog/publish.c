/* publish.c: a version from its hidden folder to the one that readers see.
 *
 * Every step is durable before the next begins, so that whatever a power loss
 * leaves is the old version or the new one: the objects, the name of the
 * version, the link, its history. What fails before the link flips leaves the
 * old version current and the new one a leftover.
 */
#include "base/mutant.h"
#include "base/text.h"
#include "catalog/bakery_parts.h"
#include "catalog/folders.h"
#include "catalog/objects.h"
#include "storage/fd.h"
#include "time/calendar.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *forge_link_next(const struct forge_bakery *bakery, const char *name)
{
    return forge_arena_print(bakery->arena, "%s/datasets/.%s", bakery->root, name);
}

const char *forge_link_version(const struct forge_bakery *bakery, const char *name,
                               int64_t *since_us)
{
    const char *link = forge_bakery_path(bakery, "datasets", name);
    char to[PATH_MAX];
    struct stat status;
    const char *target, *slash;
    ssize_t length = readlink(link, to, sizeof to);

    if (length <= 0 || lstat(link, &status) != 0)
        return NULL;
    if (since_us)
        *since_us = forge_modified_us(&status);
    target = forge_arena_copy(bakery->arena, to, (size_t)length);
    slash = strrchr(target, '/');
    return slash ? slash + 1 : target;
}

bool forge_link_sync(const struct forge_bakery *bakery, struct forge_error *err)
{
    return forge_folder_sync(forge_bakery_path(bakery, "datasets", ""), err);
}

bool forge_link_flip(const struct forge_bakery *bakery, const char *name, const char *id,
                     struct forge_error *err)
{
    const char *next = forge_link_next(bakery, name);
    const char *to = forge_arena_print(bakery->arena, "../versions/%s/%s", name, id);

    if (!forge_fd_symlink(to, AT_FDCWD, next))
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot make the link %s", next);
    if (forge_fd_rename(AT_FDCWD, next, forge_bakery_path(bakery, "datasets", name)))
        return true;
    forge_fail_errno(err, FORGE_TARGET_IO, "cannot make version %s current", id);
    forge_fd_discard(AT_FDCWD, next);
    return false;
}

bool forge_link_remove(const struct forge_bakery *bakery, const char *name,
                       struct forge_error *err)
{
    const char *link = forge_bakery_path(bakery, "datasets", name);

    return forge_fd_unlink(AT_FDCWD, link) || errno == ENOENT ||
           forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove the link %s", link);
}

static bool is_taken(const struct forge_version *version, const char *id,
                     const struct forge_event *events, size_t count)
{
    const char *folder = forge_bakery_path(version->bakery, "versions", version->name);
    struct forge_arena *arena = version->bakery->arena;
    struct stat status;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(events[i].version, id) == 0)
            return true;
    }
    return lstat(forge_arena_print(arena, "%s/%s", folder, id), &status) == 0 ||
           lstat(forge_arena_print(arena, "%s/" FORGE_PART_PREFIX "%s", folder, id), &status) ==
               0;
}

/* <time>-<seed>, or <time>-<seed>-2 and so on: one that no version has or ever
 * had, and no leftover. */
static bool new_id(struct forge_version *version, int64_t now_us, const char *seed,
                   struct forge_error *err)
{
    const struct forge_bakery *bakery = version->bakery;
    struct forge_text stamp = {0};
    struct forge_event *events;
    const char *first, *id;
    size_t count;

    if (!forge_history_read(&events, &count, bakery, version->name, err))
        return false;
    forge_time_format(&stamp, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, now_us, "%Y%m%dT%H%M%SZ",
                      NULL);
    id = first = forge_arena_print(bakery->arena, "%s-%.8s", forge_text_string(&stamp), seed);
    forge_text_clear(&stamp);
    for (unsigned i = 2; is_taken(version, id, events, count); i++)
        id = forge_arena_print(bakery->arena, "%s-%u", first, i);
    version->id = id;
    return true;
}

bool forge_version_begin(struct forge_version *version, int64_t now_us, const char *seed,
                         struct forge_error *err)
{
    const struct forge_bakery *bakery = version->bakery;
    const char *folder = forge_bakery_path(bakery, "versions", version->name);

    if (!forge_folder_make_durable(folder, err) ||
        !forge_folder_make_durable(forge_bakery_path(bakery, "datasets", ""), err) ||
        !new_id(version, now_us, seed, err))
        return false;
    version->staging =
        forge_arena_print(bakery->arena, "%s/" FORGE_PART_PREFIX "%s", folder, version->id);
    if (!forge_folder_make(version->staging, err))
        return false;
    /* Open from now on: syncfs tells of every write that failed since. */
    version->folder = forge_fd_open(AT_FDCWD, version->staging, O_RDONLY | O_DIRECTORY);
    return version->folder >= 0 ||
           forge_fail_errno(err, FORGE_TARGET_IO, "cannot open %s", version->staging);
}

/* The objects first; the list of them, which says that they are whole, behind them. */
static bool make_durable(const struct forge_version *version, struct forge_error *err)
{
    struct forge_arena *arena = version->bakery->arena;
    const char *manifest = forge_arena_print(arena, "%s/" FORGE_MANIFEST, version->staging);
    const char *list = forge_arena_print(arena, "%s/" FORGE_OBJECTS_LIST, version->staging);
    struct stat status;

    if (!FORGE_MUTANT("no-syncfs") && !forge_fd_sync_all(version->folder) &&
        !FORGE_MUTANT("unchecked-syncfs"))
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot make version %s durable",
                                version->id);
    return (lstat(list, &status) != 0 || forge_file_sync(manifest, err)) &&
           forge_folder_sync(version->staging, err);
}

/* Name the version and flip the link to it; undone where it fails. */
static bool make_current(struct forge_version *version, struct forge_error *err)
{
    const struct forge_bakery *bakery = version->bakery;
    const char *folder = forge_bakery_path(bakery, "versions", version->name);
    const char *final = forge_arena_print(bakery->arena, "%s/%s", folder, version->id);

    if (FORGE_MUTANT("early-flip") && !forge_link_flip(bakery, version->name, version->id, err))
        return false;
    if (!forge_fd_rename(AT_FDCWD, version->staging, final))
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot name the version %s",
                                version->id);
    if ((FORGE_MUTANT("no-name-sync") || forge_folder_sync(folder, err)) &&
        forge_link_flip(bakery, version->name, version->id, err)) {
        version->staging = NULL;
        return true;
    }
    if (!forge_fd_rename(AT_FDCWD, final, version->staging))
        version->staging = final; /* whoever locks the dataset next hides it again */
    return false;
}

bool forge_version_publish(struct forge_version *version, int64_t now_us, const char *run,
                           struct forge_error *err)
{
    const struct forge_bakery *bakery = version->bakery;
    const char *before = forge_link_version(bakery, version->name, NULL);
    struct forge_version_facts facts;
    struct forge_event event = {.kind = FORGE_EVENT_PUBLISHED,
                                .time_us = now_us,
                                .version = version->id,
                                .run = run,
                                .facts = &facts};

    forge_version_facts_read(&facts, bakery->arena, version->staging,
                             before ? forge_arena_print(bakery->arena, "%s/versions/%s/%s",
                                                        bakery->root, version->name, before)
                                    : NULL);
    if (!event.run)
        event.run = facts.run;
    if (!make_durable(version, err) || !make_current(version, err))
        return false;
    if (!FORGE_MUTANT("no-link-sync") && !forge_link_sync(bakery, err))
        return forge_fail_while(err, "version %s is current, but a power loss may undo that",
                                version->id);
    if (!forge_history_add(bakery, version->name, &event, err))
        return forge_fail_while(err, "version %s is current, but its history lacks that",
                                version->id);
    if (!forge_leftovers_remove(bakery, version->name, err))
        return forge_fail_while(err, "version %s is current, but leftovers are still there",
                                version->id);
    forge_version_abandon(version, true);
    return true;
}

void forge_version_abandon(struct forge_version *version, bool keep)
{
    struct forge_error ignored;

    if (version->lock < 0) /* and nothing was begun */
        return;
    forge_fd_drop(version->folder);
    version->folder = -1;
    /* What cannot be removed now is removed when a version is published. */
    if (version->staging && !keep && forge_folder_remove(version->staging, &ignored))
        rmdir(forge_bakery_path(version->bakery, "versions", version->name));
    version->staging = NULL;
    forge_fd_drop(version->lock);
    version->lock = -1;
}

/* rollback.c: another version made current, and versions taken back for good. */
#include "base/text.h"
#include "catalog/bakery_parts.h"
#include "catalog/objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DIGITS 64

/* Is every file that the manifest of a version names there? */
static bool manifest_holds(const struct forge_version_info *version, FILE *manifest,
                           struct forge_error *err)
{
    char *line = NULL;
    size_t room = 0;
    bool good = true;

    while (good) {
        struct forge_text path = {0};
        struct stat status;
        ssize_t length = getline(&line, &room, manifest);

        if (length < 0)
            break;
        if (length <= DIGITS + 3 || line[length - 1] != '\n') {
            good = forge_fail(err, FORGE_BAD_TARGET, "version %s is not whole: its manifest",
                              version->id);
            break;
        }
        line[length - 1] = '\0';
        forge_text_print(&path, "%s/%s", version->folder, line + DIGITS + 2);
        if (stat(forge_text_string(&path), &status) != 0 || !S_ISREG(status.st_mode)) {
            good = forge_fail(err, FORGE_BAD_TARGET, "version %s is not whole: it lacks %s",
                              version->id, line + DIGITS + 2);
            forge_fail_help(err, "forge verify %s@%s tells of everything", version->dataset,
                            version->id);
        }
        forge_text_clear(&path);
    }
    free(line);
    return good;
}

static bool is_whole(const struct forge_bakery *bakery,
                     const struct forge_version_info *version, struct forge_error *err)
{
    struct forge_arena *arena = bakery->arena;
    FILE *manifest =
        fopen(forge_arena_print(arena, "%s/" FORGE_MANIFEST, version->folder), "re");
    struct stat status;
    bool good;

    if (!manifest && errno != ENOENT)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot read the manifest of version %s",
                                version->id);
    if (stat(forge_arena_print(arena, "%s/" FORGE_STORE_NAME, version->folder), &status) != 0 ||
        !S_ISDIR(status.st_mode))
        good = forge_fail(err, FORGE_BAD_TARGET, "version %s is not whole: it lacks %s",
                          version->id, FORGE_STORE_NAME);
    else
        good = !manifest || manifest_holds(version, manifest, err);
    if (manifest)
        fclose(manifest);
    return good;
}

static bool can_be_current(const struct forge_version_info *version)
{
    return version->folder && !version->withdrawn;
}

static const struct forge_version_info *current_of(const struct forge_version_info *versions,
                                                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (versions[i].current)
            return &versions[i];
    }
    return NULL;
}

/* The newest in front of `end` that can be current, or NULL. */
static const struct forge_version_info *newest(const struct forge_version_info *versions,
                                               const struct forge_version_info *end)
{
    while (end-- > versions) {
        if (can_be_current(end))
            return end;
    }
    return NULL;
}

/* Flip the link to a version, and write it down. */
static bool go_to(const struct forge_bakery *bakery, const struct forge_version_info *version,
                  const char *why, int64_t now_us, struct forge_error *err)
{
    const struct forge_event event = {
        .kind = FORGE_EVENT_ROLLED_BACK, .time_us = now_us, .version = version->id, .why = why};

    if (!forge_link_flip(bakery, version->dataset, version->id, err))
        return false;
    if (!forge_link_sync(bakery, err))
        return forge_fail_while(err, "version %s is current, but a power loss may undo that",
                                version->id);
    return forge_history_add(bakery, version->dataset, &event, err) ||
           forge_fail_while(err, "version %s is current, but its history lacks that",
                            version->id);
}

/* The version that is to be current: the one that is named, or the newest before the current.
 */
static bool choose(const struct forge_version_info **out,
                   const struct forge_version_info *versions, size_t count, const char *name,
                   const char *id, struct forge_error *err)
{
    const struct forge_version_info *current = current_of(versions, count);

    if (!id) {
        *out = newest(versions, current ? current : versions + count);
        return *out || forge_fail(err, FORGE_MISSING,
                                  "dataset \"%s\" has no earlier version to go back to", name);
    }
    if (!forge_version_pick(out, versions, count, name, id, err))
        return false;
    if ((*out)->withdrawn) {
        forge_fail(err, FORGE_USAGE, "version %s was withdrawn: %s", (*out)->id,
                   (*out)->why ? (*out)->why : "nobody said why");
        return forge_fail_help(err, "a withdrawn version is never current again; bake anew");
    }
    return (*out)->folder ||
           forge_fail(err, FORGE_MISSING, "the data of version %s were removed", (*out)->id);
}

static bool rollback(const struct forge_bakery *bakery, const char *name, const char *id,
                     const char *why, int64_t now_us, const char **now_current,
                     struct forge_error *err)
{
    const struct forge_version_info *to = NULL;
    struct forge_version_info *versions;
    size_t count;

    if (!forge_versions_read(&versions, &count, bakery, name, err) ||
        !choose(&to, versions, count, name, id, err) || !is_whole(bakery, to, err))
        return false;
    *now_current = to->id;
    return to->current || go_to(bakery, to, why, now_us, err);
}

bool forge_rollback(const struct forge_bakery *bakery, const char *name, const char *id,
                    const char *why, int64_t now_us, const char **now_current,
                    struct forge_error *err)
{
    struct forge_version_info *versions;
    struct forge_version version = {.lock = -1};
    size_t count;
    bool good = forge_versions_read(&versions, &count, bakery, name, err) &&
                forge_version_lock(&version, bakery, name, err) &&
                rollback(bakery, name, id, why, now_us, now_current, err);

    forge_version_abandon(&version, true);
    return good;
}

bool forge_withdraw_finish(const struct forge_bakery *bakery, const char *name, int64_t now_us,
                           const char **now_current, struct forge_error *err)
{
    const struct forge_version_info *current, *next;
    struct forge_version_info *versions;
    size_t count;

    if (!forge_versions_read(&versions, &count, bakery, name, err))
        return false;
    current = current_of(versions, count);
    if (current && current->withdrawn) {
        next = newest(versions, versions + count);
        if (next && !go_to(bakery, next,
                           forge_arena_print(bakery->arena, "%s was withdrawn", current->id),
                           now_us, err))
            return false;
        if (!next && (!forge_link_remove(bakery, name, err) || !forge_link_sync(bakery, err)))
            return forge_fail_while(err, "version %s is withdrawn, but still current",
                                    current->id);
        current = next;
    }
    if (now_current)
        *now_current = current ? current->id : NULL;
    return true;
}

static bool withdraw(const struct forge_bakery *bakery, const char *name, const char *id,
                     const char *why, int64_t now_us, const char **now_current,
                     struct forge_error *err)
{
    struct forge_event event = {.kind = FORGE_EVENT_WITHDRAWN, .time_us = now_us, .why = why};
    const struct forge_version_info *version = NULL;
    struct forge_version_info *versions;
    size_t count;

    if (!forge_versions_read(&versions, &count, bakery, name, err) ||
        !forge_version_pick(&version, versions, count, name, id, err))
        return false;
    if (version->withdrawn)
        return forge_fail(err, FORGE_USAGE, "version %s was withdrawn already: %s", version->id,
                          version->why ? version->why : "nobody said why");
    event.version = version->id;
    /* Once this is written whoever locks the dataset next does the rest. */
    return forge_history_add(bakery, name, &event, err) &&
           forge_withdraw_finish(bakery, name, now_us, now_current, err);
}

bool forge_withdraw(const struct forge_bakery *bakery, const char *name, const char *id,
                    const char *why, int64_t now_us, const char **now_current,
                    struct forge_error *err)
{
    struct forge_version_info *versions;
    struct forge_version version = {.lock = -1};
    size_t count;
    bool good = forge_versions_read(&versions, &count, bakery, name, err) &&
                forge_version_lock(&version, bakery, name, err) &&
                withdraw(bakery, name, id, why, now_us, now_current, err);

    forge_version_abandon(&version, true);
    return good;
}

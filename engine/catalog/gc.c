#include "base/text.h"
#include "catalog/bakery_parts.h"
#include "catalog/folders.h"
#include "catalog/gc_parts.h"
#include "catalog/objects.h"
#include "storage/fd.h"
#include "time/calendar.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* One dataset while it is cleaned, under its lock. */
struct cleaning {
    const struct forge_bakery *bakery;
    const struct forge_gc_request *request;
    const char *name;
    struct forge_gc_item *items;
    size_t count;
};

static const char *day_of(struct forge_arena *arena, int64_t time_us)
{
    struct forge_text text = {0};
    const char *day;

    forge_time_format(&text, FORGE_CALENDAR_PROLEPTIC_GREGORIAN, time_us, "%Y-%m-%d", NULL);
    day = forge_arena_text(arena, forge_text_string(&text));
    forge_text_clear(&text);
    return day;
}

/* What becomes of a version, behind which come `newer` that are not withdrawn. */
static void decide(struct forge_gc_item *item, const struct forge_version_info *version,
                   uint64_t newer, const struct cleaning *cleaning)
{
    const struct forge_gc_request *request = cleaning->request;
    struct forge_arena *arena = cleaning->bakery->arena;

    *item = (struct forge_gc_item){
        .kind = FORGE_GC_VERSION, .dataset = cleaning->name, .name = version->id};
    if (version->current)
        item->reason = "current";
    else if (version->left_us != 0 && version->left_us >= request->since_us)
        item->reason =
            forge_arena_print(arena, "was current until %s", day_of(arena, version->left_us));
    else if (!version->withdrawn && newer < request->keep)
        item->reason = forge_arena_print(arena, "among the newest %llu",
                                         (unsigned long long)request->keep);
    else {
        item->removed = true;
        item->reason = version->withdrawn
                           ? "withdrawn"
                           : forge_arena_print(arena, "not among the newest %llu",
                                               (unsigned long long)request->keep);
    }
}

static bool decide_versions(struct cleaning *cleaning, struct forge_error *err)
{
    struct forge_version_info *versions;
    uint64_t newer = 0;
    size_t count;

    if (!forge_versions_read(&versions, &count, cleaning->bakery, cleaning->name, err))
        return err->code == FORGE_MISSING; /* only leftovers are there */
    cleaning->items =
        forge_arena_array(cleaning->bakery->arena, count, sizeof *cleaning->items);
    for (size_t i = count; i-- > 0;) {
        if (versions[i].folder)
            decide(&cleaning->items[cleaning->count++], &versions[i], newer, cleaning);
        newer += versions[i].folder && !versions[i].withdrawn;
    }
    /* Oldest first, as they are told everywhere. */
    for (size_t i = 0; i < cleaning->count / 2; i++) {
        struct forge_gc_item other = cleaning->items[i];

        cleaning->items[i] = cleaning->items[cleaning->count - 1 - i];
        cleaning->items[cleaning->count - 1 - i] = other;
    }
    return true;
}

/* When a run last did something in its hidden folder. */
static int64_t touched_us(const struct forge_bakery *bakery, const char *folder)
{
    struct stat status;
    int64_t touched = INT64_MAX, journal;

    if (stat(folder, &status) == 0)
        touched = forge_modified_us(&status);
    if (stat(forge_arena_print(bakery->arena, "%s/" FORGE_OBJECTS_JOURNAL, folder), &status) ==
        0) {
        journal = forge_modified_us(&status);
        touched = journal > touched ? journal : touched;
    }
    return touched;
}

/* Hidden folders of one prefix; what an earlier gc did not finish comes before the rest. */
static bool decide_hidden(struct cleaning *cleaning, enum forge_gc_kind kind,
                          const char *prefix, struct forge_error *err)
{
    const struct forge_bakery *bakery = cleaning->bakery;
    const char *folder = forge_bakery_path(bakery, "versions", cleaning->name);
    struct forge_gc_item *all;
    const char **names;
    size_t count;

    if (!forge_bakery_names(&names, &count, bakery, "versions", cleaning->name, prefix, err))
        return false;
    all = forge_arena_array(bakery->arena, count + cleaning->count + 1, sizeof *all);
    for (size_t i = 0; i < count; i++) {
        const char *path = forge_arena_print(bakery->arena, "%s/%s", folder, names[i]);
        bool old =
            kind == FORGE_GC_GONE || touched_us(bakery, path) < cleaning->request->since_us;

        all[i] = (struct forge_gc_item){
            .kind = kind, .dataset = cleaning->name, .name = names[i], .removed = old};
        if (kind == FORGE_GC_GONE)
            all[i].reason = "a gc that was stopped left it";
        else
            all[i].reason = old ? "its run was not resumed" : "its run may be resumed";
    }
    if (cleaning->count > 0)
        memcpy(all + count, cleaning->items, cleaning->count * sizeof *all);
    cleaning->items = all;
    cleaning->count += count;
    return true;
}

static bool measure_all(const struct cleaning *cleaning, struct forge_error *err)
{
    const struct forge_bakery *bakery = cleaning->bakery;
    const char *folder = forge_bakery_path(bakery, "versions", cleaning->name);
    struct forge_gc_measure measure = {0};
    bool good = true;

    for (size_t i = 0; i < cleaning->count && good; i++) {
        const char *name = cleaning->items[i].name;

        good =
            !cleaning->items[i].removed ||
            forge_gc_measure_add(&measure, cleaning->items, i,
                                 forge_arena_print(bakery->arena, "%s/%s", folder, name), err);
    }
    if (good)
        forge_gc_measure_share(&measure, cleaning->items);
    forge_gc_measure_clear(&measure);
    return good;
}

static bool is_part(const struct forge_gc_item *item)
{
    return item->kind == FORGE_GC_LEFTOVER;
}

/* Take its name away, write that down, then delete it. */
static bool remove_item(const struct cleaning *cleaning, const struct forge_gc_item *item,
                        struct forge_error *err)
{
    const struct forge_bakery *bakery = cleaning->bakery;
    const char *folder = forge_bakery_path(bakery, "versions", cleaning->name);
    const char *path = forge_arena_print(bakery->arena, "%s/%s", folder, item->name);
    const char *gone =
        forge_arena_print(bakery->arena, "%s/" FORGE_GONE_PREFIX "%s", folder,
                          is_part(item) ? item->name + strlen(FORGE_PART_PREFIX) : item->name);
    const struct forge_event event = {.kind = FORGE_EVENT_REMOVED,
                                      .time_us = cleaning->request->now_us,
                                      .version = item->name,
                                      .why = item->reason};

    if (item->kind == FORGE_GC_GONE)
        return forge_folder_remove(path, err);
    if (!forge_fd_rename(AT_FDCWD, path, gone))
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot remove %s", path);
    return (is_part(item) || (forge_folder_sync(folder, err) &&
                              forge_history_add(bakery, cleaning->name, &event, err))) &&
           forge_folder_remove(gone, err);
}

static bool clean_locked(struct cleaning *cleaning, forge_gc_visit *visit, void *context,
                         struct forge_error *err)
{
    bool good = decide_versions(cleaning, err) &&
                decide_hidden(cleaning, FORGE_GC_LEFTOVER, FORGE_PART_PREFIX, err) &&
                decide_hidden(cleaning, FORGE_GC_GONE, FORGE_GONE_PREFIX, err) &&
                measure_all(cleaning, err);

    for (size_t i = 0; i < cleaning->count && good; i++) {
        const struct forge_gc_item *item = &cleaning->items[i];

        good = !item->removed || cleaning->request->dry_run || remove_item(cleaning, item, err);
        if (good)
            visit(context, item);
    }
    return good;
}

static bool clean(const struct forge_bakery *bakery, const char *name,
                  const struct forge_gc_request *request, forge_gc_visit *visit, void *context,
                  struct forge_error *err)
{
    struct cleaning cleaning = {.bakery = bakery, .request = request, .name = name};
    const struct forge_gc_item busy = {.dataset = name, .reason = "it is being baked"};
    struct forge_version version;
    bool good = forge_version_lock(&version, bakery, name, err);

    if (good)
        good = clean_locked(&cleaning, visit, context, err);
    else if (err->code == FORGE_LOCKED) {
        visit(context, &busy);
        good = true;
    }
    forge_version_abandon(&version, true);
    return good || forge_fail_while(err, "dataset \"%s\"", name);
}

bool forge_gc(const struct forge_bakery *bakery, const char *name,
              const struct forge_gc_request *request, forge_gc_visit *visit, void *context,
              struct forge_error *err)
{
    const char **names;
    struct forge_error later;
    bool good = true, found = false;
    size_t count;

    if ((name && !forge_bakery_name_is_safe(name, err)) ||
        !forge_bakery_names(&names, &count, bakery, "versions", "", NULL, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (name && strcmp(names[i], name) != 0)
            continue;
        found = true;
        if (!clean(bakery, names[i], request, visit, context, good ? err : &later))
            good = false;
    }
    if (found || !name)
        return good;
    forge_fail(err, FORGE_MISSING, "the bakery %s has no dataset \"%s\"", bakery->root, name);
    return forge_fail_help(err, "forge list shows which it has");
}

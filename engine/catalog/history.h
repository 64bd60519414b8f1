/* history.h: what happened to a dataset: an append-only list of events, one JSON line each.
 *
 *     BAKERY/state/history/NAME      {"event": "published", "time": .., "version": ..}
 *
 * An event is written after the thing itself is done, under the dataset's lock;
 * what a dead process did not get to write down is found and added by the next
 * holder of the lock. Events outlive the versions that they are about.
 */
#ifndef FORGE_CATALOG_HISTORY_H
#define FORGE_CATALOG_HISTORY_H

#include "catalog/bakery.h"
#include "catalog/facts.h"

enum forge_event_kind {
    FORGE_EVENT_PUBLISHED,   /* baked and made current */
    FORGE_EVENT_ROLLED_BACK, /* an earlier version made current again */
    FORGE_EVENT_WITHDRAWN,   /* never to be current again; `why` says why */
    FORGE_EVENT_REMOVED,     /* its data deleted by gc */
};

/* "published", "rolled back", "withdrawn", "removed". */
const char *forge_event_name(enum forge_event_kind kind);

struct forge_event {
    enum forge_event_kind kind;
    int64_t time_us; /* UTC */
    const char *version;
    const char *why;                         /* NULL: no reason was given */
    const char *run;                         /* NULL: by no run */
    const struct forge_version_facts *facts; /* of what was published; NULL: not known */
};

/* All events, oldest first, in the bakery's arena. Lines that cannot be read (a torn last one)
 * are left out. A dataset without history has none. */
FORGE_MUST_CHECK bool forge_history_read(struct forge_event **events, size_t *count,
                                         const struct forge_bakery *bakery, const char *name,
                                         struct forge_error *err);

/* Append one event, durably. Only under the dataset's lock. */
FORGE_MUST_CHECK bool forge_history_add(const struct forge_bakery *bakery, const char *name,
                                        const struct forge_event *event,
                                        struct forge_error *err);

/* One version of a dataset, from its events and its folder. */
struct forge_version_info {
    const char *dataset, *id;
    int64_t published_us;
    bool current, withdrawn, removed;        /* removed: only its history is left */
    const char *why;                         /* it was withdrawn */
    const char *run;                         /* that published it; NULL: not known */
    const struct forge_version_facts *facts; /* NULL: not known */
    int64_t left_us;    /* when it stopped being current; 0: it is, or never was */
    const char *folder; /* absolute; NULL when removed */
};

/* Every version there is or was, oldest first; FORGE_MISSING when the bakery has no such
 * dataset and never had. */
FORGE_MUST_CHECK bool forge_versions_read(struct forge_version_info **versions, size_t *count,
                                          const struct forge_bakery *bakery, const char *name,
                                          struct forge_error *err);

/* Which of them is meant: its id, or the head of no other's. FORGE_MISSING, FORGE_USAGE. */
FORGE_MUST_CHECK bool forge_version_pick(const struct forge_version_info **out,
                                         const struct forge_version_info *versions,
                                         size_t count, const char *name, const char *id,
                                         struct forge_error *err);

/* A version whose data are there: "NAME" is the current one, "NAME@VERSION" any that is meant
 * by an id or the head of one. FORGE_MISSING when there is none or it was removed. */
FORGE_MUST_CHECK bool forge_version_find(struct forge_version_info *out,
                                         const struct forge_bakery *bakery, const char *text,
                                         struct forge_error *err);

/* Make an earlier version current again, `id` NULL: the newest of those published before the
 * current one that can be. Takes the dataset's lock; refuses a version that is withdrawn,
 * removed or not whole. One that is current already stays it, without an event. */
FORGE_MUST_CHECK bool forge_rollback(const struct forge_bakery *bakery, const char *name,
                                     const char *id, const char *why, int64_t now_us,
                                     const char **now_current, struct forge_error *err);

/* Withdraw a version: it stays in the history with its reason, gc removes its data. The current
 * one makes room for the newest that is neither withdrawn nor removed; where there is none, the
 * dataset has no current version any more. */
FORGE_MUST_CHECK bool forge_withdraw(const struct forge_bakery *bakery, const char *name,
                                     const char *id, const char *why, int64_t now_us,
                                     const char **now_current, struct forge_error *err);

#endif

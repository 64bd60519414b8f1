/* work.h: every object of a plan: its key, and whether it is there already.
 *
 * What was written before under the same key, in any version or by a run that
 * died, is shared; what is left is the work of the write tasks. About 130 bytes
 * an object; nothing here does I/O.
 */
#ifndef FORGE_RUN_WORK_H
#define FORGE_RUN_WORK_H

#include "base/text.h"
#include "catalog/objects.h"
#include "plan/identity.h"

enum forge_work_state {
    FORGE_WORK_WANTED,  /* a task has to write it */
    FORGE_WORK_FOUND,   /* something has its key: to be shared, or absent there too */
    FORGE_WORK_SHARED,  /* and was */
    FORGE_WORK_WRITTEN, /* by this run */
};

/* How an object differs from the one that the current version has in its place. */
enum {
    FORGE_WAS_THERE = 1,
    FORGE_OTHER_ENCODING = 2,
    FORGE_OTHER_STRUCTURE = 4,
    FORGE_OTHER_FILES = 8,
};

struct forge_work_object {
    struct forge_object_key key;
    struct forge_digest digest; /* from here on: known unless WANTED */
    uint64_t length;
    const char *path; /* where it was found; NULL: under its own */
    uint32_t folder;  /* in which it was found; an index of the work's folders */
    uint8_t state;    /* enum forge_work_state; each is changed by one thread at a time */
    uint8_t was;      /* in the current version */
    bool absent;      /* all fill: nothing is stored */
    bool forced;      /* asked to be done again: never shared */
    uint32_t next[2]; /* in the tables: number + 1 */
};

/* Positions of a dimension that are to be done again; `dim` NULL: none. */
struct forge_work_range {
    const char *dim;
    uint64_t first, count;
};

struct forge_work {
    const struct forge_plan *plan;
    struct forge_work_object *objects; /* plan->objects_count */
    uint32_t *heads[2];                /* tables by key and by path: number + 1 */
    uint64_t mask;
    uint64_t *tasks; /* that have an object to write */
    uint64_t tasks_count;
};

/* Compute all keys. Close it in both cases. */
FORGE_MUST_CHECK bool forge_work_open(struct forge_work *work, const struct forge_plan *plan,
                                      const struct forge_work_range *again,
                                      struct forge_error *err);
void forge_work_close(struct forge_work *work);

/* The first object with that key, behind `last` where that is not NULL; NULL: none. */
struct forge_work_object *forge_work_by_key(const struct forge_work *work,
                                            const struct forge_digest *key,
                                            const struct forge_work_object *last);
/* The object that would be stored at that path; NULL: none. */
struct forge_work_object *forge_work_by_path(const struct forge_work *work, const char *path);

/* The path of an object below the store. */
void forge_work_path(struct forge_text *out, const struct forge_work *work,
                     const struct forge_work_object *object);

/* The number of an object of a group of `array`, at the object's index of its grid. */
struct forge_work_object *forge_work_at(const struct forge_work *work,
                                        const struct forge_plan_array *array,
                                        const uint64_t *index);

/* List the tasks that have an object to write. Again after states have changed. */
FORGE_MUST_CHECK bool forge_work_list_tasks(struct forge_work *work, struct forge_error *err);

/* The box of the objects of a task that are wanted; false: there are none. */
typedef bool forge_work_wants(const void *context, const struct forge_work_object *object);
bool forge_work_box(struct forge_region *out, const struct forge_work *work,
                    const struct forge_plan_array *array, const struct forge_region *task,
                    forge_work_wants *wants, const void *context);

/* The same for those that are to be written. */
bool forge_work_region(struct forge_region *out, const struct forge_work *work,
                       const struct forge_plan_array *array, const struct forge_region *task);

#endif

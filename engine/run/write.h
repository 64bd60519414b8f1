/* write.h: the write stage: read a region, encode its objects, put them, journal them. */
#ifndef FORGE_RUN_WRITE_H
#define FORGE_RUN_WRITE_H

#include "plan/plan.h"
#include "run/bake.h"
#include "run/work.h"

/* Shared by all tasks of a stage; const but for the counters. */
struct forge_write {
    const struct forge_plan *plan;
    struct forge_work *work;       /* its tasks are the tasks of the stage */
    struct forge_journal *journal; /* of the version's folder */
    struct forge_store *store;
    struct forge_budget *budget;
    const struct forge_library *library;
    const atomic_bool *cancelled;
    _Atomic uint64_t tasks, objects, left_out, bytes;
    _Atomic uint64_t chunks, stored, decoded, library_chunks, library_bytes;
};

/* A forge_perform over write tasks; `context` is a struct forge_write. */
bool forge_write_perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                         struct forge_error *err);

#endif

/* prepare_parts.h: the tasks of preparing, one file each. Private to prepare. */
#ifndef FORGE_RUN_PREPARE_PARTS_H
#define FORGE_RUN_PREPARE_PARTS_H

#include "run/bake.h"
#include "run/watch.h"

struct forge_preparing {
    struct forge_plan *plan;
    const struct forge_bake_request *request;
    struct forge_digest *digests; /* per cell; zero: not hashed */
    struct forge_budget *budget;
    const struct forge_library *library;
};

/* fetch.c: look at the file of one cell, and find its digest: known, or of its bytes where the
 * request wants it hashed. */
bool forge_fetch_cell(struct forge_preparing *p, uint64_t number, struct forge_watch *watch,
                      struct forge_error *err);

/* A local file, open, and its status now; FORGE_MISSING when it is not there. */
bool forge_input_open(int *fd, struct forge_object_status *status,
                      const struct forge_file *file, struct forge_error *err);

/* Is the open file still as it was fetched? FORGE_BAD_SOURCE when not. */
bool forge_input_is_same(const struct forge_file *file,
                         const struct forge_object_status *status, struct forge_error *err);
bool forge_input_stands(const struct forge_file *file, int fd, struct forge_error *err);

/* scan.c: describe the file of one cell that was fetched: known, or by a scanner. */
bool forge_scan_cell(struct forge_preparing *p, uint64_t number, struct forge_watch *watch,
                     struct forge_error *err);

#endif

/* frontier.h: which tasks of a run can go now, and what each that ends sets free.
 *
 * Later stages go first: what has been begun is finished, and what it holds (a
 * fetched file) let go, before more is begun. A task whose counterpart failed
 * is left out, and so is a stage after one that is not complete.
 */
#ifndef FORGE_RUN_FRONTIER_H
#define FORGE_RUN_FRONTIER_H

#include "run/driver.h"

struct forge_frontier;

/* `unit_sizes`: tasks in a unit of each stage. `stages` is borrowed. */
FORGE_MUST_CHECK bool forge_frontier_open(struct forge_frontier **out,
                                          const struct forge_stage *stages,
                                          const uint64_t *unit_sizes, size_t count,
                                          struct forge_error *err);
void forge_frontier_close(struct forge_frontier *frontier);

/* Take the next unit that can go, of attempt 1. False: none can, now. */
bool forge_frontier_next(struct forge_frontier *frontier, struct forge_unit *unit);

/* Those tasks of a unit that was taken have ended, well or for good. */
void forge_frontier_end(struct forge_frontier *frontier, uint32_t stage, uint64_t first,
                        uint64_t count, bool good);

/* Tasks that ended well. */
uint64_t forge_frontier_done(const struct forge_frontier *frontier, uint32_t stage);

/* Are there tasks that were taken and have not ended? */
bool forge_frontier_is_busy(const struct forge_frontier *frontier, uint32_t stage);

/* Did every task of every stage end well? */
bool forge_frontier_is_complete(const struct forge_frontier *frontier);

#endif

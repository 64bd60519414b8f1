/* sandbox.h: give up everything but one open file.
 *
 * For a process that is about to parse bytes that nobody vouches for. After
 * forge_sandbox_enter it can read that file, map memory, and write to one
 * socket: no other file, no network, no new process, no signal, no trace.
 * Landlock keeps the files away, seccomp the system calls, rlimits the memory
 * and the time. Where the kernel has no Landlock the others remain.
 */
#ifndef FORGE_RUN_SANDBOX_H
#define FORGE_RUN_SANDBOX_H

#include <stdint.h>

#include "base/text.h"

struct forge_sandbox_limits {
    uint64_t memory_bytes; /* address space */
    unsigned seconds;      /* of processor time */
};

/* Enter it, for good. `input` is the file that may be read, also by opening /proc/self/fd of
 * it; `output` a socket. Single-threaded processes only. */
FORGE_MUST_CHECK bool forge_sandbox_enter(int input, int output,
                                          const struct forge_sandbox_limits *limits,
                                          struct forge_error *err);

/* Does this kernel have Landlock? Without it a file that takes over its scanner could read
 * other files. */
bool forge_sandbox_is_whole(void);

/* Is this a build with a sanitizer? Its runtime needs address space without end, a few more
 * system calls, and stderr: such a sandbox is for tests only. */
bool forge_sandbox_is_sanitized(void);

/* The version of libseccomp, for provenance. */
void forge_libseccomp_version(struct forge_text *out);

#endif

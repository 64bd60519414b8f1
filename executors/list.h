/* list.h: every executor, one line each, sorted. */
FORGE_EXECUTOR(local)
FORGE_EXECUTOR(threads)

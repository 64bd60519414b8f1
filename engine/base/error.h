/* error.h: what went wrong, and where the author wrote it.
 *
 * Every function that can fail returns false and fills the last argument.
 * An error is a plain value: nothing to free, safe to copy between threads.
 * Texts are lower case without a full stop: what is wrong, then in `help`
 * what to do. A code means a reaction and an exit status, not a place.
 */
#ifndef FORGE_BASE_ERROR_H
#define FORGE_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define FORGE_MUST_CHECK __attribute__((warn_unused_result))
#define FORGE_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

enum forge_code {
    FORGE_OK = 0,
    FORGE_BAD_RECIPE,   /* the author can fix it; carries a place (exit 3) */
    FORGE_USAGE,        /* the command line is wrong (exit 2) */
    FORGE_MISSING,      /* an input is not there; if_missing decides (exit 4) */
    FORGE_BAD_SOURCE,   /* an input is not what it claims to be; never retried (exit 4) */
    FORGE_SOURCE_IO,    /* reading an input failed; may work next time (exit 4) */
    FORGE_TARGET_IO,    /* writing failed: no space, no permission (exit 5) */
    FORGE_BAD_TARGET,   /* what is stored is not what it should be (exit 5) */
    FORGE_BAD_VERSION,  /* what is published is not what it should be (exit 7) */
    FORGE_CHECK_FAILED, /* a check of the recipe does not hold (exit 1) */
    FORGE_LOCKED,       /* somebody else is at it (exit 6) */
    FORGE_CANCELLED,    /* the user asked to stop (exit 130) */
    FORGE_FAILED,       /* anything else: this run failed (exit 1) */
};

/* A point in a text file. Lines and columns count from 1; 0 is "unknown". */
struct forge_place {
    const char *file; /* borrowed */
    unsigned line, column;
};

struct forge_error {
    enum forge_code code;
    unsigned line, column;
    char file[256];
    char text[1024];
    char help[512]; /* may be empty */
};

/* Fill `err` and return false, so that callers can write `return forge_fail(...)`. */
bool forge_fail(struct forge_error *err, enum forge_code code, const char *format, ...)
    FORGE_PRINTF(3, 4);

/* The same with a place, code FORGE_BAD_RECIPE. */
bool forge_fail_at(struct forge_error *err, struct forge_place place, const char *format, ...)
    FORGE_PRINTF(3, 4);

/* The same with the text of errno: "<text>: No such file or directory". */
bool forge_fail_errno(struct forge_error *err, enum forge_code code, const char *format, ...)
    FORGE_PRINTF(3, 4);

/* Put "<context>: " before the text, on the way up. Returns false too. */
bool forge_fail_while(struct forge_error *err, const char *format, ...) FORGE_PRINTF(2, 3);

/* Say what to do about it. Returns false too. */
bool forge_fail_help(struct forge_error *err, const char *format, ...) FORGE_PRINTF(2, 3);

/* Give an error that has no place yet the place of the recipe that led to it. Returns false. */
bool forge_fail_place(struct forge_error *err, struct forge_place place);

/* Write "file:line:column: text", or just the text when there is no place. */
void forge_error_format(const struct forge_error *err, char *out, size_t size);

/* The process exit status that goes with a code. */
int forge_exit_status(enum forge_code code);

#endif

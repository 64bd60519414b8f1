/* zygote.h: what the program, its zygote and the scanners say to each other. Private to run.
 *
 * To the zygote, on a SOCK_SEQPACKET socket: one `forge_zygote_order` with two
 * descriptors, the input and the scanner's end of a stream. On that stream come
 * frames: one from the scanner, then one from the zygote that says how the
 * scanner ended.
 */
#ifndef FORGE_RUN_ZYGOTE_H
#define FORGE_RUN_ZYGOTE_H

#include "run/scanner.h"

enum forge_zygote_kind { FORGE_ORDER_SCAN, FORGE_ORDER_READ };

struct forge_zygote_order {
    uint32_t kind;
    uint64_t size, inline_bytes;
    char format[32]; /* empty: sniff */
    char url[1024], group[512];
    bool has_group;
    /* READ */
    char path[512];
    uint32_t dtype, rank;
    struct forge_region region;
    uint64_t elements_size;
};

enum forge_frame_kind {
    FORGE_FRAME_RECORD, /* 32 bytes name of the format, then the record */
    FORGE_FRAME_DATA,   /* elements */
    FORGE_FRAME_ERROR,  /* a struct forge_error */
    FORGE_FRAME_END,    /* from the zygote: a struct forge_scanner_end */
};

struct forge_frame {
    uint32_t kind;
    uint64_t length;
};

struct forge_scanner_end {
    int32_t status; /* of waitpid */
    bool late;      /* the deadline passed */
};

#define FORGE_FORMAT_NAME 32

/* Serve orders on `control` until it closes; never returns. */
_Noreturn void forge_zygote_run(int control, const struct forge_scanner_limits *limits);

/* Carry out one order in a fresh process: enter the sandbox, parse, answer; never returns. */
_Noreturn void forge_scanner_process(const struct forge_zygote_order *order, int input,
                                     int output, const struct forge_sandbox_limits *limits);

#endif

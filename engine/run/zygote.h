/* zygote.h: what the program, its zygote and the scanners say to each other. Private to run.
 *
 * To the zygote, on a SOCK_SEQPACKET socket: one `forge_zygote_order` with two
 * descriptors, the input and the scanner's end of a stream. On that stream the
 * scanner answers with one frame. When it has ended the zygote adds how, and
 * closes the stream: whatever a scanner sends, the last bytes are the zygote's.
 */
#ifndef FORGE_RUN_ZYGOTE_H
#define FORGE_RUN_ZYGOTE_H

#include "run/scanner.h"

enum forge_zygote_kind { FORGE_ORDER_SCAN, FORGE_ORDER_READ };

struct forge_zygote_order {
    uint32_t kind;
    uint64_t size, inline_bytes;
    const struct forge_format_type *format; /* NULL: sniff. The zygote is a copy of the program,
                                               so the address is good there */
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
};

struct forge_frame {
    uint32_t kind;
    uint64_t length;
};

/* The last bytes of every stream. */
struct forge_scanner_end {
    int32_t status; /* of waitpid */
    bool late;      /* the deadline passed */
    bool unborn;    /* no process could be made */
};

#define FORGE_FORMAT_NAME 32

/* Serve orders on `control` until it closes; never returns. */
_Noreturn void forge_zygote_run(int control, const struct forge_scanner_limits *limits);

/* Carry out one order in a fresh process: enter the sandbox, parse, answer; never returns. */
_Noreturn void forge_scanner_process(const struct forge_zygote_order *order, int input,
                                     int output, const struct forge_sandbox_limits *limits);

#endif

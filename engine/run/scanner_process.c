/* scanner_process.c: one order, inside the sandbox. */
#include "run/zygote.h"

#include "formats/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_BYTES 8200 /* also a signature behind a user block */

static void send_all(int output, const void *bytes, uint64_t length)
{
    const unsigned char *at = bytes;

    while (length > 0) {
        ssize_t sent =
            send(output, at, length < (1U << 20) ? length : (1U << 20), MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            _exit(1);
        at += sent;
        length -= (uint64_t)sent;
    }
}

static void send_frame(int output, enum forge_frame_kind kind, uint64_t length)
{
    struct forge_frame frame;

    memset(&frame, 0, sizeof frame);
    frame.kind = kind;
    frame.length = length;
    send_all(output, &frame, sizeof frame);
}

static _Noreturn void send_error(int output, const struct forge_error *err)
{
    send_frame(output, FORGE_FRAME_ERROR, sizeof *err);
    send_all(output, err, sizeof *err);
    _exit(0);
}

static const struct forge_format_type *find_format(const struct forge_zygote_order *order,
                                                   int input, struct forge_error *err)
{
    const struct forge_format_type *found = NULL;
    unsigned char head[HEAD_BYTES];
    ssize_t got;

    if (order->format)
        return order->format;
    got = pread(input, head, sizeof head, 0);
    if (got < 0)
        forge_fail_errno(err, FORGE_SOURCE_IO, "reading %s", order->url);
    else if (forge_format_sniff(&found, head, (size_t)got, order->size, order->url, err))
        return found;
    return NULL;
}

static void scan(const struct forge_zygote_order *order,
                 const struct forge_scan_request *request, int output)
{
    struct forge_dataset dataset = {0};
    struct forge_arena arena = {0};
    struct forge_text record = {0};
    struct forge_error err = {0};
    const struct forge_format_type *format = find_format(order, request->fd, &err);
    char name[FORGE_FORMAT_NAME] = "";

    dataset.arena = &arena;
    dataset.url = order->url;
    if (!format || !format->scan(&dataset, &arena, request, &err) ||
        !forge_record_write(&record, &dataset, &err))
        send_error(output, &err);
    strncpy(name, format->name, sizeof name - 1);
    send_frame(output, FORGE_FRAME_RECORD, sizeof name + record.length);
    send_all(output, name, sizeof name);
    send_all(output, forge_text_string(&record), record.length);
}

static void read_region(const struct forge_zygote_order *order,
                        const struct forge_scan_request *request, int output)
{
    struct forge_error err = {0};
    const struct forge_format_type *format = find_format(order, request->fd, &err);
    void *elements = malloc(order->elements_size > 0 ? order->elements_size : 1);

    if (!elements) {
        forge_fail(&err, FORGE_BAD_SOURCE, "a piece does not fit the memory of a scanner");
        send_error(output, &err);
    }
    if (!format)
        send_error(output, &err);
    if (!format->read) {
        forge_fail(&err, FORGE_BAD_SOURCE, "format %s has no library to read through",
                   format->name);
        send_error(output, &err);
    }
    if (!format->read(request, order->path, (enum forge_dtype)order->dtype, order->rank,
                      &order->region, elements, order->elements_size, &err))
        send_error(output, &err);
    send_frame(output, FORGE_FRAME_DATA, order->elements_size);
    send_all(output, elements, order->elements_size);
}

_Noreturn void forge_scanner_process(const struct forge_zygote_order *order, int input,
                                     int output, const struct forge_sandbox_limits *limits)
{
    const struct forge_scan_request request = {
        .fd = input,
        .size = order->size,
        .url = order->url,
        .group = order->has_group ? order->group : NULL,
        .inline_bytes = order->inline_bytes,
    };
    struct forge_error err = {0};

    if (!forge_sandbox_enter(input, output, limits, &err))
        send_error(output, &err);
    if (order->kind == FORGE_ORDER_SCAN)
        scan(order, &request, output);
    else
        read_region(order, &request, output);
    _exit(0);
}

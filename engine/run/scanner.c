#include "run/scanner.h"

#include "formats/record.h"
#include "run/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD_MAX (UINT64_C(1) << 30)
#define GRACE_MS 5000 /* beyond the zygote's own deadline */

struct forge_scanners {
    int control;
    pid_t zygote;
    struct forge_scanner_limits limits;
};

bool forge_scanners_open(struct forge_scanners **out, const struct forge_scanner_limits *limits,
                         struct forge_error *err)
{
    struct forge_scanners *scanners = calloc(1, sizeof *scanners);
    int pair[2] = {-1, -1};

    if (!scanners || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        free(scanners);
        return forge_fail_errno(err, FORGE_FAILED, "scanners cannot be started");
    }
    scanners->limits = *limits;
    scanners->control = pair[0];
    scanners->zygote = fork();
    if (scanners->zygote == 0) {
        close(pair[0]);
        forge_zygote_run(pair[1], &scanners->limits);
    }
    close(pair[1]);
    if (scanners->zygote < 0) {
        forge_fail_errno(err, FORGE_FAILED, "scanners cannot be started");
        close(pair[0]);
        free(scanners);
        return false;
    }
    *out = scanners;
    return true;
}

void forge_scanners_close(struct forge_scanners *scanners)
{
    if (!scanners)
        return;
    close(scanners->control);
    while (waitpid(scanners->zygote, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(scanners);
}

/* Hand the order and its descriptors to the zygote; the answer comes on *answer. */
static bool send_order(int *answer, const struct forge_scanners *scanners,
                       const struct forge_zygote_order *order, int input,
                       struct forge_error *err)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } ancillary = {.bytes = {0}};
    struct iovec part = {(void *)(uintptr_t)order, sizeof *order};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = ancillary.bytes,
                             .msg_controllen = sizeof ancillary.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int pair[2], fds[2];
    ssize_t sent;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return forge_fail_errno(err, FORGE_SOURCE_IO, "%s: no socket for its scanner",
                                order->url);
    fds[0] = input;
    fds[1] = pair[1];
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(header), fds, sizeof fds);
    do {
        sent = sendmsg(scanners->control, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    close(pair[1]);
    if (sent == (ssize_t)sizeof *order) {
        *answer = pair[0];
        return true;
    }
    forge_fail_errno(err, FORGE_FAILED, "%s: the zygote of the scanners is gone", order->url);
    close(pair[0]);
    return false;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Exactly `length` bytes before the deadline. */
static bool receive(int answer, void *bytes, uint64_t length, int64_t deadline_ms)
{
    unsigned char *at = bytes;

    while (length > 0) {
        struct pollfd polled = {.fd = answer, .events = POLLIN};
        int64_t left = deadline_ms - now_ms();
        ssize_t got;

        if (left <= 0 || poll(&polled, 1, (int)left) == 0)
            return false;
        got = recv(answer, at, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        length -= (uint64_t)got;
    }
    return true;
}

/* What a scanner sent, and how it ended. */
struct answer {
    bool any, ended;
    struct forge_frame frame;
    unsigned char *bytes; /* owned */
    struct forge_scanner_end end;
};

static void receive_answer(struct answer *answer, int fd, uint64_t most, int64_t deadline_ms)
{
    struct forge_frame frame;

    while (!answer->ended && receive(fd, &frame, sizeof frame, deadline_ms)) {
        if (frame.kind == FORGE_FRAME_END && frame.length == sizeof answer->end) {
            answer->ended = receive(fd, &answer->end, sizeof answer->end, deadline_ms);
            return;
        }
        if (answer->any || frame.length > most)
            return;
        answer->bytes = malloc(frame.length + 1);
        if (!answer->bytes || !receive(fd, answer->bytes, frame.length, deadline_ms))
            return;
        answer->any = true;
        answer->frame = frame;
    }
}

static bool tell_end(const struct answer *answer, const char *url, struct forge_error *err)
{
    int status = answer->end.status;

    if (!answer->ended)
        forge_fail(err, FORGE_BAD_SOURCE, "%s: its scanner sent nonsense or stopped answering",
                   url);
    else if (answer->end.late)
        forge_fail(err, FORGE_BAD_SOURCE, "%s: reading it took too long, and was stopped", url);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        forge_fail(err, FORGE_BAD_SOURCE,
                   "%s: reading it took too much processor time, and was stopped", url);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        forge_fail(err, FORGE_BAD_SOURCE,
                   "%s: its scanner tried what no scanner may do, and was killed", url);
    else if (WIFSIGNALED(status))
        forge_fail(err, FORGE_BAD_SOURCE, "%s: its scanner was killed by signal %d (%s)", url,
                   WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        forge_fail(err, FORGE_BAD_SOURCE, "%s: its scanner ended without an answer", url);
    return forge_fail_help(err, "the file is corrupt or hostile; leave it out with \"except\"");
}

/* Give the order and wait for a frame of the wanted kind. On success the bytes are owned. */
static bool ask(struct answer *answer, const struct forge_scanners *scanners,
                const struct forge_zygote_order *order, int input, enum forge_frame_kind wanted,
                uint64_t most, struct forge_error *err)
{
    int64_t deadline_ms = now_ms() + scanners->limits.seconds * INT64_C(1000) + GRACE_MS;
    int fd = -1;

    *answer = (struct answer){0};
    if (!send_order(&fd, scanners, order, input, err))
        return false;
    receive_answer(answer, fd, most, deadline_ms);
    close(fd);
    if (!answer->any || !answer->ended || !WIFEXITED(answer->end.status) ||
        WEXITSTATUS(answer->end.status) != 0)
        return tell_end(answer, order->url, err);
    if (answer->frame.kind == wanted)
        return true;
    if (answer->frame.kind == FORGE_FRAME_ERROR && answer->frame.length == sizeof *err) {
        memcpy(err, answer->bytes, sizeof *err);
        err->text[sizeof err->text - 1] = err->help[sizeof err->help - 1] = '\0';
        err->file[0] = '\0';
        err->line = err->column = 0;
        if (err->code != FORGE_SOURCE_IO && err->code != FORGE_FAILED)
            err->code = FORGE_BAD_SOURCE;
        return false;
    }
    return forge_fail(err, FORGE_BAD_SOURCE, "%s: its scanner sent nonsense", order->url);
}

static void copy_text(char *to, size_t room, const char *from)
{
    strncpy(to, from ? from : "", room - 1);
    to[room - 1] = '\0';
}

static void fill_order(struct forge_zygote_order *order, enum forge_zygote_kind kind,
                       const char *format, const struct forge_scan_request *request)
{
    memset(order, 0, sizeof *order);
    order->kind = kind;
    order->size = request->size;
    order->inline_bytes = request->inline_bytes;
    order->has_group = request->group != NULL;
    copy_text(order->format, sizeof order->format, format);
    copy_text(order->url, sizeof order->url, request->url);
    copy_text(order->group, sizeof order->group, request->group);
}

bool forge_scanner_scan(struct forge_scanners *scanners, struct forge_file *file,
                        const char *format, const struct forge_scan_request *request,
                        struct forge_arena *arena, struct forge_dataset *out,
                        struct forge_error *err)
{
    struct forge_zygote_order order;
    const struct forge_format_type *found;
    struct answer answer;
    bool good;

    if (request->group && strlen(request->group) >= sizeof order.group)
        return forge_fail(err, FORGE_BAD_RECIPE, "the name of the group is too long");
    fill_order(&order, FORGE_ORDER_SCAN, format, request);
    good = ask(&answer, scanners, &order, request->fd, FORGE_FRAME_RECORD, RECORD_MAX, err);
    if (good) {
        char name[FORGE_FORMAT_NAME + 1] = "";

        good = answer.frame.length >= FORGE_FORMAT_NAME;
        if (good)
            memcpy(name, answer.bytes, FORGE_FORMAT_NAME);
        found = forge_format_find(name);
        if (!good || !found)
            good = forge_fail(err, FORGE_BAD_SOURCE, "%s: its scanner sent nonsense",
                              request->url);
        else
            file->format = found->name;
        good = good && forge_record_read(out, arena, answer.bytes + FORGE_FORMAT_NAME,
                                         answer.frame.length - FORGE_FORMAT_NAME, file, err);
    }
    free(answer.bytes);
    return good;
}

/* A local file behind a source, as it was scanned. */
static int open_again(const struct forge_file *file, struct forge_error *err)
{
    struct forge_arena arena = {0};
    int fd = open(forge_arena_print(&arena, "/%s", file->key), O_RDONLY | O_CLOEXEC);

    forge_arena_clear(&arena);
    if (fd < 0)
        forge_fail_errno(err, FORGE_SOURCE_IO, "%s cannot be opened again", file->url);
    return fd;
}

static bool library_read(const struct forge_library *library, const struct forge_source *source,
                         const struct forge_region *region, void *elements, size_t size,
                         struct forge_error *err)
{
    const struct forge_scanners *scanners = library->context;
    struct forge_scan_request request = {.fd = open_again(source->file, err),
                                         .size = source->file->status.size,
                                         .url = source->file->url,
                                         .group = source->file->group};
    struct forge_zygote_order order;
    struct answer answer;
    bool good;

    if (request.fd < 0)
        return false;
    if (strlen(source->path) >= sizeof order.path) {
        close(request.fd);
        return forge_fail(err, FORGE_BAD_SOURCE, "%s: the name of a variable is too long",
                          source->file->url);
    }
    fill_order(&order, FORGE_ORDER_READ, source->file->format, &request);
    copy_text(order.path, sizeof order.path, source->path);
    order.dtype = source->array.dtype;
    order.rank = source->array.rank;
    order.region = *region;
    order.elements_size = size;
    good =
        ask(&answer, scanners, &order, request.fd, FORGE_FRAME_DATA,
            size > sizeof *err ? size : sizeof *err, err) &&
        (answer.frame.length == size ||
         forge_fail(err, FORGE_BAD_SOURCE, "%s: its scanner sent nonsense", source->file->url));
    if (good)
        memcpy(elements, answer.bytes, size);
    free(answer.bytes);
    close(request.fd);
    return good;
}

struct forge_library forge_scanner_library(struct forge_scanners *scanners)
{
    return (struct forge_library){.read = library_read, .context = scanners};
}

#include "run/scanner.h"

#include "formats/record.h"
#include "run/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD_MAX (UINT64_C(256) << 20)
#define GRACE_MS 5000 /* beyond the zygote's own deadline */
#define LOOK_MS 100   /* between looks whether the run was cancelled */

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

static bool is_cancelled(const struct forge_scanners *scanners)
{
    return scanners->limits.cancelled && atomic_load(scanners->limits.cancelled);
}

/* Orders wait while the zygote has as many scanners as it can. */
static bool send_message(const struct forge_scanners *scanners, const struct msghdr *message,
                         size_t length, struct forge_error *err)
{
    for (;;) {
        struct pollfd polled = {.fd = scanners->control, .events = POLLOUT};
        ssize_t sent = sendmsg(scanners->control, message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent == (ssize_t)length)
            return true;
        if (sent >= 0 || (errno != EINTR && errno != EAGAIN))
            return forge_fail(err, FORGE_FAILED, "the zygote of the scanners is gone");
        if (is_cancelled(scanners))
            return forge_fail(err, FORGE_CANCELLED, "interrupted");
        poll(&polled, 1, LOOK_MS);
    }
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
    struct iovec part = {(void *)order, sizeof *order};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = ancillary.bytes,
                             .msg_controllen = sizeof ancillary.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int pair[2], fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return forge_fail_errno(err, FORGE_SOURCE_IO, "no socket for its scanner");
    fds[0] = input;
    fds[1] = pair[1];
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(header), fds, sizeof fds);
    if (send_message(scanners, &message, sizeof *order, err)) {
        close(pair[1]);
        *answer = pair[0];
        return true;
    }
    close(pair[0]);
    close(pair[1]);
    return false;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All that comes on the stream, until it is closed: what the scanner sent, and how it ended. */
struct answer {
    struct forge_text stream; /* owned */
    struct forge_frame frame; /* kind and length of `bytes` */
    const char *bytes;        /* in the stream; NULL: the scanner sent no whole frame */
    int64_t wait_ms;          /* how long it was waited for */
    bool silent;              /* for as long as anything is waited for */
    bool cancelled;
    bool ended;
    struct forge_scanner_end end;
};

/* False when the deadline passed, the run was cancelled, or more came than any answer has. */
static bool receive_all(struct answer *answer, const struct forge_scanners *scanners, int fd,
                        uint64_t most)
{
    int64_t deadline_ms = now_ms() + scanners->limits.seconds * INT64_C(1000) + GRACE_MS;
    char part[65536];

    for (;;) {
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        int64_t left = deadline_ms - now_ms();
        ssize_t got;

        answer->silent = left <= 0;
        answer->cancelled = is_cancelled(scanners);
        if (answer->silent || answer->cancelled)
            return false;
        if (poll(&polled, 1, left < LOOK_MS ? (int)left : LOOK_MS) <= 0)
            continue;
        got = recv(fd, part, sizeof part, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return got == 0;
        if (answer->stream.length + (uint64_t)got > most)
            return false;
        forge_text_add_bytes(&answer->stream, part, (size_t)got);
    }
}

static void receive_answer(struct answer *answer, const struct forge_scanners *scanners, int fd,
                           uint64_t most)
{
    const struct forge_text *stream = &answer->stream;
    size_t length, around = sizeof answer->frame + sizeof answer->end;
    int64_t began_ms = now_ms();
    bool whole = receive_all(answer, scanners, fd, most + around);

    answer->wait_ms = now_ms() - began_ms;
    if (!whole || stream->length < sizeof answer->end)
        return;
    length = stream->length - sizeof answer->end;
    memcpy(&answer->end, stream->bytes + length, sizeof answer->end);
    answer->ended = true;
    if (length < sizeof answer->frame)
        return;
    memcpy(&answer->frame, stream->bytes, sizeof answer->frame);
    if (answer->frame.length == length - sizeof answer->frame)
        answer->bytes = stream->bytes + sizeof answer->frame;
}

/* ", after 12 s", where that is worth a word. */
static const char *after(char *out, size_t size, const struct answer *answer)
{
    out[0] = '\0';
    if (answer->wait_ms >= 1000)
        snprintf(out, size, ", after %lld s", (long long)(answer->wait_ms / 1000));
    return out;
}

static bool fail_signal(const struct answer *answer, const struct forge_scanners *scanners,
                        struct forge_error *err)
{
    int number = WTERMSIG(answer->end.status);
    char when[32];

    if (number == SIGXCPU)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "reading it took more than %u s of processor time, and was stopped",
                          scanners->limits.sandbox.seconds);
    if (number == SIGSYS)
        return forge_fail(err, FORGE_BAD_SOURCE,
                          "its scanner tried what no scanner may do, and was killed");
    if (number == SIGABRT)
        return forge_fail(
            err, FORGE_BAD_SOURCE,
            "its scanner gave up: reading it takes more memory than a scanner has");
    return forge_fail(err, FORGE_BAD_SOURCE,
                      "its scanner was killed by signal %d (%s) while reading it%s", number,
                      strsignal(number), after(when, sizeof when, answer));
}

/* Is the zygote dead? It stays for forge_scanners_close to bury. */
static bool is_gone(const struct forge_scanners *scanners)
{
    siginfo_t ended = {0};

    return waitid(P_PID, (id_t)scanners->zygote, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           ended.si_pid != 0;
}

/* Why there is no answer. */
static bool fail_end(const struct answer *answer, const struct forge_scanners *scanners,
                     struct forge_error *err)
{
    char when[32];

    if (answer->ended && answer->end.unborn)
        return forge_fail(err, FORGE_FAILED,
                          "a scanner could not be started: no process, or no "
                          "memory for one");
    if (answer->cancelled)
        return forge_fail(err, FORGE_CANCELLED, "interrupted");
    if (!answer->ended && !answer->silent && is_gone(scanners))
        return forge_fail(err, FORGE_FAILED, "the zygote of the scanners is gone");
    if (!answer->ended && answer->silent)
        forge_fail(err, FORGE_BAD_SOURCE, "its scanner stopped answering, and was killed%s",
                   after(when, sizeof when, answer));
    else if (!answer->ended)
        forge_fail(err, FORGE_BAD_SOURCE, "its scanner sent nonsense, and was killed");
    else if (answer->end.late)
        forge_fail(err, FORGE_BAD_SOURCE, "reading it took more than %u s, and was stopped",
                   scanners->limits.seconds);
    else if (WIFSIGNALED(answer->end.status))
        fail_signal(answer, scanners, err);
    else
        forge_fail(err, FORGE_BAD_SOURCE, "its scanner ended without an answer (status %d)",
                   WEXITSTATUS(answer->end.status));
    return forge_fail_help(err, "the file is corrupt or hostile; leave it out with \"except\"");
}

/* An error from a scanner, of which nothing is believed. */
static bool fail_as_told(const struct answer *answer, struct forge_error *err)
{
    struct forge_text text = {0}, help = {0};
    struct forge_error told;

    memcpy(&told, answer->bytes, sizeof told);
    told.text[sizeof told.text - 1] = told.help[sizeof told.help - 1] = '\0';
    forge_text_add_safe(&text, told.text);
    forge_text_add_safe(&help, told.help);
    if (told.code != FORGE_SOURCE_IO && told.code != FORGE_FAILED)
        told.code = FORGE_BAD_SOURCE;
    forge_fail(err, told.code, "%s", forge_text_string(&text));
    forge_fail_help(err, "%s", forge_text_string(&help));
    forge_text_clear(&text);
    forge_text_clear(&help);
    return false;
}

/* Give the order and wait for a frame of the wanted kind, of at most so many bytes. The answer
 * is the caller's to clear, in any case. */
static bool ask(struct answer *answer, const struct forge_scanners *scanners,
                const struct forge_zygote_order *order, int input, enum forge_frame_kind wanted,
                uint64_t most, struct forge_error *err)
{
    int fd = -1;

    *answer = (struct answer){0};
    if (!send_order(&fd, scanners, order, input, err))
        return false;
    receive_answer(answer, scanners, fd, most);
    close(fd);
    if (!answer->bytes || answer->end.late || !WIFEXITED(answer->end.status) ||
        WEXITSTATUS(answer->end.status) != 0)
        return fail_end(answer, scanners, err);
    if (answer->frame.kind == wanted)
        return true;
    if (answer->frame.kind == FORGE_FRAME_ERROR && answer->frame.length == sizeof *err)
        return fail_as_told(answer, err);
    return forge_fail(err, FORGE_BAD_SOURCE, "its scanner sent nonsense");
}

static void copy_text(char *to, size_t room, const char *from)
{
    strncpy(to, from ? from : "", room - 1);
    to[room - 1] = '\0';
}

static void fill_order(struct forge_zygote_order *order, enum forge_zygote_kind kind,
                       const struct forge_format_type *format,
                       const struct forge_scan_request *request)
{
    memset(order, 0, sizeof *order);
    order->kind = kind;
    order->size = request->size;
    order->inline_bytes = request->inline_bytes;
    order->has_group = request->group != NULL;
    order->format = format;
    copy_text(order->url, sizeof order->url, request->url);
    copy_text(order->group, sizeof order->group, request->group);
}

static bool take_record(struct forge_dataset *out, const char **name, struct forge_arena *arena,
                        const struct answer *answer, const struct forge_file *file,
                        struct forge_error *err)
{
    if (answer->frame.length < FORGE_FORMAT_NAME ||
        memchr(answer->bytes, '\0', FORGE_FORMAT_NAME) == NULL)
        return forge_fail(err, FORGE_BAD_SOURCE, "its scanner sent nonsense");
    *name = answer->bytes;
    return forge_record_read(out, arena, answer->bytes + FORGE_FORMAT_NAME,
                             answer->frame.length - FORGE_FORMAT_NAME, file, err);
}

bool forge_scanner_scan_as(struct forge_scanners *scanners, struct forge_file *file,
                           const struct forge_format_type *format,
                           const struct forge_scan_request *request, struct forge_arena *arena,
                           struct forge_dataset *out, struct forge_error *err)
{
    struct forge_zygote_order order;
    struct answer answer;
    const char *name = "";
    bool good;

    if (request->group && strlen(request->group) >= sizeof order.group)
        return forge_fail(err, FORGE_BAD_RECIPE, "the name of the group is too long");
    fill_order(&order, FORGE_ORDER_SCAN, format, request);
    good = ask(&answer, scanners, &order, request->fd, FORGE_FRAME_RECORD, RECORD_MAX, err) &&
           take_record(out, &name, arena, &answer, file, err);
    if (good && !format)
        format = forge_format_find(name);
    if (good && format)
        file->format = format->name;
    else if (good)
        good = forge_fail(err, FORGE_BAD_SOURCE, "its scanner sent nonsense");
    forge_text_clear(&answer.stream);
    if (!good && strncmp(err->text, request->url, strlen(request->url)) != 0)
        forge_fail_while(err, "%s", request->url);
    return good;
}

bool forge_scanner_scan(struct forge_scanners *scanners, struct forge_file *file,
                        const char *format, const struct forge_scan_request *request,
                        struct forge_arena *arena, struct forge_dataset *out,
                        struct forge_error *err)
{
    const struct forge_format_type *type = format ? forge_format_find(format) : NULL;

    if (format && !type)
        return forge_fail(err, FORGE_BAD_RECIPE, "there is no format \"%s\"", format);
    return forge_scanner_scan_as(scanners, file, type, request, arena, out, err);
}

/* A local file behind a source, as it was scanned. */
static int open_again(const struct forge_file *file, struct forge_error *err)
{
    struct forge_arena arena = {0};
    int fd = open(forge_arena_print(&arena, "/%s", file->key), O_RDONLY | O_CLOEXEC);
    struct stat status;

    forge_arena_clear(&arena);
    if (fd < 0 || fstat(fd, &status) != 0) {
        forge_fail_errno(err, FORGE_SOURCE_IO, "it cannot be opened again");
    } else if ((uint64_t)status.st_size == file->status.size) {
        return fd;
    } else {
        forge_fail(err, FORGE_BAD_SOURCE, "it changed since it was scanned");
    }
    if (fd >= 0)
        close(fd);
    return -1;
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
    struct answer answer = {0};
    bool good = request.fd >= 0;

    if (good && strlen(source->path) >= sizeof order.path)
        good = forge_fail(err, FORGE_BAD_SOURCE, "the name of the variable is too long");
    if (good) {
        fill_order(&order, FORGE_ORDER_READ, forge_format_find(source->file->format), &request);
        copy_text(order.path, sizeof order.path, source->path);
        order.dtype = source->array.dtype;
        order.rank = source->array.rank;
        order.region = *region;
        order.elements_size = size;
        good = ask(&answer, scanners, &order, request.fd, FORGE_FRAME_DATA,
                   size > sizeof *err ? size : sizeof *err, err) &&
               (answer.frame.length == size ||
                forge_fail(err, FORGE_BAD_SOURCE, "its scanner sent nonsense"));
    }
    if (good && answer.bytes)
        memcpy(elements, answer.bytes, size);
    forge_text_clear(&answer.stream);
    if (request.fd >= 0)
        close(request.fd);
    return good;
}

struct forge_library forge_scanner_library(struct forge_scanners *scanners)
{
    return (struct forge_library){.read = library_read, .context = scanners};
}

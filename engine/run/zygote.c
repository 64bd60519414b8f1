#include "run/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_MAX 256
#define INPUT_FD 3
#define OUTPUT_FD 4

struct child {
    pid_t pid;
    int output; /* the zygote's copy of the scanner's end */
    int64_t deadline_ms;
    bool late;
    bool killed;
};

struct zygote {
    int control, signals;
    const struct forge_scanner_limits *limits;
    struct child children[CHILDREN_MAX];
    size_t count;
    struct pollfd polled[2 + CHILDREN_MAX]; /* signals, control, the stream of each child */
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Take one order with its two descriptors. 1: taken, 0: the program is gone, -1: nonsense. */
static int receive(int control, struct forge_zygote_order *order, int fds[2])
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } ancillary;
    struct iovec part = {order, sizeof *order};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = ancillary.bytes,
                             .msg_controllen = sizeof ancillary.bytes};
    ssize_t got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header;

    if (got < 0)
        return errno == EINTR ? -1 : 0;
    if (got == 0)
        return 0;
    header = CMSG_FIRSTHDR(&message);
    if ((size_t)got != sizeof *order || !header || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(2 * sizeof(int)))
        return -1;
    memcpy(fds, CMSG_DATA(header), 2 * sizeof(int));
    return 1;
}

/* In the child: only the two descriptors stay, at fixed numbers. */
static void keep_descriptors(int input, int output)
{
    int high_input = fcntl(input, F_DUPFD, 16), high_output = fcntl(output, F_DUPFD, 16);

    if (high_input < 0 || high_output < 0 || dup2(high_input, INPUT_FD) < 0 ||
        dup2(high_output, OUTPUT_FD) < 0 || close_range(OUTPUT_FD + 1, ~0U, 0) != 0)
        _exit(1);
}

/* The last bytes of a stream. The program is reading, so they find room; one that is gone does
 * not matter. */
static void tell_end(int output, const struct forge_scanner_end *end)
{
    (void)!send(output, end, sizeof *end, MSG_NOSIGNAL);
    close(output);
}

/* Faults end a scanner, whatever handlers the program had when it was copied. */
static void reset_faults(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        signal(faults[i], SIG_DFL);
}

static void start(struct zygote *zygote, const struct forge_zygote_order *order, int input,
                  int output)
{
    struct child *child = &zygote->children[zygote->count];
    sigset_t none;
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        reset_faults();
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        keep_descriptors(input, output);
        forge_scanner_process(order, INPUT_FD, OUTPUT_FD, &zygote->limits->sandbox);
    }
    close(input);
    if (pid < 0) {
        tell_end(output, &(struct forge_scanner_end){.unborn = true});
        return;
    }
    *child = (struct child){.pid = pid,
                            .output = output,
                            .deadline_ms = now_ms() + zygote->limits->seconds * INT64_C(1000)};
    zygote->count++;
}

static void finish(struct zygote *zygote, size_t i, int status)
{
    struct child *child = &zygote->children[i];
    struct forge_scanner_end last;

    memset(&last, 0, sizeof last);
    last.status = status;
    last.late = child->late;
    tell_end(child->output, &last);
    *child = zygote->children[--zygote->count];
}

static void reap(struct zygote *zygote)
{
    struct signalfd_siginfo ignored;
    int status;
    pid_t pid;

    while (read(zygote->signals, &ignored, sizeof ignored) > 0)
        continue;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < zygote->count; i++) {
            if (zygote->children[i].pid == pid) {
                finish(zygote, i, status);
                break;
            }
        }
    }
}

static void kill_child(struct child *child)
{
    child->killed = true;
    kill(child->pid, SIGKILL);
}

/* Kill what is late; how long until the next deadline. */
static int enforce_deadlines(struct zygote *zygote)
{
    int64_t now = now_ms(), wait = -1;

    for (size_t i = 0; i < zygote->count; i++) {
        struct child *child = &zygote->children[i];

        if (child->deadline_ms <= now && !child->killed) {
            child->late = true;
            kill_child(child);
        } else if (!child->killed && (wait < 0 || child->deadline_ms - now < wait)) {
            wait = child->deadline_ms - now;
        }
    }
    return (int)wait;
}

/* Wait for what there is to do; false when that fails. Scanners whose stream the program has
 * closed are killed: nobody waits for them. */
static bool wait_for_work(struct zygote *zygote)
{
    int wait_ms = enforce_deadlines(zygote);
    bool full = zygote->count == CHILDREN_MAX; /* more orders wait in the socket */
    size_t count = zygote->count;

    zygote->polled[0] = (struct pollfd){.fd = zygote->signals, .events = POLLIN};
    zygote->polled[1] = (struct pollfd){.fd = full ? -1 : zygote->control, .events = POLLIN};
    for (size_t i = 0; i < count; i++)
        zygote->polled[2 + i].fd = zygote->children[i].killed ? -1 : zygote->children[i].output;
    if (poll(zygote->polled, 2 + count, wait_ms) < 0) {
        zygote->polled[1].revents = 0;
        return errno == EINTR;
    }
    for (size_t i = 0; i < count; i++) {
        if (zygote->polled[2 + i].revents)
            kill_child(&zygote->children[i]);
    }
    return true;
}

static _Noreturn void end(const struct zygote *zygote)
{
    for (size_t i = 0; i < zygote->count; i++)
        kill(zygote->children[i].pid, SIGKILL);
    _exit(0);
}

/* Secrets of the environment are not left in the memory that scanners get a copy of. */
static void wipe_environment(void)
{
    for (char **entry = environ; entry && *entry; entry++)
        explicit_bzero(*entry, strlen(*entry));
    clearenv();
}

static void prepare(struct zygote *zygote)
{
    sigset_t chld;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    wipe_environment();
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
    for (int fd = 0; fd < (forge_sandbox_is_sanitized() ? STDERR_FILENO : 3) && null >= 0; fd++)
        dup2(null, fd);
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    zygote->signals = signalfd(-1, &chld, SFD_NONBLOCK | SFD_CLOEXEC);
    if (zygote->signals < 0)
        _exit(1);
}

_Noreturn void forge_zygote_run(int control, const struct forge_scanner_limits *limits)
{
    static struct zygote zygote;
    static struct forge_zygote_order order;

    zygote.control = control;
    zygote.limits = limits;
    prepare(&zygote);
    for (;;) {
        int fds[2], taken;

        if (!wait_for_work(&zygote))
            end(&zygote);
        reap(&zygote);
        if (!zygote.polled[1].revents)
            continue;
        taken = receive(control, &order, fds);
        if (taken == 0)
            end(&zygote);
        if (taken > 0)
            start(&zygote, &order, fds[0], fds[1]);
    }
}

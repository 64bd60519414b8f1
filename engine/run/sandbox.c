#include "run/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 32

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

bool forge_sandbox_is_sanitized(void)
{
    return SANITIZED;
}

static long landlock_version(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

bool forge_sandbox_is_whole(void)
{
    return landlock_version() >= 1;
}

static bool limit(int which, uint64_t most, struct forge_error *err)
{
    const struct rlimit both = {most, most};

    return setrlimit((unsigned)which, &both) == 0 ||
           forge_fail_errno(err, FORGE_FAILED, "a limit of the scanner cannot be set");
}

static bool set_limits(const struct forge_sandbox_limits *limits, struct forge_error *err)
{
    /* Sanitizers reserve terabytes of address space. */
    if (!SANITIZED && !limit(RLIMIT_AS, limits->memory_bytes, err))
        return false;
    return limit(RLIMIT_CPU, limits->seconds, err) && limit(RLIMIT_FSIZE, 0, err) &&
           limit(RLIMIT_CORE, 0, err) && limit(RLIMIT_NPROC, 0, err) &&
           limit(RLIMIT_NOFILE, DESCRIPTORS_MAX, err);
}

/* Every right on files that this kernel knows how to deny. */
static uint64_t file_rights(long version)
{
    uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* version 1: the first 13 */

    if (version >= 2)
        rights |= UINT64_C(1) << 13; /* REFER */
    if (version >= 3)
        rights |= UINT64_C(1) << 14; /* TRUNCATE */
    if (version >= 5)
        rights |= UINT64_C(1) << 15; /* IOCTL_DEV */
    return rights;
}

/* The ruleset as the newest kernels read it; older ones are told a shorter size. */
struct ruleset {
    uint64_t files, network, scopes;
};

static bool lock_files(int input, struct forge_error *err)
{
    long version = landlock_version();
    struct ruleset rules = {.files = file_rights(version)};
    size_t size = sizeof rules.files;
    struct landlock_path_beneath_attr beneath = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
                                                 .parent_fd = input};
    int fd;
    bool good;

    if (version < 1)
        return true;
    if (version >= 4) {
        rules.network = 3; /* bind and connect of TCP */
        size = 2 * sizeof rules.files;
    }
    if (version >= 6) {
        rules.scopes = 3; /* abstract sockets and signals stay inside */
        size = sizeof rules;
    }
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (fd < 0)
        return forge_fail_errno(err, FORGE_FAILED, "Landlock refuses its rules");
    /* EBADFD: a file without a path (a memfd), which no rule can name and none keeps closed. */
    good = (syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0 ||
            errno == EBADFD) &&
           syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    if (!good)
        forge_fail_errno(err, FORGE_FAILED, "Landlock cannot be entered");
    close(fd);
    return good;
}

/* What a parser needs, whatever the arguments. Everything else fails with EPERM, or ends the
 * process. newfstatat is fstat to the C library, and HDF5 resolves the path of its file by
 * readlink: with both a scanner can still ask about paths. */
static const int allowed[] = {
    SCMP_SYS(read),         SCMP_SYS(pread64),         SCMP_SYS(lseek),
    SCMP_SYS(close),        SCMP_SYS(fstat),           SCMP_SYS(newfstatat),
    SCMP_SYS(fcntl),        SCMP_SYS(munmap),          SCMP_SYS(mremap),
    SCMP_SYS(brk),          SCMP_SYS(madvise),         SCMP_SYS(futex),
    SCMP_SYS(gettimeofday), SCMP_SYS(clock_gettime),   SCMP_SYS(time),
    SCMP_SYS(getpid),       SCMP_SYS(gettid),          SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),  SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),  SCMP_SYS(sched_yield),     SCMP_SYS(getrusage),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),      SCMP_SYS(uname),
    SCMP_SYS(sysinfo),      SCMP_SYS(restart_syscall), SCMP_SYS(readlink),
};

/* What the runtime of a sanitizer needs besides. */
static const int sanitizer[] = {
    SCMP_SYS(prctl),
    SCMP_SYS(getcwd),
    SCMP_SYS(sched_getaffinity),
};

/* What no parser does unless a file made it: the process ends at once. */
static const int deadly[] = {
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(ptrace),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
};

#define ALL(table) table, sizeof(table) / sizeof *(table)

static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    int bad = 0;

    for (size_t i = 0; i < count; i++)
        bad |= seccomp_rule_add(filter, action, calls[i], 0);
    return bad;
}

static int allow_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp condition)
{
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, condition);
}

static int add_rules(scmp_filter_ctx filter, int output)
{
    const struct scmp_arg_cmp read_only =
        SCMP_A2(SCMP_CMP_MASKED_EQ, O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0);
    const struct scmp_arg_cmp own_socket = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)output);
    const struct scmp_arg_cmp no_code =
        SCMP_A2(SCMP_CMP_MASKED_EQ, SANITIZED ? 0 : PROT_EXEC, 0);
    const struct scmp_arg_cmp own_process = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());
    int bad = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    bad |= add_all(filter, SCMP_ACT_ALLOW, ALL(allowed));
    bad |= add_all(filter, SCMP_ACT_KILL_PROCESS, ALL(deadly));
    bad |= allow_if(filter, SCMP_SYS(openat), read_only);
    bad |= allow_if(filter, SCMP_SYS(write), own_socket);
    bad |= allow_if(filter, SCMP_SYS(sendto), own_socket);
    bad |= allow_if(filter, SCMP_SYS(tgkill), own_process); /* abort() */
    bad |= allow_if(filter, SCMP_SYS(mmap), no_code);
    bad |= allow_if(filter, SCMP_SYS(mprotect), no_code);
    if (SANITIZED)
        bad |= add_all(filter, SCMP_ACT_ALLOW, ALL(sanitizer)) |
               allow_if(filter, SCMP_SYS(write), SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO));
    return bad;
}

static bool lock_calls(int output, struct forge_error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int bad = filter ? add_rules(filter, output) : -ENOMEM;

    if (bad == 0)
        bad = seccomp_load(filter);
    seccomp_release(filter);
    return bad == 0 || forge_fail(err, FORGE_FAILED, "seccomp cannot be entered");
}

bool forge_sandbox_enter(int input, int output, const struct forge_sandbox_limits *limits,
                         struct forge_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return forge_fail_errno(err, FORGE_FAILED, "privileges cannot be given up");
    return set_limits(limits, err) && lock_files(input, err) && lock_calls(output, err);
}

void forge_libseccomp_version(struct forge_text *out)
{
    const struct scmp_version *version = seccomp_version();

    if (version)
        forge_text_print(out, "%u.%u.%u", version->major, version->minor, version->micro);
}

/* The sandbox: every way out is tried from inside, and shown to work outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/sandbox.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static char folder[] = "/tmp/forge-sandbox-XXXXXX";
static const struct forge_sandbox_limits limits = {UINT64_C(512) << 20, 5};

static const char *path_in_folder(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* ---- ways out: true when it worked */

static bool reads(const char *path)
{
    char byte;
    int fd = open(path, O_RDONLY);

    return fd >= 0 && read(fd, &byte, 1) == 1;
}

static bool read_passwords(int input)
{
    (void)input;
    return reads("/etc/passwd");
}

static bool read_a_neighbour(int input)
{
    (void)input;
    return reads(path_in_folder("neighbour"));
}

static bool read_own_environment(int input)
{
    (void)input;
    return reads("/proc/self/environ");
}

static bool read_memory_of_the_parent(int input)
{
    char path[64];

    (void)input;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)getppid());
    return reads(path);
}

static bool list_a_folder(int input)
{
    (void)input;
    return open(folder, O_RDONLY | O_DIRECTORY) >= 0;
}

static bool create_a_file(int input)
{
    (void)input;
    return open(path_in_folder("created"), O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool make_a_folder(int input)
{
    (void)input;
    return mkdir(path_in_folder("made"), 0700) == 0 && rmdir(path_in_folder("made")) == 0;
}

static bool remove_a_file(int input)
{
    (void)input;
    return unlink(path_in_folder("neighbour")) == 0;
}

static bool rename_a_file(int input)
{
    char to[128];

    (void)input;
    snprintf(to, sizeof to, "%s/renamed", folder);
    return rename(path_in_folder("neighbour"), to) == 0;
}

static bool change_rights(int input)
{
    return fchmod(input, 0640) == 0;
}

static bool write_the_input(int input)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", input);
    return open(path, O_RDWR) >= 0;
}

static bool cut_the_input(int input)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", input);
    return truncate(path, 1) == 0;
}

static bool open_an_internet_socket(int input)
{
    (void)input;
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool send_a_datagram(int input)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = 9};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)input;
    to.sin_addr.s_addr = 0x0100007f;
    return sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof to) == 1;
}

static bool open_a_local_socket(int input)
{
    (void)input;
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool fork_a_process(int input)
{
    pid_t pid = fork();

    (void)input;
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool run_a_program(int input)
{
    char *const arguments[] = {(char *)"true", NULL};

    (void)input;
    execv("/bin/true", arguments);
    return false; /* outside its exit status says true */
}

static bool signal_the_parent(int input)
{
    (void)input;
    return kill(getppid(), 0) == 0;
}

static bool trace(int input)
{
    (void)input;
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool read_memory_of_another(int input)
{
    char byte;
    struct iovec local = {&byte, 1}, remote = {folder, 1};

    (void)input;
    return syscall(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0) == 1;
}

static bool run_data_as_code(int input)
{
    (void)input;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static bool make_data_code(int input)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)input;
    return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool take_a_gibibyte(int input)
{
    (void)input;
    return mmap(NULL, 1U << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool open_a_hundred_descriptors(int input)
{
    int last = 0;

    for (int i = 0; i < 100 && last >= 0; i++)
        last = fcntl(input, F_DUPFD, 0);
    return last >= 0;
}

static bool leave_its_namespace(int input)
{
    (void)input;
    return unshare(CLONE_FILES) == 0;
}

static const struct {
    const char *name;
    bool (*try)(int input);
    bool by_sanitizers; /* their runtime needs the same */
} ways[] = {
    {"read passwords", read_passwords, false},
    {"read a neighbour", read_a_neighbour, false},
    {"read its environment", read_own_environment, false},
    {"read the parent's memory", read_memory_of_the_parent, false},
    {"list a folder", list_a_folder, false},
    {"create a file", create_a_file, false},
    {"make a folder", make_a_folder, false},
    {"rename a file", rename_a_file, false},
    {"remove a file", remove_a_file, false},
    {"change rights", change_rights, false},
    {"write the input", write_the_input, false},
    {"cut the input", cut_the_input, false},
    {"open an internet socket", open_an_internet_socket, false},
    {"send a datagram", send_a_datagram, false},
    {"open a local socket", open_a_local_socket, false},
    {"fork", fork_a_process, false},
    {"run a program", run_a_program, false},
    {"signal the parent", signal_the_parent, false},
    {"be traced", trace, false},
    {"read another's memory", read_memory_of_another, false},
    {"map code", run_data_as_code, true},
    {"make data code", make_data_code, true},
    {"take a gibibyte", take_a_gibibyte, true},
    {"open a hundred descriptors", open_a_hundred_descriptors, false},
    {"leave its namespace", leave_its_namespace, false},
};

static void put_file(const char *name)
{
    int fd = open(path_in_folder(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, "content", 7), 7);
    close(fd);
}

/* How the process ends that tries: 0 when it got out. */
static int attempt(bool (*try)(int input), bool inside)
{
    int input, output[2], status;
    struct forge_error err;
    pid_t pid;

    put_file("input");
    put_file("neighbour");
    input = open(path_in_folder("input"), O_RDONLY);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, output), 0);
    pid = fork();
    if (pid == 0) {
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        if (inside && !forge_sandbox_enter(input, output[1], &limits, &err))
            _exit(3);
        _exit(try(input) ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(input);
    close(output[0]);
    close(output[1]);
    return status;
}

static void no_way_out_works_inside_and_all_work_outside(void **state)
{
    unsigned tried = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        int outside = attempt(ways[i].try, false), inside;

        if (!WIFEXITED(outside) || WEXITSTATUS(outside) != 0)
            fail_msg("%s: does not work outside either", ways[i].name);
        if (ways[i].by_sanitizers && forge_sandbox_is_sanitized())
            continue;
        inside = attempt(ways[i].try, true);
        if (!(WIFEXITED(inside) && WEXITSTATUS(inside) == 1) &&
            !(WIFSIGNALED(inside) && WTERMSIG(inside) == SIGSYS))
            fail_msg("%s: ends with status %x", ways[i].name, (unsigned)inside);
        tried++;
    }
    printf("%u ways out tried\n", tried);
}

/* ---- what stays possible */

static bool read_the_input_twice(int input)
{
    char path[64], byte;

    snprintf(path, sizeof path, "/proc/self/fd/%d", input);
    return reads(path) && pread(input, &byte, 1, 3) == 1 && byte == 't';
}

static bool compute(int input)
{
    unsigned char *bytes = calloc(1, 64U << 20);

    (void)input;
    if (!bytes)
        return false;
    memset(bytes, 7, 64U << 20);
    bytes = realloc(bytes, 96U << 20);
    return bytes && bytes[(64U << 20) - 1] == 7;
}

static bool give_up(int input)
{
    (void)input;
    abort();
}

static void reading_the_file_and_computing_work_inside(void **state)
{
    int status;

    (void)state;
    assert_int_equal(attempt(read_the_input_twice, true), 0);
    assert_int_equal(attempt(compute, true), 0);
    status = attempt(give_up, true);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static bool spin(int input)
{
    volatile int turns = input;

    while (turns >= 0)
        turns = input;
    return false;
}

static void processor_time_is_limited(void **state)
{
    int status = attempt(spin, true);

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_true(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
}

static int open_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int close_folder(void **state)
{
    static const char *const names[] = {"input", "neighbour", "created", "renamed"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(path_in_folder(names[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_way_out_works_inside_and_all_work_outside),
        cmocka_unit_test(reading_the_file_and_computing_work_inside),
        cmocka_unit_test(processor_time_is_limited),
    };

    if (!forge_sandbox_is_whole()) {
        puts("this kernel has no Landlock: nothing to show");
        return 77;
    }
    return cmocka_run_group_tests_name("sandbox", tests, open_folder, close_folder);
}

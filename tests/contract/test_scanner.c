/* Scanners: files through a process each, and what that process may do to the program. */
#include "support/hdf5_world.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "formats/refused.h"
#include "run/scanner.h"
#include "run/zygote.h"

#define SECONDS 3
#define OUTPUT 4 /* the scanner's end of the stream */

static struct forge_scanners *scanners;
static atomic_bool cancelled;
static char canary[] = "FORGE_TEST_SECRET=swordfish";

static bool scan_as(struct hdf5_world *world, const struct forge_format_type *format,
                    const char *group, struct forge_file *file)
{
    struct stat status;
    bool good;

    forget(world);
    world->request.fd = open(world->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(world->request.fd, &status), 0);
    world->request.size = (uint64_t)status.st_size;
    world->request.url = "f.nc";
    world->request.group = group;
    *file = (struct forge_file){.store = world->files, .key = world->path + 1, .url = "f.nc"};
    file->status.size = (uint64_t)status.st_size;
    file->status.modified_ns =
        status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
    file->status.serial = status.st_ino;
    good = forge_scanner_scan_as(scanners, file, format, &world->request, &world->arena,
                                 &world->dataset, &world->err);
    world->library = forge_scanner_library(scanners);
    return good;
}

/* ---- good files */

/* A variable for every way of storing, some of which only the library reads. */
static void make_file(const struct hdf5_world *world)
{
    const hsize_t dims[2] = {30, 20}, chunk[2] = {8, 8};
    const char *const texts[2] = {"abc", "d\xc3\xa9"};
    const hsize_t two[1] = {2};
    int values[600];
    hid_t file = make_hdf5(world), list = H5Pcreate(H5P_DATASET_CREATE), type;

    for (int i = 0; i < 600; i++)
        values[i] = i * i % 9973;
    put_dataset(file, "contiguous", H5T_STD_I32BE, H5T_NATIVE_INT, H5P_DEFAULT, 2, dims,
                values);
    H5Pset_chunk(list, 2, chunk);
    put_dataset(file, "chunked", H5T_STD_I32LE, H5T_NATIVE_INT, list, 2, dims, values);
    H5Pset_scaleoffset(list, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT);
    put_dataset(file, "library", H5T_STD_I32LE, H5T_NATIVE_INT, list, 2, dims, values);
    H5Premove_filter(list, H5Z_FILTER_ALL);
    H5Pset_shuffle(list);
    H5Pset_deflate(list, 4);
    put_dataset(file, "deflated", H5T_STD_I16BE, H5T_NATIVE_INT, list, 2, dims, values);
    type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    put_dataset(file, "texts", type, type, H5P_DEFAULT, 1, two, texts);
    put_dataset(file, "refused", H5T_STD_REF_OBJ, H5T_STD_REF_OBJ, H5P_DEFAULT, 1, two, NULL);
    H5Tclose(type);
    H5Pclose(list);
    H5Fclose(file);
}

static void must_scan_well(struct hdf5_world *world, struct forge_file *file)
{
    int32_t wide[600];
    int16_t narrow[600];

    if (!scan_as(world, NULL, NULL, file))
        fail_msg("%s", world->err.text);
    for (int i = 0; i < 600; i++) {
        wide[i] = i * i % 9973;
        narrow[i] = (int16_t)wide[i];
    }
    assert_string_equal(file->format, "hdf5");
    assert_memory_equal(values_of(world, "contiguous"), wide, sizeof wide);
    assert_memory_equal(values_of(world, "chunked"), wide, sizeof wide);
    assert_memory_equal(values_of(world, "deflated"), narrow, sizeof narrow);
    assert_string_equal(text_of(world, "texts", 1), "d\xc3\xa9");
    assert_int_equal(world->reader.counts.library_chunks, 0);
    assert_memory_equal(values_of(world, "library"), wide, sizeof wide);
    assert_true(world->reader.counts.library_chunks > 0);
}

static void a_file_comes_through_whole(void **state)
{
    struct hdf5_world *world = *state;
    struct forge_file file;

    make_file(world);
    for (int i = 0; i < 2; i++) {
        world->request.inline_bytes = i == 0 ? 0 : 1300; /* "deflated" comes along */
        must_scan_well(world, &file);
        assert_string_equal(forge_array_refusal(variable_of(world, "refused")->array),
                            "it has a reference type, which cannot be stored");
    }
    world->request.inline_bytes = 0;
    agree_on_values(world, "library", 30);
}

static void a_file_that_changed_is_not_read_through_the_library(void **state)
{
    struct hdf5_world *world = *state;
    struct forge_file file;
    const void *values;

    make_file(world);
    must_scan_well(world, &file);
    assert_int_equal(truncate(world->path, (off_t)file.status.size + 1), 0);
    assert_false(forge_array_values(&values, variable_of(world, "library")->array,
                                    &world->reader, &world->arena, 1U << 20, &world->err));
    assert_string_equal(world->err.text,
                        "f.nc: variable \"library\": it changed since it was scanned");
}

static void files_of_other_kinds_are_named(void **state)
{
    struct hdf5_world *world = *state;
    struct forge_file file;
    int fd = open(world->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, "<html><body>404", 15), 15);
    close(fd);
    assert_false(scan_as(world, NULL, NULL, &file));
    assert_string_equal(world->err.text,
                        "f.nc: starts with <html><body>404: a web page, not data");
    assert_int_equal(world->err.code, FORGE_BAD_SOURCE);
}

struct share {
    const struct hdf5_world *world;
    unsigned good;
};

static void *scan_often(void *context)
{
    struct share *share = context;

    for (int i = 0; i < 20; i++) {
        struct forge_arena arena = {0};
        struct forge_dataset dataset;
        struct forge_error err;
        struct forge_file file = {.url = "f.nc"};
        struct forge_scan_request request = share->world->request;

        file.status.size = request.size;
        share->good +=
            forge_scanner_scan(scanners, &file, "hdf5", &request, &arena, &dataset, &err) &&
            dataset.variables_count == 6;
        forge_arena_clear(&arena);
    }
    return NULL;
}

static void many_threads_scan_at_once(void **state)
{
    struct hdf5_world *world = *state;
    pthread_t threads[8];
    struct share shares[8];
    struct forge_file file;

    make_file(world);
    assert_true(scan_as(world, NULL, NULL, &file));
    for (size_t i = 0; i < COUNT(threads); i++) {
        shares[i] = (struct share){world, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, scan_often, &shares[i]), 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(shares[i].good, 20);
    }
}

/* ---- scanners that a file took over: a format that does as its group says */

static void answer(uint32_t kind, uint64_t announced, const void *bytes, size_t length)
{
    struct forge_frame frame;

    memset(&frame, 0, sizeof frame);
    frame.kind = kind;
    frame.length = announced;
    (void)!write(OUTPUT, &frame, sizeof frame);
    (void)!write(OUTPUT, bytes, length);
    _exit(0);
}

static void answer_error(void)
{
    struct forge_error err;

    memset(&err, 'x', sizeof err);
    err.code = FORGE_BAD_RECIPE;
    err.line = 7;
    memcpy(err.text, "\033[2Jboo\xff", 9);
    memset(err.help, 0, sizeof err.help);
    answer(FORGE_FRAME_ERROR, sizeof err, &err, sizeof err);
}

static void eat_memory(void)
{
    for (;;) {
        char *piece = malloc(1U << 20);

        if (!piece)
            abort();
        memset(piece, 1, 1U << 20);
    }
}

/* Which descriptors are open, and is there anything left of the secret? */
static void tell_all(struct forge_error *err)
{
    char open_ones[128] = "";

    for (int fd = 0; fd < 1024; fd++) {
        size_t used = strlen(open_ones);

        if (fcntl(fd, F_GETFD) >= 0 && used < sizeof open_ones - 8)
            snprintf(open_ones + used, sizeof open_ones - used, " %d", fd);
    }
    forge_fail(err, FORGE_BAD_SOURCE, "open:%s secret: %s%s%s", open_ones, canary,
               getenv("HOME") ? " home" : "", getenv("PATH") ? " path" : "");
}

static void crash(void)
{
    volatile int *volatile nowhere = (volatile int *)8;

    *nowhere = 1;
}

static void hang(void)
{
    volatile int turns = 0;

    while (turns >= 0)
        turns = 0;
}

static void open_socket(void)
{
    (void)!socket(AF_INET, SOCK_STREAM, 0);
}

static void end_well(void)
{
    _exit(0);
}

static void end_badly(void)
{
    _exit(7);
}

static void answer_garbage(void)
{
    answer(FORGE_FRAME_RECORD, 100, (char[100]){"hdf5"}, 100);
}

static void answer_half(void)
{
    answer(FORGE_FRAME_RECORD, 100, (char[100]){"hdf5"}, 50);
}

static void announce_too_much(void)
{
    answer(FORGE_FRAME_RECORD, UINT64_MAX - 8, (char[100]){"hdf5"}, 100);
}

static void answer_unknown(void)
{
    answer(99, 4, "1234", 4);
}

static void answer_data(void)
{
    answer(FORGE_FRAME_DATA, 4, "1234", 4);
}

static void flood(void)
{
    static const char bytes[65536];

    for (;;)
        (void)!write(OUTPUT, bytes, sizeof bytes);
}

static const struct misdeed {
    const char *name;
    void (*commit)(void);
    const char *text;
    bool measured; /* memory is, which sanitizers are not */
} misdeeds[] = {
    {"crash", crash,
     "f.nc: its scanner was killed by signal 11 (Segmentation fault) while reading it", false},
    {"hang", hang, "f.nc: reading it took more than 3 s, and was stopped", false},
    {"socket", open_socket, "f.nc: its scanner tried what no scanner may do, and was killed",
     false},
    {"end well", end_well, "f.nc: its scanner ended without an answer (status 0)", false},
    {"end badly", end_badly, "f.nc: its scanner ended without an answer (status 7)", false},
    {"memory", eat_memory,
     "f.nc: its scanner gave up: reading it takes more memory than a scanner has", true},
    {"garbage", answer_garbage, NULL, false},
    {"half", answer_half, "f.nc: its scanner ended without an answer (status 0)", false},
    {"too much", announce_too_much, "f.nc: its scanner ended without an answer (status 0)",
     false},
    {"unknown", answer_unknown, "f.nc: its scanner sent nonsense", false},
    {"data", answer_data, "f.nc: its scanner sent nonsense", false},
    {"flood", flood, NULL, false},
    {"escape", answer_error, "f.nc: \\x1b[2Jboo\\xff", false},
};

static bool misbehave(struct forge_dataset *out, struct forge_arena *arena,
                      const struct forge_scan_request *request, struct forge_error *err)
{
    (void)out;
    (void)arena;
    for (size_t i = 0; i < COUNT(misdeeds); i++) {
        if (strcmp(misdeeds[i].name, request->group) == 0)
            misdeeds[i].commit();
    }
    tell_all(err);
    return false;
}

static bool never(const unsigned char *head, size_t length)
{
    (void)head;
    (void)length;
    return false;
}

static const struct forge_format_type bad = {
    .name = "bad", .summary = "", .sniff = never, .scan = misbehave};

static void a_scanner_can_only_harm_its_own_file(void **state)
{
    struct hdf5_world *world = *state;
    struct forge_file file;

    make_file(world);
    for (size_t i = 0; i < COUNT(misdeeds); i++) {
        const struct misdeed *misdeed = &misdeeds[i];

        if (misdeed->measured && forge_sandbox_is_sanitized())
            continue;
        if (scan_as(world, &bad, misdeed->name, &file))
            fail_msg("%s: scanned", misdeed->name);
        if (misdeed->text)
            assert_string_equal(world->err.text, misdeed->text);
        assert_int_equal(strncmp(world->err.text, "f.nc: ", 6), 0);
        assert_int_equal(world->err.code, FORGE_BAD_SOURCE);
        assert_int_equal(world->err.line, 0);
    }
    must_scan_well(world, &file);
}

/* How many processes run below this one's zygote? */
static size_t count_scanners(void)
{
    size_t count = 0;
    char path[64];
    long parent, child;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &parent), 1); // NOLINT(cert-err34-c)
    fclose(file);
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", parent, parent);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fscanf(file, "%ld", &child) == 1) // NOLINT(cert-err34-c)
        count++;
    fclose(file);
    return count;
}

static void *cancel_soon(void *context)
{
    (void)context;
    while (count_scanners() == 0)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    atomic_store(&cancelled, true);
    return NULL;
}

/* The file would take 3 s to be given up. */
static void a_scanner_that_nobody_waits_for_is_killed(void **state)
{
    struct hdf5_world *world = *state;
    struct timespec began, ended;
    struct forge_file file;
    pthread_t thread;

    make_file(world);
    assert_int_equal(count_scanners(), 0);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &began);
    assert_false(scan_as(world, &bad, "hang", &file));
    clock_gettime(CLOCK_MONOTONIC, &ended);
    pthread_join(thread, NULL);
    assert_int_equal(world->err.code, FORGE_CANCELLED);
    assert_true(ended.tv_sec - began.tv_sec < SECONDS);
    for (int i = 0; i < 100 && count_scanners() > 0; i++)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    assert_int_equal(count_scanners(), 0);
    atomic_store(&cancelled, false);
    must_scan_well(world, &file);
}

static void a_scanner_has_two_descriptors_and_no_secret(void **state)
{
    struct hdf5_world *world = *state;
    struct forge_file file;

    make_file(world);
    assert_string_equal(canary, "FORGE_TEST_SECRET=swordfish");
    assert_false(scan_as(world, &bad, "none", &file));
    assert_string_equal(world->err.text, "f.nc: open: 0 1 2 3 4 secret: ");
}

static int open_all(void **state)
{
    const struct forge_scanner_limits limits = {
        .sandbox = {.memory_bytes = UINT64_C(512) << 20, .seconds = 60},
        .seconds = SECONDS,
        .cancelled = &cancelled};
    struct forge_error err;

    putenv(canary);
    if (!forge_scanners_open(&scanners, &limits, &err))
        return -1;
    return open_world(state);
}

static int close_all(void **state)
{
    forge_scanners_close(scanners);
    return close_world(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_comes_through_whole),
        cmocka_unit_test(a_file_that_changed_is_not_read_through_the_library),
        cmocka_unit_test(files_of_other_kinds_are_named),
        cmocka_unit_test(many_threads_scan_at_once),
        cmocka_unit_test(a_scanner_has_two_descriptors_and_no_secret),
        cmocka_unit_test(a_scanner_can_only_harm_its_own_file),
        cmocka_unit_test(a_scanner_that_nobody_waits_for_is_killed),
    };

    return cmocka_run_group_tests_name("scanner", tests, open_all, close_all);
}

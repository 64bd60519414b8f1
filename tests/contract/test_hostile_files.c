/* Files that were cut or changed anywhere: an error that names them, or values; never a crash,
 * never a hang. */
#include "support/hdf5_world.h"

#include <time.h>

#include "run/scanner.h"

#define SECONDS 5

static struct forge_scanners *scanners;

/* ---- the files */

static void make_classic(const struct hdf5_world *world)
{
    const double values[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const size_t start[2] = {0}, count[2] = {3, 4};
    int file, dims[2], id;

    nc(nc_create(world->path, NC_CLOBBER, &file));
    nc(nc_def_dim(file, "time", NC_UNLIMITED, &dims[0]));
    nc(nc_def_dim(file, "x", 4, &dims[1]));
    nc(nc_def_var(file, "v", NC_DOUBLE, 2, dims, &id));
    nc(nc_def_var(file, "w", NC_SHORT, 2, dims, &dims[0]));
    nc(nc_put_att_text(file, id, "units", 1, "K"));
    nc(nc_enddef(file));
    nc(nc_put_vara_double(file, id, start, count, values));
    nc(nc_put_vara_double(file, dims[0], start, count, values));
    nc(nc_close(file));
}

static void make_netcdf4(const struct hdf5_world *world)
{
    const size_t start[2] = {0}, count[2] = {10, 6}, chunk[2] = {3, 4};
    const char *texts[6] = {"a", "b", "", "dd", "e", "f"};
    double values[60];
    int file = make_netcdf(world), dims[2], ids[4], group;

    for (int i = 0; i < 60; i++)
        values[i] = i / 8.0;
    nc(nc_def_dim(file, "time", NC_UNLIMITED, &dims[0]));
    nc(nc_def_dim(file, "x", 6, &dims[1]));
    nc(nc_def_grp(file, "inside", &group));
    nc(nc_def_var(file, "v", NC_FLOAT, 2, dims, &ids[0]));
    nc(nc_def_var_chunking(file, ids[0], NC_CHUNKED, chunk));
    nc(nc_def_var_deflate(file, ids[0], 1, 1, 4));
    nc(nc_def_var_fletcher32(file, ids[0], NC_FLETCHER32));
    nc(nc_def_var(file, "x", NC_INT, 1, &dims[1], &ids[1]));
    nc(nc_def_var(file, "texts", NC_STRING, 1, &dims[1], &ids[2]));
    nc(nc_def_var(group, "w", NC_SHORT, 1, dims, &ids[3]));
    nc(nc_put_att_text(file, ids[0], "coordinates", 1, "x"));
    nc(nc_put_vara_double(file, ids[0], start, count, values));
    nc(nc_put_var_double(file, ids[1], values));
    nc(nc_put_var_string(file, ids[2], texts));
    nc(nc_put_vara_double(group, ids[3], start, count, values));
    nc(nc_close(file));
}

/* The newest structures: other headers, other indexes, checksums over most of them. */
static void make_latest(const struct hdf5_world *world)
{
    const hsize_t dims[2] = {20, 12}, chunk[2] = {6, 5};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), list = H5Pcreate(H5P_DATASET_CREATE), file;
    int values[240];

    for (int i = 0; i < 240; i++)
        values[i] = i * i;
    H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
    file = h5(H5Fcreate(world->path, H5F_ACC_TRUNC, H5P_DEFAULT, access));
    put_dataset(file, "contiguous", H5T_STD_I16BE, H5T_NATIVE_INT, H5P_DEFAULT, 2, dims,
                values);
    H5Pset_chunk(list, 2, chunk);
    H5Pset_deflate(list, 1);
    put_dataset(file, "deflated", H5T_STD_I32LE, H5T_NATIVE_INT, list, 2, dims, values);
    H5Premove_filter(list, H5Z_FILTER_ALL);
    H5Pset_scaleoffset(list, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT);
    put_dataset(file, "library", H5T_STD_I32LE, H5T_NATIVE_INT, list, 2, dims, values);
    H5Pclose(list);
    H5Pclose(access);
    H5Fclose(file);
}

static const struct {
    const char *name;
    void (*make)(const struct hdf5_world *world);
} kinds[] = {{"classic", make_classic}, {"netCDF-4", make_netcdf4}, {"latest", make_latest}};

struct bytes {
    unsigned char *bytes;
    size_t length;
};

static struct bytes load(const struct hdf5_world *world)
{
    struct bytes all = {malloc(1U << 20), 0};
    int fd = open(world->path, O_RDONLY);
    ssize_t got = read(fd, all.bytes, 1U << 20);

    assert_true(got > 0 && got < 1 << 20);
    all.length = (size_t)got;
    close(fd);
    return all;
}

static void save(const struct hdf5_world *world, const unsigned char *bytes, size_t length)
{
    int fd = open(world->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

/* ---- what came of it */

struct tally {
    unsigned refused, read, unread, dead;
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void check_error(const struct hdf5_world *world, const char *what)
{
    const struct forge_error *err = &world->err;

    if ((err->code != FORGE_BAD_SOURCE && err->code != FORGE_SOURCE_IO) ||
        strncmp(err->text, "f.nc", 4) != 0 || !forge_text_is_utf8(err->text, strlen(err->text)))
        fail_msg("%s: code %d, %s", what, err->code, err->text);
    /* HDF5 dies of some files; our own parser of the others dies of none */
    if (strncmp(what, "classic", 7) == 0 && strstr(err->text, "its scanner"))
        fail_msg("%s: %s", what, err->text);
}

/* Read what is not too large; an error is fine. */
static bool read_all(struct hdf5_world *world, const char *what)
{
    bool good = true;

    for (size_t i = 0; i < world->dataset.variables_count; i++) {
        const struct forge_array *array = world->dataset.variables[i].array;
        struct forge_region all = forge_region_all(array->rank, array->shape);
        const void *values;
        uint64_t count;

        if (forge_array_refusal(array) || !forge_region_count(&count, array->rank, &all) ||
            count > 1U << 20)
            continue;
        if (!forge_array_values(&values, array, &world->reader, &world->arena, 64U << 20,
                                &world->err)) {
            check_error(world, what);
            good = false;
        }
    }
    return good;
}

static void try_file(struct hdf5_world *world, struct tally *tally, const char *what)
{
    int64_t begin = now_ms();
    struct forge_file file = {.store = world->files, .key = world->path + 1, .url = "f.nc"};
    struct stat status;

    forget(world);
    world->request = (struct forge_scan_request){.url = "f.nc", .inline_bytes = 64};
    world->request.fd = open(world->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(world->request.fd, &status), 0);
    world->request.size = file.status.size = (uint64_t)status.st_size;
    file.status.modified_ns =
        status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
    file.status.serial = status.st_ino;
    world->library = forge_scanner_library(scanners);
    if (!forge_scanner_scan(scanners, &file, NULL, &world->request, &world->arena,
                            &world->dataset, &world->err)) {
        check_error(world, what);
        tally->refused++;
        tally->dead += strstr(world->err.text, "its scanner") != NULL;
    } else if (read_all(world, what)) {
        tally->read++;
    } else {
        tally->unread++;
    }
    if (now_ms() - begin > INT64_C(1000) * (SECONDS + 5))
        fail_msg("%s: took %d ms", what, (int)(now_ms() - begin));
    forget(world);
}

static void print_tally(const char *what, const struct tally *tally)
{
    printf("%s: %u refused (%u by the death of a scanner), %u read, %u with values that cannot "
           "be read\n",
           what, tally->refused, tally->dead, tally->read, tally->unread);
}

static void every_cut_is_refused(void **state)
{
    struct hdf5_world *world = *state;

    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        struct tally tally = {0};
        struct bytes whole;
        char what[64];

        kinds[kind].make(world);
        whole = load(world);
        for (size_t i = 0; i < 60; i++) {
            size_t length = i < 20 ? i : whole.length * (i - 19) / 41;

            snprintf(what, sizeof what, "%s, %zu of %zu bytes", kinds[kind].name, length,
                     whole.length);
            save(world, whole.bytes, length);
            try_file(world, &tally, what);
            if (tally.refused != i + 1)
                fail_msg("%s: not refused", what);
        }
        print_tally(kinds[kind].name, &tally);
        free(whole.bytes);
    }
}

/* Bytes that mean something more often than others: lengths, counts, addresses. */
static void change(unsigned char *bytes, size_t length, uint64_t *seed)
{
    static const unsigned char telling[] = {0, 1, 2, 7, 8, 0x7f, 0x80, 0xfe, 0xff};
    uint64_t times = 1 + any_number(seed, 3);

    for (uint64_t i = 0; i < times; i++) {
        size_t at = any_number(seed, length), width = 1 + any_number(seed, 8);

        for (size_t j = at; j < at + width && j < length; j++) {
            if (any_number(seed, 2))
                bytes[j] = telling[any_number(seed, sizeof telling)];
            else
                bytes[j] ^= (unsigned char)(1U << any_number(seed, 8));
        }
    }
}

static void no_change_does_harm(void **state)
{
    struct hdf5_world *world = *state;
    int rounds = forge_sandbox_is_sanitized() ? 200 : 500;

    for (size_t kind = 0; kind < COUNT(kinds); kind++) {
        struct tally tally = {0};
        struct bytes whole;
        unsigned char *changed;
        uint64_t seed = 42;
        char what[64];

        kinds[kind].make(world);
        whole = load(world);
        changed = malloc(whole.length);
        for (int i = 0; i < rounds; i++) {
            memcpy(changed, whole.bytes, whole.length);
            change(changed, whole.length, &seed);
            save(world, changed, whole.length);
            snprintf(what, sizeof what, "%s, change %d", kinds[kind].name, i);
            try_file(world, &tally, what);
        }
        print_tally(kinds[kind].name, &tally);
        free(whole.bytes);
        free(changed);
    }
}

static int open_all(void **state)
{
    const struct forge_scanner_limits limits = {
        .sandbox = {.memory_bytes = UINT64_C(1) << 30, .seconds = SECONDS}, .seconds = SECONDS};
    struct forge_error err;

    return forge_scanners_open(&scanners, &limits, &err) ? open_world(state) : -1;
}

static int close_all(void **state)
{
    forge_scanners_close(scanners);
    return close_world(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(no_change_does_harm),
    };

    return cmocka_run_group_tests_name("hostile files", tests, open_all, close_all);
}

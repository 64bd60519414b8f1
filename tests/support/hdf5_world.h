/* hdf5_world.h: HDF5 files made in a folder of the test, scanned in the test's own process, and
 * read by us and by netcdf-c side by side. */
#ifndef FORGE_TESTS_HDF5_WORLD_H
#define FORGE_TESTS_HDF5_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <hdf5.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "array/reader.h"
#include "formats/format.h"
#include "formats/refused.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

struct hdf5_world {
    char folder[64], path[128];
    struct forge_store *files;
    struct forge_scan_request request;
    struct forge_arena arena;
    struct forge_dataset dataset;
    struct forge_reader reader;
    struct forge_library library;
    struct forge_error err;
};

extern const struct forge_format_type forge_format_hdf5;

static inline bool read_here(const struct forge_library *library,
                             const struct forge_source *source,
                             const struct forge_region *region, void *elements, size_t size,
                             struct forge_error *err)
{
    const struct hdf5_world *world = library->context;

    return forge_format_hdf5.read(&world->request, source->path, source->array.dtype,
                                  source->array.rank, region, elements, size, err);
}

static inline int open_world(void **state)
{
    struct hdf5_world *world = calloc(1, sizeof *world);

    snprintf(world->folder, sizeof world->folder, "/tmp/forge-hdf5-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof world->path, "%s/f.nc", world->folder);
    assert_true(forge_store_open_file(&world->files, "/", &world->err));
    world->request.fd = -1;
    world->library = (struct forge_library){read_here, world};
    world->reader.library = &world->library;
    *state = world;
    return 0;
}

/* Forget what was scanned; the file stays. */
static inline void forget(struct hdf5_world *world)
{
    forge_reader_close(&world->reader);
    world->reader = (struct forge_reader){.library = &world->library};
    forge_arena_clear(&world->arena);
    if (world->request.fd >= 0)
        close(world->request.fd);
    world->request.fd = -1;
}

static inline int close_world(void **state)
{
    struct hdf5_world *world = *state;

    forget(world);
    forge_store_close(world->files);
    unlink(world->path);
    rmdir(world->folder);
    free(world);
    return 0;
}

/* Scan the file of the world, with sources that can be read. */
static inline bool scan_file(struct hdf5_world *world, const char *group, uint64_t inline_bytes)
{
    struct stat status;

    forget(world);
    world->request.fd = open(world->path, O_RDONLY | O_CLOEXEC);
    assert_true(world->request.fd >= 0);
    assert_int_equal(fstat(world->request.fd, &status), 0);
    world->request.size = (uint64_t)status.st_size;
    world->request.url = "f.nc";
    world->request.group = group;
    world->request.inline_bytes = inline_bytes;
    if (!forge_format_hdf5.scan(&world->dataset, &world->arena, &world->request, &world->err))
        return false;
    for (size_t i = 0; i < world->dataset.variables_count; i++) {
        const struct forge_source *source =
            forge_array_source(world->dataset.variables[i].array);

        if (source) {
            struct forge_file *file = (struct forge_file *)source->file;

            file->store = world->files;
            file->key = world->path + 1;
            file->status.modified_ns =
                status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
            file->status.serial = status.st_ino;
        }
    }
    return true;
}

static inline void must_scan(struct hdf5_world *world, const char *group, uint64_t inline_bytes)
{
    if (!scan_file(world, group, inline_bytes))
        fail_msg("%s (%s)", world->err.text, world->err.help);
}

static inline struct forge_variable *variable_of(struct hdf5_world *world, const char *name)
{
    struct forge_variable *variable = forge_dataset_variable(&world->dataset, name);

    if (!variable)
        fail_msg("there is no variable %s", name);
    return variable;
}

static inline const struct forge_source *source_of(struct hdf5_world *world, const char *name)
{
    const struct forge_source *source = forge_array_source(variable_of(world, name)->array);

    assert_non_null(source);
    return source;
}

/* All values, through whatever the leaf reads with. */
static inline const void *values_of(struct hdf5_world *world, const char *name)
{
    const void *values = NULL;

    if (!forge_array_values(&values, variable_of(world, name)->array, &world->reader,
                            &world->arena, 64U << 20, &world->err))
        fail_msg("%s", world->err.text);
    return values;
}

static inline const char *text_of(struct hdf5_world *world, const char *name, size_t i)
{
    return ((const char *const *)values_of(world, name))[i];
}

/* ---- making files */

static inline void nc(int status)
{
    if (status != NC_NOERR)
        fail_msg("%s", nc_strerror(status));
}

static inline hid_t h5(hid_t id)
{
    if (id < 0) {
        H5Eprint2(H5E_DEFAULT, stderr);
        fail_msg("HDF5 failed");
    }
    return id;
}

static inline int make_netcdf(const struct hdf5_world *world)
{
    int file;

    nc(nc_create(world->path, NC_NETCDF4 | NC_CLOBBER, &file));
    return file;
}

static inline hid_t make_hdf5(const struct hdf5_world *world)
{
    return h5(H5Fcreate(world->path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
}

/* Write a dataset of these dimensions, all of it, and forget it. */
static inline void put_dataset(hid_t file, const char *name, hid_t type, hid_t memory_type,
                               hid_t list, int rank, const hsize_t *dims, const void *values)
{
    hid_t space = rank > 0 ? H5Screate_simple(rank, dims, NULL) : H5Screate(H5S_SCALAR);
    hid_t dataset = h5(H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT));

    if (values)
        h5(H5Dwrite(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
    H5Dclose(dataset);
    H5Sclose(space);
}

/* ---- comparing */

static inline uint64_t any_number(uint64_t *seed, uint64_t below)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return below > 0 ? (*seed >> 33) % below : 0;
}

static inline struct forge_region any_region(uint64_t *seed, const struct forge_array *array)
{
    struct forge_region region = {0};

    for (unsigned d = 0; d < array->rank; d++) {
        uint64_t length = array->shape[d];

        region.step[d] = 1 + any_number(seed, 3);
        region.start[d] = any_number(seed, length);
        region.count[d] =
            1 + any_number(seed, (length - 1 - region.start[d]) / region.step[d] + 1);
    }
    return region;
}

/* All values of a variable as netcdf-c reads them; the caller frees. The file is closed before
 * we read it: HDF5 shares one open file among all who open it in one process. */
static inline unsigned char *read_netcdf(const struct hdf5_world *world, const char *name,
                                         uint64_t count, size_t size)
{
    unsigned char *values = calloc(count + 1, size);
    int file, id;

    nc(nc_open(world->path, NC_NOWRITE, &file));
    nc(nc_inq_varid(file, name, &id));
    nc(nc_get_var(file, id, values));
    nc(nc_close(file));
    return values;
}

/* Is this region of ours the same, byte for byte, as in all of theirs? */
static inline bool agree_on_region(struct hdf5_world *world, const struct forge_array *array,
                                   const struct forge_region *region, unsigned char *theirs)
{
    size_t size = forge_dtype_size(array->dtype);
    struct forge_view all = forge_view_of(theirs, array->rank, array->shape, size), view;
    struct forge_view from = forge_view_shift(&all, array->rank, region->start);
    unsigned char *ours, *wanted;
    uint64_t count;
    bool same;

    assert_true(forge_region_count(&count, array->rank, region));
    ours = calloc(count + 1, size);
    wanted = calloc(count + 1, size);
    for (unsigned d = 0; d < array->rank; d++)
        from.stride[d] *= (int64_t)region->step[d];
    view = forge_view_of(wanted, array->rank, region->count, size);
    forge_view_copy(&view, &from, array->rank, region->count, size);
    view = forge_view_of(ours, array->rank, region->count, size);
    if (!forge_array_read(array, &world->reader, region, &view, &world->err))
        fail_msg("%s", world->err.text);
    same = memcmp(ours, wanted, count * size) == 0;
    free(ours);
    free(wanted);
    return same;
}

/* Read regions of a variable by our own means, and compare with all values as they should be.
 */
static inline void agree_on_regions(struct hdf5_world *world, const char *name,
                                    unsigned char *values, int regions)
{
    const struct forge_array *array = variable_of(world, name)->array;
    uint64_t seed = 7;

    for (int i = 0; i < regions; i++) {
        struct forge_region region =
            i == 0 ? forge_region_all(array->rank, array->shape) : any_region(&seed, array);

        if (!agree_on_region(world, array, &region, values))
            fail_msg("%s: region %d differs", name, i);
    }
}

/* The same with the values that netcdf-c reads. */
static inline void agree_on_values(struct hdf5_world *world, const char *name, int regions)
{
    const struct forge_array *array = variable_of(world, name)->array;
    unsigned char *theirs =
        read_netcdf(world, name, forge_array_count(array), forge_dtype_size(array->dtype));

    agree_on_regions(world, name, theirs, regions);
    free(theirs);
}

#endif

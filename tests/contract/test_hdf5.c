/* HDF5 and netCDF-4 files: every way of storing numbers reads as netcdf-c reads it. */
#include "support/hdf5_world.h"

#include <time.h>

enum { TIMES = 7, LATS = 5, LONS = 9 };

/* ---- what netcdf-c can write */

struct storage {
    const char *name;
    nc_type type;
    int endian;
    bool unlimited;
    size_t chunk[3]; /* 0: contiguous */
    int shuffle, deflate, fletcher;
    enum forge_manifest_kind kind;
    const char *codecs;
};

static const struct storage storages[] = {
    {"contiguous int8",
     NC_BYTE,
     NC_ENDIAN_NATIVE,
     false,
     {0},
     0,
     0,
     0,
     FORGE_MANIFEST_STRIDED,
     ""},
    {"contiguous uint8",
     NC_UBYTE,
     NC_ENDIAN_NATIVE,
     false,
     {0},
     0,
     0,
     0,
     FORGE_MANIFEST_STRIDED,
     ""},
    {"contiguous float64",
     NC_DOUBLE,
     NC_ENDIAN_LITTLE,
     false,
     {0},
     0,
     0,
     0,
     FORGE_MANIFEST_STRIDED,
     ""},
    {"contiguous big int16",
     NC_SHORT,
     NC_ENDIAN_BIG,
     false,
     {0},
     0,
     0,
     0,
     FORGE_MANIFEST_STRIDED,
     "bytes "},
    {"contiguous big float64",
     NC_DOUBLE,
     NC_ENDIAN_BIG,
     false,
     {0},
     0,
     0,
     0,
     FORGE_MANIFEST_STRIDED,
     "bytes "},
    {"chunks", NC_INT, NC_ENDIAN_NATIVE, false, {3, 2, 4}, 0, 0, 0, FORGE_MANIFEST_TABLE, ""},
    {"one chunk",
     NC_UINT,
     NC_ENDIAN_NATIVE,
     false,
     {7, 5, 9},
     0,
     0,
     0,
     FORGE_MANIFEST_TABLE,
     ""},
    {"chunks of one element",
     NC_USHORT,
     NC_ENDIAN_NATIVE,
     false,
     {1, 1, 1},
     0,
     0,
     0,
     FORGE_MANIFEST_TABLE,
     ""},
    {"unlimited",
     NC_INT64,
     NC_ENDIAN_NATIVE,
     true,
     {2, 5, 9},
     0,
     0,
     0,
     FORGE_MANIFEST_TABLE,
     ""},
    {"chunks longer than the variable",
     NC_FLOAT,
     NC_ENDIAN_NATIVE,
     true,
     {1024, 2, 3},
     0,
     4,
     0,
     FORGE_MANIFEST_TABLE,
     "zlib "},
    {"deflate",
     NC_FLOAT,
     NC_ENDIAN_NATIVE,
     false,
     {2, 3, 4},
     0,
     5,
     0,
     FORGE_MANIFEST_TABLE,
     "zlib "},
    {"shuffle and deflate",
     NC_SHORT,
     NC_ENDIAN_NATIVE,
     true,
     {1, 5, 9},
     1,
     1,
     0,
     FORGE_MANIFEST_TABLE,
     "shuffle zlib "},
    {"shuffle of bytes",
     NC_BYTE,
     NC_ENDIAN_NATIVE,
     false,
     {7, 5, 9},
     1,
     9,
     0,
     FORGE_MANIFEST_TABLE,
     "shuffle zlib "},
    {"shuffle only",
     NC_UINT64,
     NC_ENDIAN_NATIVE,
     false,
     {4, 4, 4},
     1,
     0,
     0,
     FORGE_MANIFEST_TABLE,
     "shuffle "},
    {"fletcher32",
     NC_DOUBLE,
     NC_ENDIAN_NATIVE,
     false,
     {3, 3, 3},
     0,
     0,
     1,
     FORGE_MANIFEST_TABLE,
     "fletcher32 "},
    {"all filters",
     NC_DOUBLE,
     NC_ENDIAN_NATIVE,
     true,
     {3, 5, 2},
     1,
     6,
     1,
     FORGE_MANIFEST_TABLE,
     "fletcher32 shuffle zlib "},
    {"all filters, big",
     NC_FLOAT,
     NC_ENDIAN_BIG,
     true,
     {3, 5, 2},
     1,
     6,
     1,
     FORGE_MANIFEST_TABLE,
     "bytes fletcher32 shuffle zlib "},
    {"deflate, big",
     NC_INT64,
     NC_ENDIAN_BIG,
     false,
     {2, 2, 2},
     0,
     2,
     0,
     FORGE_MANIFEST_TABLE,
     "bytes zlib "},
};

/* Bytes that are numbers of any type but never NaN, some of them equal so that they compress.
 */
static void fill_values(unsigned char *bytes, size_t size)
{
    uint64_t seed = 1;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(any_number(&seed, 3) * 21);
}

static void write_storage(const struct hdf5_world *world, const struct storage *s)
{
    unsigned char values[TIMES * LATS * LONS * 8];
    const size_t start[3] = {0}, count[3] = {TIMES, LATS, LONS};
    int file = make_netcdf(world), dims[3], id;

    nc(nc_def_dim(file, "time", s->unlimited ? NC_UNLIMITED : TIMES, &dims[0]));
    nc(nc_def_dim(file, "lat", LATS, &dims[1]));
    nc(nc_def_dim(file, "lon", LONS, &dims[2]));
    nc(nc_def_var(file, "v", s->type, 3, dims, &id));
    if (s->endian != NC_ENDIAN_NATIVE)
        nc(nc_def_var_endian(file, id, s->endian));
    nc(nc_def_var_chunking(file, id, s->chunk[0] ? NC_CHUNKED : NC_CONTIGUOUS,
                           s->chunk[0] ? s->chunk : NULL));
    if (s->shuffle || s->deflate)
        nc(nc_def_var_deflate(file, id, s->shuffle, s->deflate > 0, s->deflate));
    if (s->fletcher)
        nc(nc_def_var_fletcher32(file, id, NC_FLETCHER32));
    fill_values(values, sizeof values);
    nc(nc_put_vara(file, id, start, count, values));
    nc(nc_close(file));
}

static void names_of(char *out, size_t size, const struct forge_codec_chain *chain)
{
    *out = '\0';
    for (unsigned i = 0; i < chain->count; i++) {
        strncat(out, chain->items[i].type->name, size - strlen(out) - 1);
        strncat(out, " ", size - strlen(out) - 1);
    }
}

static void every_storage_reads_as_netcdf_reads_it(void **state)
{
    struct hdf5_world *world = *state;

    for (size_t i = 0; i < COUNT(storages); i++) {
        const struct storage *s = &storages[i];
        const struct forge_source *source;
        char names[64];

        write_storage(world, s);
        must_scan(world, NULL, 0);
        source = source_of(world, "v");
        names_of(names, sizeof names, &source->codecs);
        if (source->manifest.kind != s->kind || strcmp(names, s->codecs) != 0)
            fail_msg("%s: kind %d, codecs %s", s->name, source->manifest.kind, names);
        agree_on_values(world, "v", 40);
        if (world->reader.counts.library_chunks != 0)
            fail_msg("%s: read through the library", s->name);
    }
}

static void every_kind_of_chunk_index_is_read(void **state)
{
    static const struct {
        hsize_t limits[2], chunk[2];
        H5F_libver_t version;
        bool early;
    } rows[] = {
        {{40, 30}, {3, 7}, H5F_LIBVER_EARLIEST, false},                     /* B-tree 1 */
        {{40, 30}, {40, 30}, H5F_LIBVER_LATEST, false},                     /* single chunk */
        {{40, 30}, {3, 7}, H5F_LIBVER_LATEST, true},                        /* implicit */
        {{40, 30}, {3, 7}, H5F_LIBVER_LATEST, false},                       /* fixed array */
        {{H5S_UNLIMITED, 30}, {3, 7}, H5F_LIBVER_LATEST, false},            /* extensible */
        {{H5S_UNLIMITED, H5S_UNLIMITED}, {3, 7}, H5F_LIBVER_LATEST, false}, /* B-tree 2 */
    };
    struct hdf5_world *world = *state;
    const hsize_t dims[2] = {40, 30};
    int values[1200];

    for (int i = 0; i < 1200; i++)
        values[i] = i;
    for (size_t i = 0; i < COUNT(rows); i++) {
        hid_t access = H5Pcreate(H5P_FILE_ACCESS), list = H5Pcreate(H5P_DATASET_CREATE);
        hid_t file, space, dataset;

        H5Pset_libver_bounds(access, rows[i].version, H5F_LIBVER_LATEST);
        file = h5(H5Fcreate(world->path, H5F_ACC_TRUNC, H5P_DEFAULT, access));
        H5Pset_chunk(list, 2, rows[i].chunk);
        if (rows[i].early)
            H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
        else
            H5Pset_deflate(list, 1);
        space = H5Screate_simple(2, dims, rows[i].limits);
        dataset =
            h5(H5Dcreate2(file, "v", H5T_STD_I32LE, space, H5P_DEFAULT, list, H5P_DEFAULT));
        h5(H5Dwrite(dataset, H5T_NATIVE_INT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
        H5Dclose(dataset);
        H5Sclose(space);
        H5Pclose(list);
        H5Pclose(access);
        H5Fclose(file);
        must_scan(world, NULL, 0);
        assert_int_equal(source_of(world, "v")->manifest.kind, FORGE_MANIFEST_TABLE);
        assert_memory_equal(values_of(world, "v"), values, sizeof values);
        assert_int_equal(world->reader.counts.library_chunks, 0);
    }
}

static void a_hundred_thousand_chunks_are_found_in_seconds(void **state)
{
    enum { N = 100000 };
    struct hdf5_world *world = *state;
    const hsize_t dims[1] = {N}, chunk[1] = {1};
    int *values = calloc(N, sizeof *values);
    hid_t file = make_hdf5(world), list = H5Pcreate(H5P_DATASET_CREATE);
    struct timespec begin, end;

    for (int i = 0; i < N; i++)
        values[i] = i;
    H5Pset_chunk(list, 1, chunk);
    put_dataset(file, "v", H5T_STD_I32LE, H5T_NATIVE_INT, list, 1, dims, values);
    H5Pclose(list);
    H5Fclose(file);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    must_scan(world, NULL, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_true(end.tv_sec - begin.tv_sec < 5);
    assert_int_equal(source_of(world, "v")->array.chunk[0], 1);
    assert_memory_equal(values_of(world, "v"), values, N * sizeof *values);
    free(values);
}

static void what_lies_behind_a_user_block_is_found(void **state)
{
    struct hdf5_world *world = *state;
    const hsize_t dims[2] = {8, 6}, chunk[2] = {3, 4};
    int values[48];
    hid_t made = H5Pcreate(H5P_FILE_CREATE), list = H5Pcreate(H5P_DATASET_CREATE), file;
    unsigned char head[2048];

    for (int i = 0; i < 48; i++)
        values[i] = 1000 + i;
    H5Pset_userblock(made, 1024);
    file = h5(H5Fcreate(world->path, H5F_ACC_TRUNC, made, H5P_DEFAULT));
    put_dataset(file, "contiguous", H5T_STD_I32LE, H5T_NATIVE_INT, H5P_DEFAULT, 2, dims,
                values);
    H5Pset_chunk(list, 2, chunk);
    put_dataset(file, "chunked", H5T_STD_I32LE, H5T_NATIVE_INT, list, 2, dims, values);
    H5Pclose(list);
    H5Pclose(made);
    H5Fclose(file);
    must_scan(world, NULL, 0);
    assert_int_equal(pread(world->request.fd, head, sizeof head, 0), sizeof head);
    assert_true(forge_format_hdf5.sniff(head, sizeof head));
    assert_false(forge_format_hdf5.sniff(head, 1024));
    agree_on_values(world, "contiguous", 5);
    agree_on_values(world, "chunked", 5);
    assert_memory_equal(values_of(world, "contiguous"), values, sizeof values);
    assert_memory_equal(values_of(world, "chunked"), values, sizeof values);
}

static void compact_and_small_values_come_along(void **state)
{
    struct hdf5_world *world = *state;
    const hsize_t dims[1] = {1000};
    double values[1000], one = 2.5;
    hid_t file = make_hdf5(world), list = H5Pcreate(H5P_DATASET_CREATE);

    for (int i = 0; i < 1000; i++)
        values[i] = i / 2.0;
    H5Pset_layout(list, H5D_COMPACT);
    put_dataset(file, "compact", H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE, list, 1, dims, values);
    put_dataset(file, "large", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, H5P_DEFAULT, 1, dims, values);
    put_dataset(file, "scalar", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, H5P_DEFAULT, 0, NULL, &one);
    H5Pclose(list);
    H5Fclose(file);
    must_scan(world, NULL, 8);
    assert_true(variable_of(world, "compact")->array->in_memory);
    assert_memory_equal(values_of(world, "compact"), values, sizeof values);
    assert_true(variable_of(world, "scalar")->array->in_memory);
    assert_memory_equal(values_of(world, "scalar"), &one, sizeof one);
    assert_false(variable_of(world, "large")->array->in_memory);
    must_scan(world, NULL, 8000);
    assert_true(variable_of(world, "large")->array->in_memory);
    must_scan(world, NULL, 0);
    assert_memory_equal(values_of(world, "scalar"), &one, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_storage_reads_as_netcdf_reads_it),
        cmocka_unit_test(every_kind_of_chunk_index_is_read),
        cmocka_unit_test(a_hundred_thousand_chunks_are_found_in_seconds),
        cmocka_unit_test(what_lies_behind_a_user_block_is_found),
        cmocka_unit_test(compact_and_small_values_come_along),
    };

    return cmocka_run_group_tests_name("hdf5", tests, open_world, close_world);
}

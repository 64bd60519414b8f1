/* HDF5 files: filters of ours, of the library, of nobody. */
#include "support/hdf5_world.h"

static void set_szip(hid_t list)
{
    h5(H5Pset_szip(list, H5_SZIP_NN_OPTION_MASK, 8));
}

static void set_scaleoffset(hid_t list)
{
    h5(H5Pset_scaleoffset(list, H5Z_SO_INT, H5Z_SO_INT_MINBITS_DEFAULT));
}

static void set_nbit(hid_t list)
{
    h5(H5Pset_nbit(list));
}

static void set_nothing(hid_t list)
{
    (void)list;
}

static void filters_of_the_library_are_read_through_it(void **state)
{
    static const struct {
        const char *name;
        void (*set)(hid_t list);
        bool twelve_bits;
    } rows[] = {
        {"szip", set_szip, false},
        {"scaleoffset", set_scaleoffset, false},
        {"nbit", set_nbit, true},
        {"twelve bits", set_nothing, true},
    };
    struct hdf5_world *world = *state;
    const hsize_t dims[2] = {30, 20}, chunk[2] = {8, 8};
    int values[600];

    for (int i = 0; i < 600; i++)
        values[i] = i * 7 % 2000;
    for (size_t i = 0; i < COUNT(rows); i++) {
        hid_t file = make_hdf5(world), list = H5Pcreate(H5P_DATASET_CREATE);
        hid_t type = H5Tcopy(H5T_STD_I32LE);

        H5Pset_chunk(list, 2, chunk);
        rows[i].set(list);
        if (rows[i].twelve_bits)
            H5Tset_precision(type, 12);
        put_dataset(file, "v", type, H5T_NATIVE_INT, list, 2, dims, values);
        H5Tclose(type);
        H5Pclose(list);
        H5Fclose(file);
        must_scan(world, NULL, 0);
        if (source_of(world, "v")->manifest.kind != FORGE_MANIFEST_LIBRARY)
            fail_msg("%s: not through the library", rows[i].name);
        if (memcmp(values_of(world, "v"), values, sizeof values) != 0)
            fail_msg("%s: other values", rows[i].name);
        agree_on_regions(world, "v", (unsigned char *)values, 20);
        assert_true(world->reader.counts.library_chunks > 0);
        assert_int_equal(world->reader.counts.chunks, 0);
    }
}

static void half_floats_are_read_as_float32(void **state)
{
    struct hdf5_world *world = *state;
    const float values[4] = {0.5F, -2, 1024, 65504};
    const hsize_t dims[1] = {4};
    hid_t file = make_hdf5(world), half = H5Tcopy(H5T_IEEE_F32LE);

    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    put_dataset(file, "v", half, H5T_NATIVE_FLOAT, H5P_DEFAULT, 1, dims, values);
    H5Tclose(half);
    H5Fclose(file);
    must_scan(world, NULL, 0);
    assert_int_equal(variable_of(world, "v")->array->dtype, FORGE_FLOAT32);
    assert_memory_equal(values_of(world, "v"), values, sizeof values);
    assert_int_equal(world->reader.counts.library_chunks, 1);
}

/* Bytes that one of our codecs made, as the only chunk of a dataset with that filter. */
static void put_encoded(hid_t file, const char *name, unsigned filter, size_t values_count,
                        const unsigned *values, const char *json, const int32_t *numbers,
                        hsize_t count)
{
    struct forge_arena arena = {0};
    struct forge_json_value *value;
    struct forge_codec codec;
    struct forge_error err;
    uint64_t length, size = count * sizeof *numbers;
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), dataset, space;
    const hsize_t origin[1] = {0};
    unsigned char *bytes;

    assert_true(forge_json_parse(&value, &arena, json, strlen(json), &err));
    assert_true(forge_codec_parse(&codec, 4, value, 2, &arena, &err));
    bytes = calloc(1, codec.type->bound(codec.settings, size));
    assert_true(codec.type->encode(codec.settings, 4, (const unsigned char *)numbers, size,
                                   bytes, codec.type->bound(codec.settings, size), &length,
                                   &err));
    H5Pset_chunk(list, 1, &count);
    h5(H5Pset_filter(list, (H5Z_filter_t)filter, H5Z_FLAG_OPTIONAL, values_count, values));
    put_dataset(file, name, H5T_STD_I32LE, H5T_NATIVE_INT, list, 1, &count, NULL);
    dataset = h5(H5Dopen2(file, name, H5P_DEFAULT));
    space = H5Dget_space(dataset);
    h5(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, origin, length, bytes));
    H5Sclose(space);
    H5Dclose(dataset);
    H5Pclose(list);
    free(bytes);
    forge_arena_clear(&arena);
}

static void filters_that_hdf5_has_not_are_decoded_by_us(void **state)
{
    struct hdf5_world *world = *state;
    const unsigned zstd[] = {5}, blosc[] = {2, 2, 4, 4000, 7, 2, 1};
    const char *const names[] = {"zstd", "blosc"};
    int32_t numbers[1000];
    hid_t file = make_hdf5(world);

    for (int i = 0; i < 1000; i++)
        numbers[i] = i * i;
    put_encoded(file, "zstd", 32015, 1, zstd, "{\"id\":\"zstd\",\"level\":5}", numbers, 1000);
    put_encoded(
        file, "blosc", 32001, 7, blosc,
        "{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":7,\"shuffle\":2,\"blocksize\":0}",
        numbers, 1000);
    H5Fclose(file);
    assert_int_equal(H5Zfilter_avail(32015), 0);
    assert_int_equal(H5Zfilter_avail(32001), 0);
    for (uint64_t inlined = 0; inlined <= 4000; inlined += 4000) {
        must_scan(world, NULL, inlined);
        if (inlined == 0)
            assert_string_equal(source_of(world, "zstd")->codecs.items[0].type->name, "zstd");
        for (size_t i = 0; i < COUNT(names); i++) {
            assert_int_equal(forge_array_source(variable_of(world, names[i])->array) == NULL,
                             inlined > 0);
            assert_memory_equal(values_of(world, names[i]), numbers, sizeof numbers);
        }
    }
}

/* A chunk may say that a filter was left out, and chunks at the edge that all were. */
static void filter_masks_are_obeyed(void **state)
{
    struct hdf5_world *world = *state;
    const hsize_t dims[1] = {6}, chunk[1] = {4}, second[1] = {4};
    const int16_t numbers[6] = {1, 2, 3, 4, 5, 6};
    const unsigned char raw[8] = {0, 5, 0, 6, 0, 0, 0, 0};

    for (int edges = 0; edges < 2; edges++) {
        hid_t access = H5Pcreate(H5P_FILE_ACCESS), list = H5Pcreate(H5P_DATASET_CREATE);
        hid_t file, dataset;

        H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
        file = h5(H5Fcreate(world->path, H5F_ACC_TRUNC, H5P_DEFAULT, access));
        H5Pset_chunk(list, 1, chunk);
        if (edges)
            H5Pset_chunk_opts(list, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
        H5Pset_shuffle(list);
        H5Pset_deflate(list, 1);
        put_dataset(file, "v", H5T_STD_I16BE, H5T_NATIVE_SHORT, list, 1, dims, numbers);
        dataset = H5Dopen2(file, "v", H5P_DEFAULT);
        if (!edges)
            h5(H5Dwrite_chunk(dataset, H5P_DEFAULT, 3, second, sizeof raw, raw));
        H5Dclose(dataset);
        H5Pclose(list);
        H5Pclose(access);
        H5Fclose(file);
        must_scan(world, NULL, 0);
        assert_non_null(source_of(world, "v")->manifest.skip_masks);
        agree_on_values(world, "v", 10);
        assert_memory_equal(values_of(world, "v"), numbers, sizeof numbers);
        assert_int_equal(world->reader.counts.library_chunks, 0);
    }
}

static void a_flipped_byte_is_found_by_its_checksum(void **state)
{
    struct hdf5_world *world = *state;
    const hsize_t dims[1] = {1000};
    const struct forge_manifest *manifest;
    const void *values;
    int numbers[1000] = {1, 2, 3};
    hid_t file = make_hdf5(world), list = H5Pcreate(H5P_DATASET_CREATE);
    unsigned char byte;
    off_t at;
    int fd;

    H5Pset_chunk(list, 1, dims);
    H5Pset_fletcher32(list);
    put_dataset(file, "v", H5T_STD_I32LE, H5T_NATIVE_INT, list, 1, dims, numbers);
    H5Pclose(list);
    H5Fclose(file);
    must_scan(world, NULL, 0);
    manifest = &source_of(world, "v")->manifest;
    at = (off_t)manifest->offsets[0] + 17;
    fd = open(world->path, O_RDWR);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 4;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
    must_scan(world, NULL, 0);
    assert_false(forge_array_values(&values, variable_of(world, "v")->array, &world->reader,
                                    &world->arena, 1U << 20, &world->err));
    assert_int_equal(world->err.code, FORGE_BAD_SOURCE);
    assert_non_null(strstr(world->err.text, "variable \"v\""));
    assert_non_null(strstr(world->err.text, "fletcher32: the bytes have checksum"));
    assert_false(scan_file(world, NULL, 4000));
    assert_non_null(
        strstr(world->err.text, "f.nc: variable \"v\": fletcher32: the bytes have checksum"));
}

static void a_filter_of_nobody_is_refused_by_name(void **state)
{
    struct hdf5_world *world = *state;
    const hsize_t dims[1] = {10};
    hid_t file = make_hdf5(world), list = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_chunk(list, 1, dims);
    h5(H5Pset_filter(list, 31999, H5Z_FLAG_OPTIONAL, 0, NULL));
    put_dataset(file, "v", H5T_STD_I32LE, H5T_NATIVE_INT, list, 1, dims, NULL);
    H5Pclose(list);
    H5Fclose(file);
    for (uint64_t inlined = 0; inlined <= 1000; inlined += 1000) {
        must_scan(world, NULL, inlined);
        assert_string_equal(forge_array_refusal(variable_of(world, "v")->array),
                            "it is stored through the filter 31999, which is not known");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_of_the_library_are_read_through_it),
        cmocka_unit_test(half_floats_are_read_as_float32),
        cmocka_unit_test(filters_that_hdf5_has_not_are_decoded_by_us),
        cmocka_unit_test(filter_masks_are_obeyed),
        cmocka_unit_test(a_flipped_byte_is_found_by_its_checksum),
        cmocka_unit_test(a_filter_of_nobody_is_refused_by_name),
    };

    return cmocka_run_group_tests_name("hdf5 filters", tests, open_world, close_world);
}

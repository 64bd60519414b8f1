/* HDF5 files: what is refused, in which words, and that the rest of the file is read. */
#include "support/hdf5_world.h"

static const int numbers[4] = {1, 2, 3, 4};
static const hsize_t four[1] = {4};

static void put_compound(hid_t file)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, 8);

    H5Tinsert(type, "a", 0, H5T_NATIVE_INT);
    H5Tinsert(type, "b", 4, H5T_NATIVE_FLOAT);
    put_dataset(file, "v", type, type, H5P_DEFAULT, 1, four, NULL);
    H5Tclose(type);
}

static void put_opaque(hid_t file)
{
    hid_t type = H5Tcreate(H5T_OPAQUE, 8);

    put_dataset(file, "v", type, type, H5P_DEFAULT, 1, four, NULL);
    H5Tclose(type);
}

static void put_ragged(hid_t file)
{
    hid_t type = H5Tvlen_create(H5T_NATIVE_INT);

    put_dataset(file, "v", type, type, H5P_DEFAULT, 1, four, NULL);
    H5Tclose(type);
}

static void put_array_type(hid_t file)
{
    hid_t type = H5Tarray_create2(H5T_NATIVE_INT, 1, four);

    put_dataset(file, "v", type, type, H5P_DEFAULT, 1, four, NULL);
    H5Tclose(type);
}

static void put_reference(hid_t file)
{
    put_dataset(file, "v", H5T_STD_REF_OBJ, H5T_STD_REF_OBJ, H5P_DEFAULT, 1, four, NULL);
}

static void put_long_double(hid_t file)
{
    put_dataset(file, "v", H5T_NATIVE_LDOUBLE, H5T_NATIVE_LDOUBLE, H5P_DEFAULT, 1, four, NULL);
}

static void put_null_space(hid_t file)
{
    hid_t space = H5Screate(H5S_NULL);

    H5Dclose(h5(
        H5Dcreate2(file, "v", H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
    H5Sclose(space);
}

static void put_external_storage(hid_t file)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    h5(H5Pset_external(list, "/etc/passwd", 0, 16));
    put_dataset(file, "v", H5T_NATIVE_INT, H5T_NATIVE_INT, list, 1, four, NULL);
    H5Pclose(list);
}

static void put_virtual(hid_t file)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, four, NULL);

    h5(H5Pset_virtual(list, space, "other.h5", "/v", space));
    put_dataset(file, "v", H5T_NATIVE_INT, H5T_NATIVE_INT, list, 1, four, NULL);
    H5Sclose(space);
    H5Pclose(list);
}

static void put_broken_link(hid_t file)
{
    h5(H5Lcreate_soft("/nowhere", file, "v", H5P_DEFAULT, H5P_DEFAULT));
}

static void put_many_dimensions(hid_t file)
{
    const hsize_t ones[20] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

    put_dataset(file, "v", H5T_NATIVE_INT, H5T_NATIVE_INT, H5P_DEFAULT, 20, ones, numbers);
}

static void put_long_text(hid_t file)
{
    const hsize_t many[1] = {(17U << 20)};
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    put_dataset(file, "v", H5T_C_S1, H5T_C_S1, list, 1, many, NULL);
    H5Pclose(list);
}

static void put_many_chunks(hid_t file)
{
    const hsize_t many[1] = {UINT64_C(1) << 40}, one[1] = {1};
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_chunk(list, 1, one);
    put_dataset(file, "v", H5T_NATIVE_INT, H5T_NATIVE_INT, list, 1, many, NULL);
    H5Pclose(list);
}

static bool read_one(struct hdf5_world *world, const char *name)
{
    const struct forge_array *array = variable_of(world, name)->array;
    const uint64_t ones[FORGE_RANK_MAX] = {1, 1};
    struct forge_region region = forge_region_all(array->rank, ones);
    unsigned char element[8];
    struct forge_view view = forge_view_of(element, array->rank, ones, 1);

    return forge_array_read(array, &world->reader, &region, &view, &world->err);
}

static void what_cannot_be_read_can_be_dropped(void **state)
{
    static const struct {
        void (*put)(hid_t file);
        const char *why;
    } rows[] = {
        {put_compound, "it has a compound type, which cannot be stored"},
        {put_opaque, "it has an opaque type, which cannot be stored"},
        {put_ragged, "it has a variable-length type, which cannot be stored"},
        {put_array_type, "it has an array type, which cannot be stored"},
        {put_reference, "it has a reference type, which cannot be stored"},
        {put_long_double, "it has a float type of more than 64 bits, which cannot be stored"},
        {put_null_space, "it has no values, not even an empty array"},
        {put_external_storage,
         "it keeps its values in other files (HDF5 external storage), which are not read"},
        {put_virtual, "it is put together from other datasets (an HDF5 virtual dataset), which "
                      "are not read"},
        {put_broken_link,
         "it is a link that leads out of the file, or to nothing, and is not followed"},
        {put_many_dimensions, "it has 20 dimensions, more than 16"},
        {put_long_text, "it has more than 16 MiB of text"},
        {put_many_chunks, "it has more than 4194304 chunks"},
    };
    struct hdf5_world *world = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        hid_t file = make_hdf5(world);
        char failure[320];

        rows[i].put(file);
        put_dataset(file, "good", H5T_NATIVE_INT, H5T_NATIVE_INT, H5P_DEFAULT, 1, four,
                    numbers);
        H5Fclose(file);
        must_scan(world, NULL, 0);
        assert_string_equal(forge_array_refusal(variable_of(world, "v")->array), rows[i].why);
        assert_false(read_one(world, "v"));
        snprintf(failure, sizeof failure, "f.nc: variable \"v\": %s", rows[i].why);
        assert_string_equal(world->err.text, failure);
        assert_int_equal(world->err.code, FORGE_BAD_SOURCE);
        assert_memory_equal(values_of(world, "good"), numbers, sizeof numbers);
    }
}

/* Runs first: after a scan this process cannot make external links either. */
static void nothing_outside_of_the_file_is_opened(void **state)
{
    struct hdf5_world *world = *state;
    char other[sizeof world->path + 8];
    hid_t file;

    snprintf(other, sizeof other, "%s.other", world->path);
    file = h5(H5Fcreate(other, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    put_dataset(file, "v", H5T_NATIVE_INT, H5T_NATIVE_INT, H5P_DEFAULT, 1, four, numbers);
    H5Fclose(file);
    file = make_hdf5(world);
    h5(H5Lcreate_external(other, "/v", file, "v", H5P_DEFAULT, H5P_DEFAULT));
    h5(H5Lcreate_external(other, "/", file, "out", H5P_DEFAULT, H5P_DEFAULT));
    h5(H5Lcreate_soft("/out/v", file, "round", H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(h5(H5Dopen2(file, "round", H5P_DEFAULT)));
    H5Fclose(file);
    must_scan(world, NULL, 1000);
    for (size_t i = 0; i < 3; i++) {
        const struct forge_variable *variable = &world->dataset.variables[i];

        assert_string_equal(
            forge_array_refusal(variable->array),
            "it is a link that leads out of the file, or to nothing, and is not followed");
    }
    assert_false(scan_file(world, "out", 1000));
    assert_string_equal(world->err.text, "f.nc: there is no group \"out\"");
    unlink(other);
}

static void dimensions_that_do_not_fit_are_refused(void **state)
{
    struct hdf5_world *world = *state;
    int file = make_netcdf(world), dims[2], ids[3], both[2];

    nc(nc_def_dim(file, "x", 4, &dims[0]));
    nc(nc_def_dim(file, "y", 4, &dims[1]));
    both[0] = both[1] = dims[0];
    nc(nc_def_var(file, "square", NC_INT, 2, both, &ids[0]));
    nc(nc_def_var(file, "line", NC_INT, 1, dims, &ids[1]));
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_string_equal(forge_array_refusal(variable_of(world, "square")->array),
                        "it has dimension \"x\" twice");
    assert_null(forge_array_refusal(variable_of(world, "line")->array));
}

/* netcdf-c never ends on the first of these. */
static void circles_of_groups_and_links_are_no_trouble(void **state)
{
    struct hdf5_world *world = *state;
    hid_t file = make_hdf5(world), group = H5Gcreate2(file, "g", 0, 0, 0);

    h5(H5Lcreate_hard(file, "g", group, "again", H5P_DEFAULT, H5P_DEFAULT));
    h5(H5Lcreate_soft("/", group, "root", H5P_DEFAULT, H5P_DEFAULT));
    h5(H5Lcreate_soft("/b", file, "a", H5P_DEFAULT, H5P_DEFAULT));
    h5(H5Lcreate_soft("/a", file, "b", H5P_DEFAULT, H5P_DEFAULT));
    put_dataset(file, "v", H5T_NATIVE_INT, H5T_NATIVE_INT, H5P_DEFAULT, 1, four, numbers);
    H5Gclose(group);
    H5Fclose(file);
    must_scan(world, NULL, 0);
    assert_memory_equal(values_of(world, "v"), numbers, sizeof numbers);
    must_scan(world, "g/again/root/g", 0);
    assert_int_equal(world->dataset.variables_count, 0);
    assert_false(scan_file(world, "none", 0));
    assert_string_equal(world->err.text, "f.nc: there is no group \"none\"");
}

static void a_file_that_is_cut_says_so(void **state)
{
    struct hdf5_world *world = *state;

    for (int latest = 0; latest < 2; latest++) {
        hid_t access = H5Pcreate(H5P_FILE_ACCESS), file;
        struct stat whole;
        char wanted[128];

        if (latest)
            H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
        file = h5(H5Fcreate(world->path, H5F_ACC_TRUNC, H5P_DEFAULT, access));
        put_dataset(file, "v", H5T_NATIVE_INT, H5T_NATIVE_INT, H5P_DEFAULT, 1, four, numbers);
        H5Fclose(file);
        H5Pclose(access);
        assert_int_equal(stat(world->path, &whole), 0);
        assert_int_equal(truncate(world->path, whole.st_size - 1), 0);
        assert_false(scan_file(world, NULL, 0));
        snprintf(wanted, sizeof wanted,
                 "f.nc: file is truncated: %lld bytes, its superblock says %lld",
                 (long long)whole.st_size - 1, (long long)whole.st_size);
        assert_string_equal(world->err.text, wanted);
        assert_int_equal(world->err.code, FORGE_BAD_SOURCE);
    }
}

static void what_is_no_hdf5_file_is_refused(void **state)
{
    struct hdf5_world *world = *state;
    int fd = open(world->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, "\x89HDF\r\n\x1a\n and then nothing", 26), 26);
    assert_false(scan_file(world, NULL, 0));
    assert_string_equal(world->err.text,
                        "f.nc: file is truncated: 26 bytes do not hold its superblock");
    assert_int_equal(ftruncate(fd, 4096), 0);
    close(fd);
    assert_false(scan_file(world, NULL, 0));
    assert_non_null(strstr(world->err.text, "f.nc: HDF5 cannot open it: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_outside_of_the_file_is_opened),
        cmocka_unit_test(what_cannot_be_read_can_be_dropped),
        cmocka_unit_test(dimensions_that_do_not_fit_are_refused),
        cmocka_unit_test(circles_of_groups_and_links_are_no_trouble),
        cmocka_unit_test(a_file_that_is_cut_says_so),
        cmocka_unit_test(what_is_no_hdf5_file_is_refused),
    };

    return cmocka_run_group_tests_name("hdf5 refusals", tests, open_world, close_world);
}

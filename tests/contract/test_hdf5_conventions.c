/* netCDF-4's conventions on HDF5 files: dimensions, groups, texts, attributes, fill values. */
#include "support/hdf5_world.h"

static const uint64_t all_inline = UINT64_C(1) << 20;

static void put_int(int file, const char *name, int rank, const int *dims, const int *values)
{
    int id;

    nc(nc_def_var(file, name, NC_INT, rank, dims, &id));
    nc(nc_put_var_int(file, id, values));
}

/* "time lat": the dimensions of a variable, in one text of the arena. */
static const char *dims_of(struct hdf5_world *world, const char *name)
{
    const struct forge_variable *variable = variable_of(world, name);
    const char *text = "";

    for (unsigned d = 0; d < variable->array->rank; d++)
        text = forge_arena_print(&world->arena, "%s%s%s=%d", text, d > 0 ? " " : "",
                                 variable->dims[d], (int)variable->array->shape[d]);
    return text;
}

/* ---- dimensions */

static void dimensions_come_in_the_order_of_netcdf(void **state)
{
    struct hdf5_world *world = *state;
    const int values[6] = {1, 2, 3, 4, 5, 6};
    int file = make_netcdf(world), dims[3], order[2];

    nc(nc_def_dim(file, "z", 2, &dims[0]));
    nc(nc_def_dim(file, "a", 3, &dims[1]));
    nc(nc_def_dim(file, "time", NC_UNLIMITED, &dims[2]));
    order[0] = dims[0];
    order[1] = dims[1];
    put_int(file, "v", 2, order, values);
    put_int(file, "a", 1, &dims[1], values);
    put_int(file, "s", 0, NULL, values);
    nc(nc_put_att_text(file, NC_GLOBAL, "coordinates", 3, "s q"));
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_int_equal(world->dataset.dims_count, 2);
    assert_string_equal(world->dataset.dims[0].name, "z");
    assert_string_equal(world->dataset.dims[1].name, "a");
    assert_string_equal(dims_of(world, "v"), "z=2 a=3");
    assert_string_equal(dims_of(world, "a"), "a=3");
    assert_true(variable_of(world, "a")->is_coordinate);
    assert_true(variable_of(world, "a")->array->in_memory);
    assert_true(variable_of(world, "s")->is_coordinate);
    assert_false(variable_of(world, "v")->is_coordinate);
    assert_string_equal(world->dataset.variables[0].name, "v");
}

static void variables_named_in_coordinates_are_coordinates(void **state)
{
    struct hdf5_world *world = *state;
    const int values[3] = {1, 2, 3};
    int file = make_netcdf(world), dim, id;

    nc(nc_def_dim(file, "x", 3, &dim));
    put_int(file, "height", 0, NULL, values);
    put_int(file, "height2", 0, NULL, values);
    put_int(file, "v", 1, &dim, values);
    nc(nc_inq_varid(file, "v", &id));
    nc(nc_put_att_text(file, id, "coordinates", 12, "lat  height "));
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_true(variable_of(world, "height")->is_coordinate);
    assert_false(variable_of(world, "height2")->is_coordinate);
    assert_string_equal(
        forge_attributes_text(&variable_of(world, "v")->attributes, "coordinates"),
        "lat  height ");
}

/* Along one unlimited dimension variables may be of different lengths. */
static void what_was_never_written_is_the_fill_value(void **state)
{
    struct hdf5_world *world = *state;
    const size_t start[2] = {0}, three[2] = {3, 4}, gap[2] = {7, 0}, one[2] = {1, 4},
                 chunks[3][2] = {{1, 4}, {2, 2}, {1, 4}};
    const int fill = -5;
    int values[40], file = make_netcdf(world), dims[2], ids[4];

    for (int i = 0; i < 40; i++)
        values[i] = i;
    nc(nc_def_dim(file, "time", NC_UNLIMITED, &dims[0]));
    nc(nc_def_dim(file, "x", 4, &dims[1]));
    nc(nc_def_var(file, "long", NC_INT, 2, dims, &ids[0]));
    nc(nc_def_var(file, "short", NC_INT, 2, dims, &ids[1]));
    nc(nc_def_var(file, "loose", NC_INT, 2, dims, &ids[2]));
    nc(nc_def_var(file, "never", NC_INT, 1, &dims[1], &ids[3]));
    nc(nc_def_var_fill(file, ids[1], 0, &fill));
    nc(nc_def_var_chunking(file, ids[0], NC_CHUNKED, chunks[0]));
    nc(nc_def_var_chunking(file, ids[1], NC_CHUNKED, chunks[0]));
    nc(nc_def_var_chunking(file, ids[2], NC_CHUNKED, chunks[1]));
    nc(nc_put_vara_int(file, ids[0], start, three, values));
    nc(nc_put_vara_int(file, ids[0], gap, one, values));
    nc(nc_put_vara_int(file, ids[1], start, three, values));
    nc(nc_put_vara_int(file, ids[2], start, three, values));
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_string_equal(dims_of(world, "short"), "time=8 x=4");
    assert_string_equal(dims_of(world, "loose"), "time=8 x=4");
    assert_int_equal(source_of(world, "long")->manifest.offsets[5], FORGE_CHUNK_ABSENT);
    assert_int_equal(source_of(world, "short")->manifest.kind, FORGE_MANIFEST_TABLE);
    assert_int_equal(source_of(world, "loose")->manifest.kind, FORGE_MANIFEST_LIBRARY);
    for (uint64_t inlined = 0; inlined <= 1000; inlined += 1000) {
        must_scan(world, NULL, inlined);
        agree_on_values(world, "long", 20);
        agree_on_values(world, "short", 20);
        agree_on_values(world, "loose", 20);
        agree_on_values(world, "never", 5);
        assert_int_equal(((const int *)values_of(world, "short"))[31], fill);
        assert_int_equal(((const int *)values_of(world, "never"))[0], NC_FILL_INT);
    }
}

/* A coordinate of two dimensions cannot refer to scales, being one: it has their numbers. */
static void coordinates_of_two_dimensions_have_theirs(void **state)
{
    struct hdf5_world *world = *state;
    const int values[6] = {1, 2, 3, 4, 5, 6};
    int file = make_netcdf(world), dims[2], group, id;

    nc(nc_def_dim(file, "station", 2, &dims[0]));
    nc(nc_def_dim(file, "level", 3, &dims[1]));
    put_int(file, "station", 2, dims, values);
    nc(nc_def_grp(file, "inside", &group));
    nc(nc_def_var(group, "level", NC_INT, 2, dims, &id));
    nc(nc_put_var_int(group, id, values));
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_string_equal(dims_of(world, "station"), "station=2 level=3");
    must_scan(world, "inside", 0);
    assert_string_equal(dims_of(world, "level"), "station=2 level=3");
}

/* netCDF calls the variable "x" and HDF5 "_nc4_non_coord_x" where x is also a dimension. */
static void a_variable_may_be_named_like_a_dimension_it_has_not(void **state)
{
    struct hdf5_world *world = *state;
    const int values[6] = {1, 2, 3, 4, 5, 6};
    int file = make_netcdf(world), x, y;

    nc(nc_def_dim(file, "x", 2, &x));
    nc(nc_def_dim(file, "y", 3, &y));
    put_int(file, "x", 1, &y, values);
    put_int(file, "y", 1, &x, values);
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_int_equal(world->dataset.variables_count, 2);
    assert_string_equal(dims_of(world, "x"), "y=3");
    assert_string_equal(dims_of(world, "y"), "x=2");
    agree_on_values(world, "x", 3);
}

static void plain_files_have_dimensions_by_length(void **state)
{
    struct hdf5_world *world = *state;
    const hsize_t square[2] = {4, 4}, flat[1] = {4}, other[2] = {3, 4};
    const double values[16] = {0};
    hid_t file = make_hdf5(world);

    put_dataset(file, "a", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, H5P_DEFAULT, 2, square, values);
    put_dataset(file, "b", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, H5P_DEFAULT, 1, flat, values);
    put_dataset(file, "c", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, H5P_DEFAULT, 2, other, values);
    H5Fclose(file);
    must_scan(world, NULL, 0);
    assert_string_equal(dims_of(world, "a"), "phony_dim_0=4 phony_dim_1=4");
    assert_string_equal(dims_of(world, "b"), "phony_dim_0=4");
    assert_string_equal(dims_of(world, "c"), "phony_dim_2=3 phony_dim_0=4");
}

/* ---- groups */

static void a_group_is_read_alone_with_dimensions_of_its_parents(void **state)
{
    struct hdf5_world *world = *state;
    const int values[6] = {1, 2, 3, 4, 5, 6};
    int file = make_netcdf(world), x, y, group, deep, dims[2];

    nc(nc_def_dim(file, "x", 2, &x));
    nc(nc_def_grp(file, "PRODUCT", &group));
    nc(nc_def_dim(group, "y", 3, &y));
    nc(nc_def_grp(group, "DETAIL", &deep));
    nc(nc_put_att_text(deep, NC_GLOBAL, "title", 4, "deep"));
    dims[0] = x;
    dims[1] = y;
    put_int(file, "x", 1, &x, values);
    put_int(group, "v", 2, dims, values);
    put_int(deep, "w", 2, dims, values);
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_int_equal(world->dataset.variables_count, 1);
    must_scan(world, "PRODUCT", 0);
    assert_int_equal(world->dataset.variables_count, 1);
    assert_string_equal(dims_of(world, "v"), "x=2 y=3");
    assert_string_equal(source_of(world, "v")->path, "PRODUCT/v");
    assert_memory_equal(values_of(world, "v"), values, sizeof values);
    must_scan(world, "/PRODUCT/DETAIL/", 0);
    assert_string_equal(dims_of(world, "w"), "x=2 y=3");
    assert_string_equal(forge_attributes_text(&world->dataset.attributes, "title"), "deep");
    assert_memory_equal(values_of(world, "w"), values, sizeof values);
    assert_false(scan_file(world, "PRODUCTS", 0));
    assert_string_equal(world->err.text, "f.nc: there is no group \"PRODUCTS\"");
    assert_string_equal(world->err.help,
                        "did you mean \"PRODUCT\"? groups are PRODUCT, PRODUCT/DETAIL");
    assert_false(scan_file(world, "x", 0));
}

/* The longest variable along it says how long an unlimited dimension is, in any group. */
static void an_unlimited_dimension_is_as_long_as_in_any_group(void **state)
{
    struct hdf5_world *world = *state;
    const size_t start[1] = {0}, five[1] = {5}, two[1] = {2};
    const int values[5] = {1, 2, 3, 4, 5};
    int file = make_netcdf(world), time, a, b, ids[2];

    nc(nc_def_dim(file, "time", NC_UNLIMITED, &time));
    nc(nc_def_grp(file, "a", &a));
    nc(nc_def_grp(file, "b", &b));
    nc(nc_def_var(a, "v", NC_INT, 1, &time, &ids[0]));
    nc(nc_def_var(b, "v", NC_INT, 1, &time, &ids[1]));
    nc(nc_put_vara_int(a, ids[0], start, two, values));
    nc(nc_put_vara_int(b, ids[1], start, five, values));
    nc(nc_close(file));
    must_scan(world, "b", 0);
    assert_string_equal(dims_of(world, "v"), "time=5");
    must_scan(world, "a", 0);
    assert_string_equal(dims_of(world, "v"), "time=5");
}

/* ---- texts */

static void texts_of_every_kind_become_strings(void **state)
{
    struct hdf5_world *world = *state;
    const char chars[2][4] = {{'a', 'b', 0, 0}, {'\xe9', 't', '\xe9', 0}};
    const char *strings[2] = {"d\xc3\xa9j\xc3\xa0", ""};
    int file = make_netcdf(world), dims[2], ids[3];

    nc(nc_def_dim(file, "n", 2, &dims[0]));
    nc(nc_def_dim(file, "length", 4, &dims[1]));
    nc(nc_def_var(file, "chars", NC_CHAR, 2, dims, &ids[0]));
    nc(nc_def_var(file, "strings", NC_STRING, 1, dims, &ids[1]));
    nc(nc_def_var(file, "one", NC_CHAR, 1, &dims[1], &ids[2]));
    nc(nc_put_var_text(file, ids[0], chars[0]));
    nc(nc_put_var_string(file, ids[1], strings));
    nc(nc_put_var_text(file, ids[2], "xyz"));
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_string_equal(dims_of(world, "chars"), "n=2");
    assert_int_equal(variable_of(world, "chars")->array->dtype, FORGE_STRING);
    assert_string_equal(text_of(world, "chars", 0), "ab");
    assert_string_equal(text_of(world, "chars", 1), "\xc3\xa9t\xc3\xa9");
    assert_string_equal(text_of(world, "strings", 0), "d\xc3\xa9j\xc3\xa0");
    assert_string_equal(text_of(world, "strings", 1), "");
    assert_int_equal(variable_of(world, "one")->array->rank, 0);
    assert_string_equal(text_of(world, "one", 0), "xyz");
    assert_null(forge_dataset_dimension(&world->dataset, "length"));
}

static void texts_of_fixed_length_lose_their_padding(void **state)
{
    struct hdf5_world *world = *state;
    const char padded[2][5] = {{'a', ' ', 'b', ' ', ' '}, {' ', ' ', ' ', ' ', ' '}};
    const hsize_t dims[1] = {2};
    hid_t file = make_hdf5(world), type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, 5);
    H5Tset_strpad(type, H5T_STR_SPACEPAD);
    put_dataset(file, "v", type, type, H5P_DEFAULT, 1, dims, padded);
    H5Tclose(type);
    H5Fclose(file);
    must_scan(world, NULL, 0);
    assert_string_equal(text_of(world, "v", 0), "a b");
    assert_string_equal(text_of(world, "v", 1), "");
}

/* ---- attributes */

static void attributes_keep_their_types(void **state)
{
    struct hdf5_world *world = *state;
    const char *texts[2] = {"one", "two"};
    const float pair[2] = {1.5F, -2};
    const struct forge_attribute *attribute;
    const short fill = -99, missing[2] = {1, 2};
    const double scale = 0.01;
    int file = make_netcdf(world), dim, id;

    nc(nc_def_dim(file, "x", 2, &dim));
    nc(nc_def_var(file, "v", NC_SHORT, 1, &dim, &id));
    nc(nc_put_att_text(file, id, "units", 1, "K"));
    nc(nc_put_att_text(file, id, "empty", 0, ""));
    nc(nc_put_att_text(file, id, "padded", 4, "ab\0\0"));
    nc(nc_put_att_text(file, id, "latin1", 3,
                       "\xb0"
                       "CC"));
    nc(nc_put_att_string(file, id, "texts", 2, texts));
    nc(nc_put_att_float(file, id, "valid_range", NC_FLOAT, 2, pair));
    nc(nc_put_att_double(file, id, "scale_factor", NC_DOUBLE, 1, &scale));
    nc(nc_put_att_short(file, id, "_FillValue", NC_SHORT, 1, &fill));
    nc(nc_put_att_short(file, id, "missing_value", NC_USHORT, 2, missing));
    nc(nc_put_att_text(file, NC_GLOBAL, "title", 5, "hello"));
    nc(nc_close(file));
    must_scan(world, NULL, 0);
    assert_int_equal(world->dataset.attributes.count, 1);
    assert_int_equal(variable_of(world, "v")->attributes.count, 8);
    attribute = variable_of(world, "v")->attributes.items;
    assert_string_equal(attribute[0].name, "units");
    assert_string_equal(((const char *const *)attribute[0].values)[0], "K");
    assert_string_equal(((const char *const *)attribute[1].values)[0], "");
    assert_string_equal(((const char *const *)attribute[2].values)[0], "ab");
    assert_string_equal(((const char *const *)attribute[3].values)[0], "\xc2\xb0"
                                                                       "CC");
    assert_int_equal(attribute[4].count, 2);
    assert_string_equal(((const char *const *)attribute[4].values)[1], "two");
    assert_int_equal(attribute[5].dtype, FORGE_FLOAT32);
    assert_memory_equal(attribute[5].values, pair, sizeof pair);
    assert_int_equal(attribute[6].dtype, FORGE_FLOAT64);
    assert_memory_equal(attribute[6].values, &scale, sizeof scale);
    assert_string_equal(attribute[7].name, "missing_value");
    assert_int_equal(attribute[7].dtype, FORGE_UINT16);
    assert_true(variable_of(world, "v")->has_fill);
    assert_int_equal(variable_of(world, "v")->fill.int16, -99);
}

static void put_fill(hid_t file, const char *name, hid_t type, double fill)
{
    hid_t dataset, space = H5Screate(H5S_SCALAR), attribute;

    put_dataset(file, name, type, H5T_NATIVE_INT, H5P_DEFAULT, 0, NULL, NULL);
    dataset = H5Dopen2(file, name, H5P_DEFAULT);
    attribute =
        h5(H5Acreate2(dataset, "_FillValue", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    h5(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &fill));
    H5Aclose(attribute);
    H5Sclose(space);
    H5Dclose(dataset);
}

static void a_fill_value_of_another_type_is_taken_where_it_fits(void **state)
{
    struct hdf5_world *world = *state;
    hid_t file = make_hdf5(world);

    put_fill(file, "fits", H5T_STD_I16LE, -999);
    put_fill(file, "large", H5T_STD_I16LE, 1e20);
    put_fill(file, "broken", H5T_STD_U8LE, 0.5);
    H5Fclose(file);
    must_scan(world, NULL, 0);
    assert_true(variable_of(world, "fits")->has_fill);
    assert_int_equal(variable_of(world, "fits")->fill.int16, -999);
    assert_int_equal(variable_of(world, "fits")->attributes.count, 0);
    assert_false(variable_of(world, "large")->has_fill);
    assert_int_equal(variable_of(world, "large")->attributes.count, 1);
    assert_false(variable_of(world, "broken")->has_fill);
}

static void enumerations_and_flags_are_their_integers(void **state)
{
    struct hdf5_world *world = *state;
    const hsize_t dims[1] = {3};
    const int8_t flags[3] = {0, 1, 1};
    const int8_t zero = 0, one = 1;
    hid_t file = make_hdf5(world), type = H5Tenum_create(H5T_STD_I8LE);
    hid_t dataset, space = H5Screate(H5S_SCALAR), attribute;

    H5Tenum_insert(type, "FALSE", &zero);
    H5Tenum_insert(type, "TRUE", &one);
    put_dataset(file, "v", type, type, H5P_DEFAULT, 1, dims, flags);
    dataset = H5Dopen2(file, "v", H5P_DEFAULT);
    attribute = h5(H5Acreate2(dataset, "flag", type, space, H5P_DEFAULT, H5P_DEFAULT));
    h5(H5Awrite(attribute, type, &one));
    H5Aclose(attribute);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Tclose(type);
    H5Fclose(file);
    for (uint64_t inlined = 0; inlined <= all_inline; inlined += all_inline) {
        must_scan(world, NULL, inlined);
        assert_int_equal(variable_of(world, "v")->array->dtype, FORGE_INT8);
        assert_memory_equal(values_of(world, "v"), flags, sizeof flags);
        assert_int_equal(variable_of(world, "v")->attributes.items[0].dtype, FORGE_INT8);
        assert_int_equal(world->reader.counts.library_chunks, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dimensions_come_in_the_order_of_netcdf),
        cmocka_unit_test(variables_named_in_coordinates_are_coordinates),
        cmocka_unit_test(what_was_never_written_is_the_fill_value),
        cmocka_unit_test(coordinates_of_two_dimensions_have_theirs),
        cmocka_unit_test(a_variable_may_be_named_like_a_dimension_it_has_not),
        cmocka_unit_test(plain_files_have_dimensions_by_length),
        cmocka_unit_test(a_group_is_read_alone_with_dimensions_of_its_parents),
        cmocka_unit_test(an_unlimited_dimension_is_as_long_as_in_any_group),
        cmocka_unit_test(texts_of_every_kind_become_strings),
        cmocka_unit_test(texts_of_fixed_length_lose_their_padding),
        cmocka_unit_test(attributes_keep_their_types),
        cmocka_unit_test(a_fill_value_of_another_type_is_taken_where_it_fits),
        cmocka_unit_test(enumerations_and_flags_are_their_integers),
    };

    return cmocka_run_group_tests_name("hdf5 conventions", tests, open_world, close_world);
}

/* netCDF classic files as netcdf-c writes them: whole, cut short, and damaged. */
#include "support/classic_file.h"

#include <netcdf.h>
#include <sys/stat.h>

#define RECORDS 5

static const struct {
    const char *name;
    int mode, types;
} formats[] = {
    {"CDF-1", NC_CLASSIC_MODEL, 6},
    {"CDF-2", NC_64BIT_OFFSET, 6},
    {"CDF-5", NC_CDF5, 11},
};

/* netcdf-c's types of numbers, and ours. */
static const struct {
    nc_type type;
    enum forge_dtype dtype;
} numbers[] = {
    {NC_BYTE, FORGE_INT8},     {NC_SHORT, FORGE_INT16},    {NC_INT, FORGE_INT32},
    {NC_FLOAT, FORGE_FLOAT32}, {NC_DOUBLE, FORGE_FLOAT64}, {NC_UBYTE, FORGE_UINT8},
    {NC_USHORT, FORGE_UINT16}, {NC_UINT, FORGE_UINT32},    {NC_INT64, FORGE_INT64},
    {NC_UINT64, FORGE_UINT64},
};

static void must(int status)
{
    if (status != NC_NOERR)
        fail_msg("%s", nc_strerror(status));
}

/* For every type a variable without and one with records, of an odd size in bytes. */
static void define(int nc, int types)
{
    int dims[4], id;

    must(nc_def_dim(nc, "time", NC_UNLIMITED, &dims[0]));
    must(nc_def_dim(nc, "y", 3, &dims[1]));
    must(nc_def_dim(nc, "x", 5, &dims[2]));
    must(nc_def_dim(nc, "length", 7, &dims[3]));
    for (int i = 0; i < types - 1; i++) {
        char name[32];

        snprintf(name, sizeof name, "fixed%d", i);
        must(nc_def_var(nc, name, numbers[i].type, 2, dims + 1, &id));
        must(nc_put_att_text(nc, id, "units", 5, "m s-1"));
        snprintf(name, sizeof name, "record%d", i);
        must(nc_def_var(nc, name, numbers[i].type, 3, dims, &id));
        must(nc_put_att_double(nc, id, "valid_range", NC_DOUBLE, 2, (double[]){0, 100}));
    }
    must(nc_def_var(nc, "time", NC_DOUBLE, 1, dims, &id));
    must(nc_def_var(nc, "scalar", NC_INT, 0, NULL, &id));
    must(nc_def_var(nc, "names", NC_CHAR, 2, (int[]){dims[0], dims[3]}, &id));
    must(nc_put_att_text(nc, NC_GLOBAL, "title", 7, "a title"));
    must(nc_enddef(nc));
}

static void fill(int nc, int types)
{
    double values[RECORDS * 3 * 5];
    size_t start[] = {0, 0, 0}, count[] = {RECORDS, 3, 5}, text[] = {RECORDS, 7};
    int id;

    for (int i = 0; i < types - 1; i++) {
        char name[32];

        for (int j = 0; j < RECORDS * 3 * 5; j++)
            values[j] = (j * 7 + i + 1) % 120;
        snprintf(name, sizeof name, "fixed%d", i);
        must(nc_inq_varid(nc, name, &id));
        must(nc_put_vara_double(nc, id, start, count + 1, values));
        snprintf(name, sizeof name, "record%d", i);
        must(nc_inq_varid(nc, name, &id));
        must(nc_put_vara_double(nc, id, start, count, values));
    }
    must(nc_inq_varid(nc, "time", &id));
    must(nc_put_vara_double(nc, id, start, count, values));
    must(nc_inq_varid(nc, "scalar", &id));
    must(nc_put_var_int(nc, id, (int[]){-42}));
    must(nc_inq_varid(nc, "names", &id));
    must(nc_put_vara_text(nc, id, start, text,
                          "one\0\0\0\0two\0\0\0\0three\0\0seven..\0\0\0\0\0\0\0"));
}

static struct scanned written_by_netcdf(size_t format)
{
    struct scanned scanned = {0};
    int nc;

    write_temporary(&scanned, "", 0);
    must(nc_create(scanned.path, NC_CLOBBER | formats[format].mode, &nc));
    define(nc, formats[format].types);
    fill(nc, formats[format].types);
    must(nc_close(nc));
    return scanned;
}

/* ---- whole ---- */

static void check_number(struct scanned *scanned, int nc, const char *name, size_t number)
{
    const struct forge_variable *variable = variable_of(scanned, name);
    size_t size = forge_dtype_size(variable->array->dtype);
    unsigned char want[RECORDS * 3 * 5 * 8];
    const void *values = NULL;
    int id;

    assert_int_equal(variable->array->dtype, numbers[number].dtype);
    must(nc_inq_varid(nc, name, &id));
    must(nc_get_var(nc, id, want));
    assert_true(read_all(scanned, variable, &values));
    assert_memory_equal(values, want, forge_array_count(variable->array) * size);
}

static void values_are_those_that_netcdf_reads(void **state)
{
    (void)state;
    for (size_t format = 0; format < COUNT(formats); format++) {
        for (uint64_t inline_bytes = 0; inline_bytes < 2000; inline_bytes += 100) {
            struct scanned s = written_by_netcdf(format);
            const char *const *names;
            int nc;

            scan_path(&s, inline_bytes);
            must(nc_open(s.path, NC_NOWRITE, &nc));
            for (size_t i = 0; i + 1 < (size_t)formats[format].types; i++) {
                char name[32];

                snprintf(name, sizeof name, "fixed%zu", i);
                check_number(&s, nc, name, i);
                snprintf(name, sizeof name, "record%zu", i);
                check_number(&s, nc, name, i);
            }
            check_number(&s, nc, "time", 4);
            check_number(&s, nc, "scalar", 2);
            names = values_of(&s, "names");
            assert_string_equal(names[2], "three");
            assert_string_equal(names[3], "seven..");
            assert_string_equal(names[4], "");
            assert_true(forge_dataset_dimension(&s.dataset, "time")->unlimited);
            assert_null(forge_dataset_dimension(&s.dataset, "length"));
            must(nc_close(nc));
            scanned_close(&s);
        }
    }
}

/* ---- cut short ---- */

/* Every value of `part` is that of `whole`, and none is missing. */
static void check_same(struct scanned *part, struct scanned *whole)
{
    assert_int_equal(part->dataset.variables_count, whole->dataset.variables_count);
    for (size_t i = 0; i < part->dataset.variables_count; i++) {
        const struct forge_variable *variable = &part->dataset.variables[i];
        const struct forge_array *array = variable->array;
        const void *values = NULL, *want = NULL;

        assert_true(read_all(part, variable, &values));
        assert_true(read_all(whole, &whole->dataset.variables[i], &want));
        assert_int_equal(forge_array_count(array),
                         forge_array_count(whole->dataset.variables[i].array));
        if (array->dtype != FORGE_STRING)
            assert_memory_equal(values, want,
                                forge_array_count(array) * forge_dtype_size(array->dtype));
    }
}

static void a_file_that_was_cut_is_refused_or_right(void **state)
{
    (void)state;
    for (size_t format = 0; format < COUNT(formats); format++) {
        struct scanned whole = written_by_netcdf(format), part = written_by_netcdf(format);
        unsigned refused = 0, right = 0;
        struct stat found;

        scan_path(&whole, 100);
        assert_int_equal(stat(part.path, &found), 0);
        for (off_t size = found.st_size - 1; size >= 0; size--) {
            struct scanned s = {0};

            assert_int_equal(truncate(part.path, size), 0);
            memcpy(s.path, part.path, sizeof s.path);
            scan_path(&s, 100);
            if (s.good) {
                right++;
                check_same(&s, &whole);
            } else {
                refused++;
                assert_int_equal(s.err.code, FORGE_BAD_SOURCE);
            }
            forge_store_close(s.store);
            forge_arena_clear(&s.arena);
        }
        print_message("%s: of %u beginnings %u refused, %u right\n", formats[format].name,
                      refused + right, refused, right);
        assert_in_range(right, 0, 3); /* nothing but padding is missing */
        scanned_close(&whole);
        scanned_close(&part);
    }
}

/* ---- damaged ---- */

static void read_everything(struct scanned *scanned)
{
    for (size_t i = 0; i < scanned->dataset.variables_count; i++) {
        const void *values = NULL;

        if (!read_all(scanned, &scanned->dataset.variables[i], &values))
            assert_true(scanned->err.text[0]);
    }
}

static uint64_t seed = 3;

static uint64_t below(uint64_t limit)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (seed >> 24) % limit;
}

/* Put rubbish over a few bytes of the header; numbers at the edges come up often. */
static void damage(int fd, const unsigned char *header, size_t length)
{
    static const unsigned char edges[] = {0, 1, 0x7f, 0x80, 0xff, 0xff};
    unsigned char *bytes = test_malloc(length);

    memcpy(bytes, header, length);
    for (uint64_t i = below(4) + 1; i > 0; i--) {
        size_t at = 4 + below(length - 4);
        size_t run = below(3) == 0 ? 4 : 1;
        unsigned char edge = edges[below(sizeof edges)];

        for (size_t j = at; j < at + run && j < length; j++)
            bytes[j] = below(2) ? edge : (unsigned char)below(256);
    }
    assert_int_equal(pwrite(fd, bytes, length, 0), length);
    test_free(bytes);
}

static void damaged_headers_do_no_harm(void **state)
{
    (void)state;
    for (size_t format = 0; format < COUNT(formats); format++) {
        struct scanned file = written_by_netcdf(format);
        int fd = open(file.path, O_RDWR);
        unsigned char header[1200];
        unsigned refused = 0, accepted = 0;

        assert_true(fd >= 0);
        assert_int_equal(pread(fd, header, sizeof header, 0), sizeof header);
        for (int i = 0; i < 4000; i++) {
            struct scanned s = {0};

            damage(fd, header, sizeof header);
            memcpy(s.path, file.path, sizeof s.path);
            scan_path(&s, below(2) * 1000);
            if (s.good)
                read_everything(&s);
            refused += !s.good;
            accepted += s.good;
            forge_store_close(s.store);
            forge_arena_clear(&s.arena);
        }
        print_message("%s: of %u damaged headers %u refused\n", formats[format].name,
                      refused + accepted, refused);
        assert_true(refused > 1000);
        close(fd);
        scanned_close(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_that_netcdf_reads),
        cmocka_unit_test(a_file_that_was_cut_is_refused_or_right),
        cmocka_unit_test(damaged_headers_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

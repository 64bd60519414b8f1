/* What a file is by its first bytes, and what people hear when it is nothing we read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "formats/format.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define HEAD(bytes) bytes, sizeof(bytes) - 1

static void formats_are_known_by_their_first_bytes(void **state)
{
    static const struct {
        const char *head;
        size_t length;
        const char *want;
    } rows[] = {
        {HEAD("CDF\1\0\0\0\0"), "netcdf3"},
        {HEAD("CDF\2\0\0\0\0"), "netcdf3"},
        {HEAD("CDF\5\0\0\0\0"), "netcdf3"},
        {HEAD("\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0"), "hdf5"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct forge_format_type *type = NULL;
        struct forge_error err = {0};

        assert_true(forge_format_sniff(&type, (const unsigned char *)rows[i].head,
                                       rows[i].length, 1000, "a.nc", &err));
        assert_string_equal(type->name, rows[i].want);
        assert_ptr_equal(forge_format_find(rows[i].want), type);
    }
    assert_null(forge_format_find("netcdf9"));
}

static void what_is_no_data_is_told(void **state)
{
    static const struct {
        const char *head;
        size_t length;
        const char *want, *help;
    } rows[] = {
        {HEAD(""), "a.nc: the file is empty", ""},
        {HEAD("<!DOCTYPE html>\n<html>"),
         "a.nc: starts with <!DOCTYPE html>: a web page, not data",
         "the server may have answered with an error page; open the address in a browser"},
        {HEAD("\xef\xbb\xbf \n<HTML><body>"),
         "a.nc: starts with <HTML><body>: a web page, not data",
         "the server may have answered with an error page; open the address in a browser"},
        {HEAD("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>"),
         "a.nc: starts with <?xml version=\"1.0\" e: a web page, not data",
         "the server may have answered with an error page; open the address in a browser"},
        {HEAD("{\"error\": \"token\"}"),
         "a.nc: a JSON document, not data: {\"error\": \"token\"}",
         "the server may have answered with an error message"},
        {HEAD("\x1f\x8b\x08\0"), "a.nc: a gzip archive, not data that forge reads",
         "unpack it first"},
        {HEAD("PK\x03\x04\x14\0"), "a.nc: a zip archive, not data that forge reads",
         "unpack it first"},
        {HEAD("GRIB\0\0\0\x02"), "a.nc: a GRIB file, not data that forge reads",
         "GRIB is of a later version of forge"},
        {HEAD("404 page not found\n"), "a.nc: a text, not data: \"404 page not found\"", ""},
        {HEAD("\x1b[31mred"),
         "a.nc: not a kind of file that forge reads (first bytes 1b 5b 33 "
         "31 6d 72 65 64)",
         "forge reads netCDF and HDF5"},
        {HEAD("CDF\3\0\0\0\0"),
         "a.nc: not a kind of file that forge reads (first bytes 43 44 "
         "46 03 00 00 00 00)",
         "forge reads netCDF and HDF5"},
        {HEAD("\x00\xff"), "a.nc: not a kind of file that forge reads (first bytes 00 ff)",
         "forge reads netCDF and HDF5"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct forge_format_type *type = NULL;
        struct forge_error err = {0};

        assert_false(forge_format_sniff(&type, (const unsigned char *)rows[i].head,
                                        rows[i].length, rows[i].length, "a.nc", &err));
        assert_null(type);
        assert_int_equal(err.code, FORGE_BAD_SOURCE);
        assert_string_equal(err.text, rows[i].want);
        assert_string_equal(err.help, rows[i].help);
    }
}

static void an_archive_is_known_by_bytes_further_in(void **state)
{
    const struct forge_format_type *type = NULL;
    struct forge_error err = {0};
    unsigned char head[512] = "a.nc";

    (void)state;
    memcpy(head + 257, "ustar", sizeof "ustar");
    assert_false(forge_format_sniff(&type, head, sizeof head, 10240, "a.tar", &err));
    assert_string_equal(err.text, "a.tar: a tar archive, not data that forge reads");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_known_by_their_first_bytes),
        cmocka_unit_test(what_is_no_data_is_told),
        cmocka_unit_test(an_archive_is_known_by_bytes_further_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

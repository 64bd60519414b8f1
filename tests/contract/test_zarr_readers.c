/* What is written is what an independent reader reads: zarr-python and xarray, where Debian has
 * them. With an argument, only write the stores below that folder, to look at them by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bake.h"

/* Every array as bytes (strings: a line each) beside the store, compared with what is read. */
static const char script[] =
    "import sys, numpy, zarr, xarray, warnings\n"
    "warnings.simplefilter('ignore')\n"
    "folder = sys.argv[1]\n"
    "group = zarr.open_consolidated(folder + '/store', mode='r')\n"
    "plain = zarr.open_group(folder + '/store', mode='r')\n"
    "assert dict(group.attrs) == dict(plain.attrs) == {'title': 'all', 'coordinates': "
    "'height'}\n"
    "count = 0\n"
    "for name, array in group.arrays():\n"
    "    want = open(folder + '/' + name, 'rb').read()\n"
    "    got = array[...]\n"
    "    if array.dtype.kind == 'O':\n"
    "        text = ''.join(x + '\\n' for x in numpy.asarray(got).ravel().tolist())\n"
    "        assert text.encode() == want, name\n"
    "    else:\n"
    "        assert numpy.asarray(got).tobytes() == want, name\n"
    "    assert array.fill_value is None or name.startswith('filled'), name\n"
    "    assert dict(array.attrs) == dict(plain[name].attrs), name\n"
    "    count += 1\n"
    "assert count == int(sys.argv[2]), count\n"
    "data = xarray.open_zarr(folder + '/store')\n"
    "assert set(data.variables) == set(group.array_keys())\n"
    "assert set(data.coords) == {'height', 'x'}, set(data.coords)\n"
    "assert data.plain_int16.dims == ('y', 'x'), data.plain_int16.dims\n"
    "assert int(data.filled_int16.isnull().sum()) == 13\n"
    "assert int(data.filled_float64.isnull().sum()) == 13\n"
    "assert int(data.plain_int16.isnull().sum()) == 0\n"
    "assert data.names.values.tolist() == ['', 'a', '\\u00e9t\\u00e9', 'd', 'none']\n"
    "assert data.plain_int16.attrs['scale'] == 0.1\n"
    "data.load()\n";

static const char *const names[5] = {"", "a", "\xc3\xa9t\xc3\xa9", "d", "none"};

static void add(struct bake *bake, const char *prefix, enum forge_dtype dtype,
                const char *codec, bool sharded)
{
    static const float scale = 0.1F;
    size_t size = forge_dtype_size(dtype);
    unsigned char *values = forge_arena_array(&bake->arena, 5UL * 9, size);
    union forge_value fill = {.int8 = 5};
    struct forge_target_array *array;
    struct forge_variable *variable;

    if (forge_dtype_is_float(dtype))
        assert_true(forge_value_from_double(&fill, dtype, NAN));
    for (unsigned i = 0; i < 45; i++) {
        union forge_value value;

        assert_true(forge_value_from_double(&value, dtype, i % 100 == 5 ? 100 : i));
        if (i % 9 > 3 && i % 9 < 8 && i / 9 > 1)
            value = fill;
        memcpy(values + i * size, i == 0 ? fill.bytes : value.bytes, size);
    }
    array = bake_add(bake,
                     forge_arena_print(&bake->arena, "%s_%s", prefix, forge_dtype_name(dtype)),
                     dtype, "y x", (uint64_t[4]){5, 9}, (uint64_t[4]){2, 4}, values);
    if (codec)
        array->codec = bake_codec(bake, codec);
    array->sharded = sharded;
    array->shard[0] = 4;
    array->shard[1] = 4;
    variable = bake_variable(bake, array);
    variable->has_fill = strcmp(prefix, "filled") == 0;
    variable->fill = fill;
    forge_attributes_set(&variable->attributes, &bake->arena, "scale", FORGE_FLOAT32, 1,
                         &scale);
}

/* Plain variables must not be missing where they hold the value that is the fill of others. */
static void fill_bake(struct bake *bake, bool shards)
{
    static const char *const codecs[] = {
        "{\"id\":\"blosc\",\"cname\":\"zstd\",\"clevel\":1,\"shuffle\":1,\"blocksize\":0}",
        "{\"id\":\"gzip\",\"level\":5}",
        "{\"id\":\"zstd\",\"level\":3}",
        NULL,
        "{\"id\":\"blosc\",\"cname\":\"lz4\",\"clevel\":5,\"shuffle\":2,\"blocksize\":0}",
    };
    static const int32_t x[9] = {0, 10, 20, 30, 40, 50, 60, 70, 80};
    static const double height = 2;
    struct forge_target_array *array;

    bake_open(bake);
    forge_attributes_set_text(&bake->dataset.attributes, &bake->arena, "title", "all");
    for (unsigned i = 0; i < FORGE_STRING; i++) {
        add(bake, "filled", (enum forge_dtype)i, codecs[i % 5], shards && i % 2);
        add(bake, "plain", (enum forge_dtype)i, codecs[(i + 2) % 5], shards && i % 3);
    }
    array = bake_add(bake, "x", FORGE_INT32, "x", (uint64_t[4]){9}, (uint64_t[4]){9}, x);
    bake_variable(bake, array)->is_coordinate = true;
    array = bake_add(bake, "height", FORGE_FLOAT64, "", NULL, NULL, &height);
    bake_variable(bake, array)->is_coordinate = true;
    array = bake_add(bake, "names", FORGE_STRING, "y", (uint64_t[4]){5}, (uint64_t[4]){3},
                     (const void *)names);
    array->codec = bake_codec(bake, codecs[0]);
}

static void write_values(const struct bake *bake, const char *folder)
{
    for (size_t i = 0; i < bake->dataset.variables_count; i++) {
        const struct forge_variable *variable = &bake->dataset.variables[i];
        uint64_t count = forge_array_count(variable->array);
        struct forge_error err = {0};
        struct forge_store *store = NULL;
        struct forge_text text = {0};

        if (variable->array->dtype == FORGE_STRING) {
            for (uint64_t j = 0; j < count; j++)
                forge_text_print(&text, "%s\n", names[j]);
        } else {
            forge_text_add_bytes(&text, bake->values[i],
                                 count * forge_dtype_size(variable->array->dtype));
        }
        assert_true(forge_store_open_file(&store, folder, &err));
        assert_true(forge_store_put(store, variable->name, text.bytes, text.length, &err));
        forge_store_close(store);
        forge_text_clear(&text);
    }
}

static void write_store(struct bake *bake, const char *format, const char *folder)
{
    struct forge_store *store = NULL;
    struct forge_error err = {0};
    char path[256];

    snprintf(path, sizeof path, "%s/store", folder);
    assert_true(forge_store_open_file(&store, path, &err));
    bake_store(bake, forge_target_find(format), store);
    forge_store_close(store);
    write_values(bake, folder);
}

static int python(const char *code, const char *folder, const char *count)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        execl("/usr/bin/python3", "python3", "-c", code, folder, count, (char *)NULL);
        _exit(127);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

static int remove_one(const char *path, const struct stat *found, int kind, struct FTW *walk)
{
    (void)found, (void)kind, (void)walk;
    return remove(path);
}

static void version_2_is_read_by_zarr_python_and_xarray(void **state)
{
    char folder[] = "/tmp/forge-readers-XXXXXX", count[16];
    struct bake bake;
    int status;

    (void)state;
    if (python("import zarr, xarray", "", "") != 0)
        skip();
    assert_non_null(mkdtemp(folder));
    fill_bake(&bake, false);
    write_store(&bake, "zarr2", folder);
    snprintf(count, sizeof count, "%zu", bake.dataset.variables_count);
    status = python(script, folder, count);
    bake_close(&bake);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    assert_int_equal(status, 0);
}

static int write_by_hand(const char *folder)
{
    static const struct {
        const char *name, *format;
        bool shards;
    } stores[] = {{"2", "zarr2", false}, {"3", "zarr", false}, {"3-sharded", "zarr", true}};

    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        struct bake bake;
        char path[200];

        snprintf(path, sizeof path, "%.150s/%s", folder, stores[i].name);
        fill_bake(&bake, stores[i].shards);
        write_store(&bake, stores[i].format, path);
        bake_close(&bake);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_is_read_by_zarr_python_and_xarray),
    };

    if (argc > 1)
        return write_by_hand(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

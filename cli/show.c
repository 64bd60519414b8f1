/* show.c: the header of a source file, a Zarr store or a dataset, much as ncdump -h. */
#include "cli/command.h"

#include "catalog/bakery.h"
#include "run/scanner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int run(struct session *session, int argc, char **argv);

const struct command command_show = {
    .name = "show",
    .usage = "FILE | STORE | DATASET [--bakery DIR]",
    .summary = "show dimensions, variables, attributes and chunks",
    .help = "  --bakery DIR  where DATASET is looked up; default: ./bakery\n",
    .scans = true,
    .run = run,
};

static void show_value(struct forge_text *out, const struct forge_attribute *attribute,
                       size_t i)
{
    char number[64];
    size_t size = forge_dtype_size(attribute->dtype);

    if (attribute->dtype == FORGE_STRING) {
        forge_text_add(out, "\"");
        forge_text_add_safe(out, ((const char *const *)attribute->values)[i]);
        forge_text_add(out, "\"");
        return;
    }
    forge_text_add(out, forge_value_format(number, sizeof number, attribute->dtype,
                                           (const char *)attribute->values + i * size));
}

static void show_attributes(struct forge_text *out, const char *owner,
                            const struct forge_attributes *attributes)
{
    for (size_t a = 0; a < attributes->count; a++) {
        forge_text_add(out, "\t\t");
        forge_text_add_safe(out, owner);
        forge_text_add(out, ":");
        forge_text_add_safe(out, attributes->items[a].name);
        forge_text_add(out, " = ");
        for (size_t i = 0; i < attributes->items[a].count; i++) {
            forge_text_add(out, i > 0 ? ", " : "");
            show_value(out, &attributes->items[a], i);
        }
        forge_text_add(out, " ;\n");
    }
}

static void show_storage(struct forge_text *out, const struct forge_array *array)
{
    const struct forge_source *source = forge_array_source(array);

    if (!source)
        return;
    if (source->manifest.kind == FORGE_MANIFEST_REFUSED) {
        forge_text_add(out, "\t\t// cannot be stored: ");
        forge_text_add_safe(out, source->manifest.refusal);
        forge_text_add(out, "\n");
        return;
    }
    forge_text_add(out, "\t\t// chunks (");
    for (unsigned d = 0; d < array->rank; d++)
        forge_text_print(out, "%s%llu", d > 0 ? ", " : "", (unsigned long long)array->chunk[d]);
    forge_text_add(out, ")");
    for (unsigned c = 0; c < source->codecs.count; c++)
        forge_text_print(out, ", %s", source->codecs.items[c].type->name);
    if (source->manifest.kind == FORGE_MANIFEST_LIBRARY)
        forge_text_add(out, ", read through the netCDF library");
    forge_text_add(out, "\n");
}

static void show_variable(struct forge_text *out, const struct forge_variable *variable)
{
    char number[64];

    forge_text_print(out, "\t%s ", forge_dtype_name(variable->array->dtype));
    forge_text_add_safe(out, variable->name);
    for (unsigned d = 0; d < variable->array->rank; d++) {
        forge_text_add(out, d > 0 ? ", " : "(");
        forge_text_add_safe(out, variable->dims[d]);
    }
    forge_text_add(out, variable->array->rank > 0 ? ") ;\n" : " ;\n");
    show_storage(out, variable->array);
    if (variable->has_fill && variable->array->dtype != FORGE_STRING) {
        forge_text_add(out, "\t\t");
        forge_text_add_safe(out, variable->name);
        forge_text_print(out, ":_FillValue = %s ;\n",
                         forge_value_format(number, sizeof number, variable->array->dtype,
                                            variable->fill.bytes));
    }
    show_attributes(out, variable->name, &variable->attributes);
}

static void show_dataset(struct forge_text *out, const char *kind,
                         const struct forge_dataset *dataset)
{
    forge_text_print(out, "%s ", kind);
    forge_text_add_safe(out, dataset->url);
    forge_text_add(out, " {\ndimensions:\n");
    for (size_t d = 0; d < dataset->dims_count; d++) {
        forge_text_add(out, "\t");
        forge_text_add_safe(out, dataset->dims[d].name);
        forge_text_print(out,
                         dataset->dims[d].unlimited ? " = UNLIMITED ; // (%llu currently)\n"
                                                    : " = %llu ;\n",
                         (unsigned long long)dataset->dims[d].size);
    }
    forge_text_add(out, "variables:\n");
    for (size_t v = 0; v < dataset->variables_count; v++)
        show_variable(out, &dataset->variables[v]);
    forge_text_add(out, "\n// global attributes:\n");
    show_attributes(out, "", &dataset->attributes);
    forge_text_add(out, "}\n");
}

/* A file through a scanner, as a bake would read it. */
static bool show_file(struct forge_text *out, struct session *session, const char *path,
                      struct forge_arena *arena, struct forge_error *err)
{
    struct forge_scan_request request = {.url = path};
    struct forge_file file = {.url = path, .key = path};
    struct forge_dataset dataset = {0};
    struct stat status;
    bool good;

    request.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait */
    if (request.fd < 0)
        return forge_fail_errno(err, FORGE_SOURCE_IO, "%s cannot be opened", path);
    if (fstat(request.fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(request.fd);
        return forge_fail(err, FORGE_BAD_SOURCE, "%s is not a file", path);
    }
    file.status.size = request.size = (uint64_t)status.st_size;
    good = forge_scanner_scan(session->scanners, &file, NULL, &request, arena, &dataset, err);
    dataset.url = path;
    if (good)
        show_dataset(out, file.format ? file.format : "file", &dataset);
    close(request.fd);
    return good;
}

static bool show_store(struct forge_text *out, const char *path, struct forge_arena *arena,
                       struct forge_error *err)
{
    const char *inside = forge_arena_print(arena, "%s/data.zarr", path);
    struct forge_store *store = NULL;
    struct forge_dataset dataset = {0};
    bool good;

    if (access(inside, F_OK) == 0) /* a version of a bakery */
        path = inside;
    good = forge_store_open_file(&store, path, err) &&
           forge_zarr_open(&dataset, arena, store, path, err);

    dataset.url = path;
    if (good)
        show_dataset(out, "zarr", &dataset);
    forge_store_close(store);
    return good;
}

static bool show_any(struct forge_text *out, struct session *session,
                     const struct arguments *arguments, struct forge_arena *arena,
                     struct forge_error *err)
{
    const char *path = arguments->operand;
    struct forge_bakery bakery;
    struct stat status;

    if (stat(path, &status) == 0)
        return S_ISDIR(status.st_mode) ? show_store(out, path, arena, err)
                                       : show_file(out, session, path, arena, err);
    if (strchr(path, '/'))
        return forge_fail(err, FORGE_MISSING, "%s is not there", path);
    return forge_bakery_open(&bakery, arena, arguments->bakery, err) &&
           forge_bakery_current(&path, &bakery, path, err) && show_store(out, path, arena, err);
}

static int run(struct session *session, int argc, char **argv)
{
    struct forge_arena arena = {0};
    struct forge_text text = {0};
    struct arguments arguments;
    struct forge_error err;
    int status = 0;

    if (!arguments_read(&arguments, &command_show, argc, argv, TAKES_BAKERY, 1))
        return 2;
    warn_of_sandbox();
    if (show_any(&text, session, &arguments, &arena, &err))
        print(&text);
    else
        status = tell_error(session, &err);
    forge_text_clear(&text);
    forge_arena_clear(&arena);
    return status;
}

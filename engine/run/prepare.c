/* prepare.c: the stages that come before a plan can be laid out: fetch and scan. */
#include "run/bake.h"
#include "run/scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Values up to this size travel with the description of a file, and stay in memory. */
#define INLINE_BYTES (4U << 10)
#define HASH_BYTES (1U << 20)
#define SCAN_ATTEMPTS 3

enum prepare_stage { STAGE_FETCH, STAGE_SCAN, STAGES_COUNT };

struct preparing {
    struct forge_plan *plan;
    const struct forge_bake_request *request;
    struct forge_digest *digests;
    struct forge_budget *budget;
    const struct forge_library *library;
};

static struct forge_object_status status_of(const struct stat *status)
{
    return (struct forge_object_status){
        .size = (uint64_t)status->st_size,
        .modified_ns = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec,
        .serial = (uint64_t)status->st_ino,
    };
}

static bool is_same(const struct forge_object_status *a, const struct forge_object_status *b)
{
    return a->size == b->size && a->modified_ns == b->modified_ns && a->serial == b->serial;
}

static bool changed(const struct forge_file *file, struct forge_error *err)
{
    forge_fail(err, FORGE_BAD_SOURCE, "input %s changed while it was being baked", file->url);
    return forge_fail_help(err, "bake again when nobody writes to it");
}

/* A local file, open; FORGE_MISSING when it is not there. */
static bool open_input(int *fd, struct forge_cell *cell, struct forge_error *err)
{
    struct forge_arena arena = {0};
    const char *path = forge_arena_print(&arena, "/%s", cell->file.key);
    struct stat status;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait */
    if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        forge_fail(err, FORGE_MISSING, "input %s is not there", cell->file.url);
    } else if (*fd < 0) {
        bool for_good = errno == EACCES || errno == ELOOP || errno == ENAMETOOLONG;

        forge_fail_errno(err, for_good ? FORGE_BAD_SOURCE : FORGE_SOURCE_IO,
                         "input %s cannot be opened", cell->file.url);
    } else if (fstat(*fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        forge_fail(err, FORGE_BAD_SOURCE, "input %s is %s", cell->file.url,
                   S_ISDIR(status.st_mode) ? "a folder" : "not a file");
        close(*fd);
        *fd = -1;
    } else {
        cell->file.status = status_of(&status);
    }
    forge_arena_clear(&arena);
    return *fd >= 0;
}

static bool hash_file(struct forge_digest *digest, int fd, const struct forge_file *file,
                      const atomic_bool *cancelled, struct forge_error *err)
{
    struct forge_hasher *hasher = forge_hasher_open();
    unsigned char *buffer = malloc(HASH_BYTES);
    uint64_t at = 0;
    bool good = buffer != NULL;

    while (good && at < file->status.size) {
        ssize_t got = pread(fd, buffer, HASH_BYTES, (off_t)at);

        if (cancelled && atomic_load(cancelled))
            good = forge_fail(err, FORGE_CANCELLED, "interrupted");
        else if (got < 0)
            good = forge_fail_errno(err, FORGE_SOURCE_IO, "reading %s", file->url);
        else if (got == 0)
            good = forge_fail(err, FORGE_BAD_SOURCE, "%s became shorter while it was read",
                              file->url);
        else
            forge_hasher_add(hasher, buffer, (size_t)got);
        at += good ? (uint64_t)got : 0;
    }
    if (!buffer)
        forge_fail(err, FORGE_FAILED, "no memory to read %s", file->url);
    free(buffer);
    if (good)
        forge_hasher_finish(hasher, digest);
    else
        forge_hasher_close(hasher);
    return good;
}

/* What a missing input means: the recipe decides. */
static bool missing(struct forge_cell *cell, const struct forge_grid *grid, uint64_t number,
                    struct forge_error *err)
{
    struct forge_text keys = {0};

    if (grid->input->if_missing != FORGE_MISSING_ERROR) {
        cell->state = FORGE_CELL_ABSENT;
        return true;
    }
    forge_grid_cell_print(&keys, grid, number);
    if (keys.length > 0)
        forge_fail(err, FORGE_MISSING, "input %s is not there (%s)", cell->file.url,
                   keys.bytes);
    forge_text_clear(&keys);
    forge_fail_place(err, grid->input->place);
    return forge_fail_help(err,
                           "leave it out with \"except\", or say if_missing: skip or fill");
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool fetch_task(struct preparing *p, uint64_t number, struct forge_error *err)
{
    const struct forge_grid *grid;
    uint64_t at;
    struct forge_cell *cell = forge_plan_cell(p->plan, number, &grid, &at);
    bool good = true;
    int fd = -1;

    if (cell->state != FORGE_CELL_WANTED)
        return true;
    if (!open_input(&fd, cell, err))
        return err->code == FORGE_MISSING ? missing(cell, grid, at, err)
                                          : forge_fail_place(err, grid->input->place);
    cell->read_us = now_us();
    if (p->request->hash_inputs)
        good = hash_file(&p->digests[number], fd, &cell->file, p->request->cancelled, err);
    close(fd);
    return good;
}

static bool scan_task(struct preparing *p, uint64_t number, struct forge_error *err)
{
    const struct forge_grid *grid;
    uint64_t at;
    struct forge_cell *cell = forge_plan_cell(p->plan, number, &grid, &at);
    struct forge_arena *arena = forge_plan_cell_arena(p->plan, number);
    struct forge_reader reader = {
        .budget = p->budget, .cancelled = p->request->cancelled, .library = p->library};
    struct forge_scan_request request = {0};
    const struct forge_object_status fetched = cell->file.status;
    struct forge_dataset dataset = {0};
    bool good;

    if (cell->state != FORGE_CELL_WANTED)
        return true;
    forge_arena_clear(arena); /* of an earlier try */
    if (!open_input(&request.fd, cell, err))
        return forge_fail_place(err, grid->input->place);
    if (!is_same(&cell->file.status, &fetched)) {
        close(request.fd);
        cell->file.status = fetched;
        return changed(&cell->file, err) || forge_fail_place(err, grid->input->place);
    }
    cell->file.group = grid->input->group;
    request.size = cell->file.status.size;
    request.url = cell->file.url;
    request.group = cell->file.group;
    request.inline_bytes = INLINE_BYTES;
    good = forge_scanner_scan(p->request->scanners, &cell->file, grid->input->format, &request,
                              arena, &dataset, err) &&
           forge_plan_scanned(p->plan, number, &dataset, &reader, err);
    close(request.fd);
    forge_reader_close(&reader);
    return good || forge_fail_place(err, grid->input->place);
}

static bool perform(void *context, const struct forge_unit *unit, uint64_t *failed,
                    struct forge_error *err)
{
    struct preparing *p = context;

    for (uint64_t t = unit->first; t < unit->first + unit->count; t++) {
        *failed = t;
        if (p->request->cancelled && atomic_load(p->request->cancelled))
            return forge_fail(err, FORGE_CANCELLED, "interrupted");
        if (!(unit->stage == STAGE_FETCH ? fetch_task(p, t, err) : scan_task(p, t, err)))
            return false;
    }
    return true;
}

static void progress(void *context, uint32_t stage, uint64_t done, uint64_t total)
{
    const struct preparing *p = context;
    struct forge_progress now = {.stage = "scan", .done = done, .total = total};

    /* Files are scanned as they are fetched: one line tells of both. */
    if (p->request->progress && stage == STAGE_SCAN)
        p->request->progress(p->request->progress_context, &now);
}

static bool run_stages(struct preparing *p, struct forge_error *err)
{
    const struct forge_stage stages[STAGES_COUNT] = {
        [STAGE_FETCH] = {.name = "fetch",
                         .count = p->plan->cells_count,
                         .rule = FORGE_AFTER_NONE,
                         .attempts = SCAN_ATTEMPTS},
        [STAGE_SCAN] = {.name = "scan",
                        .count = p->plan->cells_count,
                        .rule = FORGE_AFTER_SAME,
                        .after = STAGE_FETCH,
                        .attempts = SCAN_ATTEMPTS},
    };
    struct forge_driver driver = {
        .executor = p->request->executor,
        .workers = p->request->workers,
        .perform = perform,
        .context = p,
        .cancelled = p->request->cancelled,
        .progress = progress,
    };

    return forge_driver_run(&driver, stages, STAGES_COUNT, err);
}

bool forge_inputs_unchanged(const struct forge_plan *plan, struct forge_error *err)
{
    struct forge_text path = {0};
    bool good = true;

    for (uint64_t i = 0; i < plan->cells_count && good; i++) {
        const struct forge_grid *grid;
        uint64_t at;
        const struct forge_cell *cell = forge_plan_cell(plan, i, &grid, &at);
        struct forge_object_status now;
        struct stat status;

        if (cell->state != FORGE_CELL_WANTED)
            continue;
        path.length = 0;
        forge_text_print(&path, "/%s", cell->file.key);
        good = stat(forge_text_string(&path), &status) == 0;
        now = good ? status_of(&status) : (struct forge_object_status){0};
        good = good && is_same(&now, &cell->file.status);
        if (!good && !changed(&cell->file, err))
            forge_fail_place(err, grid->input->place);
    }
    forge_text_clear(&path);
    return good;
}

/* The folder of the recipe as an absolute path. */
static bool absolute_folder(const char **out, struct forge_arena *arena, const char *folder,
                            struct forge_error *err)
{
    char *path = realpath(folder, NULL);

    if (!path)
        return forge_fail_errno(err, FORGE_BAD_RECIPE, "the folder %s", folder);
    *out = forge_arena_text(arena, path);
    free(path);
    return true;
}

/* One text for it, wherever the run was. */
static bool tell_cancelled(struct forge_error *err)
{
    return err->code == FORGE_CANCELLED && forge_fail(err, FORGE_CANCELLED, "interrupted");
}

bool forge_prepare(struct forge_plan *plan, const struct forge_bake_request *request,
                   struct forge_digest **digests, struct forge_error *err)
{
    struct forge_budget budget = {.limit = request->memory_bytes};
    struct forge_inputs_request inputs = {.prune = request->prune, .now_us = request->now_us};
    struct forge_plan_limits limits = {request->memory_bytes, request->workers};
    struct forge_library library = forge_scanner_library(request->scanners);
    struct forge_reader reader = {
        .budget = &budget, .cancelled = request->cancelled, .library = &library};
    struct preparing preparing = {plan, request, NULL, &budget, &library};
    bool good;

    *plan = (struct forge_plan){0};
    good = forge_store_open_file(&plan->files, "/", err) &&
           absolute_folder(&inputs.folder, &plan->arena, request->recipe->folder, err);
    inputs.files = plan->files;
    good = good && forge_plan_resolve(plan, request->recipe, &inputs, err);
    if (good) {
        preparing.digests =
            forge_arena_array(&plan->arena, plan->cells_count + 1, sizeof *preparing.digests);
        good = run_stages(&preparing, err) && forge_plan_combine(plan, &reader, err) &&
               forge_plan_lay_out(plan, &limits, err);
    }
    if (digests)
        *digests = preparing.digests;
    forge_reader_close(&reader);
    return good || tell_cancelled(err);
}

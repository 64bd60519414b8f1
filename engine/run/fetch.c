/* fetch.c: the files behind the cells of a plan: are they there, and what is their digest. */
#include "run/known.h"
#include "run/prepare_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HASH_BYTES (1U << 20)

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

static bool fail_changed(const struct forge_file *file, struct forge_error *err)
{
    forge_fail(err, FORGE_BAD_SOURCE, "input %s changed while it was being baked", file->url);
    return forge_fail_help(err, "bake again when nobody writes to it");
}

bool forge_input_open(int *fd, struct forge_object_status *now, const struct forge_file *file,
                      struct forge_error *err)
{
    struct forge_text path = {0};
    struct stat status;

    forge_text_print(&path, "/%s", file->key);
    *fd = open(path.bytes, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would wait */
    if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        forge_fail(err, FORGE_MISSING, "input %s is not there", file->url);
    } else if (*fd < 0) {
        bool for_good = errno == EACCES || errno == ELOOP || errno == ENAMETOOLONG;

        forge_fail_errno(err, for_good ? FORGE_BAD_SOURCE : FORGE_SOURCE_IO,
                         "input %s cannot be opened", file->url);
    } else if (fstat(*fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        forge_fail(err, FORGE_BAD_SOURCE, "input %s is %s", file->url,
                   S_ISDIR(status.st_mode) ? "a folder" : "not a file");
        close(*fd);
        *fd = -1;
    } else {
        *now = status_of(&status);
    }
    forge_text_clear(&path);
    return *fd >= 0;
}

bool forge_input_is_same(const struct forge_file *file, const struct forge_object_status *now,
                         struct forge_error *err)
{
    return is_same(now, &file->status) || fail_changed(file, err);
}

bool forge_input_stands(const struct forge_file *file, int fd, struct forge_error *err)
{
    struct forge_object_status now;
    struct stat status;

    if (fstat(fd, &status) != 0)
        return forge_fail_errno(err, FORGE_SOURCE_IO, "input %s", file->url);
    now = status_of(&status);
    return forge_input_is_same(file, &now, err);
}

static bool hash_file(struct forge_digest *digest, int fd, const struct forge_file *file,
                      const atomic_bool *cancelled, const struct forge_watch *watch,
                      struct forge_error *err)
{
    struct forge_hasher *hasher = forge_hasher_open();
    unsigned char *buffer = malloc(HASH_BYTES);
    uint64_t at = 0;
    bool good = buffer != NULL;

    while (good && at < file->status.size) {
        ssize_t got = pread(fd, buffer, HASH_BYTES, (off_t)at);

        if ((cancelled && atomic_load(cancelled)) || forge_watch_is_stopped(watch))
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

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Hash a file that stays what it is, and remember it. */
static bool find_digest(struct forge_digest *digest, int fd, const struct forge_file *file,
                        int64_t began_ns, const struct forge_bake_request *request,
                        const struct forge_watch *watch, struct forge_error *err)
{
    return hash_file(digest, fd, file, request->cancelled, watch, err) &&
           forge_input_stands(file, fd, err) &&
           (!request->known || forge_known_add_digest(request->known, file->url, &file->status,
                                                      digest, began_ns, err));
}

bool forge_fetch_cell(struct forge_preparing *p, uint64_t number, struct forge_watch *watch,
                      struct forge_error *err)
{
    const struct forge_bake_request *request = p->request;
    const struct forge_grid *grid;
    uint64_t at;
    struct forge_cell *cell = forge_plan_cell(p->plan, number, &grid, &at);
    struct forge_file *file = &cell->file;
    const int64_t began_ns = now_ns();
    bool good = true;
    int fd = -1;

    if (cell->state != FORGE_CELL_WANTED)
        return true;
    forge_watch_reading(watch, file->url);
    if (!forge_input_open(&fd, &file->status, file, err))
        return err->code == FORGE_MISSING ? missing(cell, grid, at, err)
                                          : forge_fail_place(err, grid->input->place);
    cell->read_us = began_ns / 1000;
    file->hashed = request->known &&
                   forge_known_digest(request->known, file->url, &file->status, &file->digest);
    if (!file->hashed && request->hash_inputs)
        file->hashed = good =
            find_digest(&file->digest, fd, file, began_ns, request, watch, err);
    if (file->hashed)
        p->digests[number] = file->digest;
    close(fd);
    return good || forge_fail_place(err, grid->input->place);
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
        if (!good && !fail_changed(&cell->file, err))
            forge_fail_place(err, grid->input->place);
    }
    forge_text_clear(&path);
    return good;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool forge_inputs_compact(const struct forge_plan *plan,
                          const struct forge_bake_request *request, struct forge_error *err)
{
    struct forge_arena arena = {0};
    const char **urls = forge_arena_array(&arena, plan->cells_count, sizeof *urls);
    size_t count = 0;
    bool good = true;

    for (uint64_t i = 0; i < plan->cells_count; i++) {
        const struct forge_grid *grid;
        uint64_t at;
        const struct forge_cell *cell = forge_plan_cell(plan, i, &grid, &at);

        if (cell->state == FORGE_CELL_WANTED)
            urls[count++] = cell->file.url;
    }
    if (count > 1)
        qsort((void *)urls, count, sizeof *urls, by_text);
    if (request->known && request->prune == 0)
        good = forge_known_compact(request->known, urls, count, err);
    forge_arena_clear(&arena);
    return good;
}

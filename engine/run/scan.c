/* scan.c: the description of the file of a cell: known from an earlier run, or a scanner's. */
#include "run/known.h"
#include "run/prepare_parts.h"
#include "run/scanner.h"

#include <unistd.h>

/* Values up to this size travel with the description of a file, and stay in memory. */
#define INLINE_BYTES (4U << 10)

/* May the scan of this file be remembered under its digest? Only when it is sure to be the scan
 * of what was hashed: a file whose digest was not remembered could have changed unseen. */
static bool is_settled(struct forge_known *known, const struct forge_file *file)
{
    struct forge_digest digest;

    return known && file->hashed &&
           forge_known_digest(known, file->url, &file->status, &digest);
}

/* Ask a scanner, and remember what it says. */
static bool scan_anew(struct forge_preparing *p, struct forge_cell *cell, const char *format,
                      const struct forge_scan_request *request, struct forge_arena *arena,
                      struct forge_dataset *out, struct forge_error *err)
{
    struct forge_known *known = p->request->known;

    return forge_scanner_scan(p->request->scanners, &cell->file, format, request, arena, out,
                              err) &&
           forge_input_stands(&cell->file, request->fd, err) &&
           (!is_settled(known, &cell->file) ||
            forge_known_add_scan(known, &cell->file.digest, format, request, &cell->file, out,
                                 err));
}

static bool scan_file(struct forge_preparing *p, struct forge_cell *cell, const char *format,
                      const struct forge_scan_request *request, struct forge_arena *arena,
                      struct forge_dataset *out, struct forge_error *err)
{
    struct forge_known *known = p->request->known;

    if (known && cell->file.hashed &&
        forge_known_scan(known, &cell->file.digest, format, request, &cell->file, arena, out))
        return true;
    forge_arena_clear(arena); /* of a record that was refused */
    return scan_anew(p, cell, format, request, arena, out, err);
}

bool forge_scan_cell(struct forge_preparing *p, uint64_t number, struct forge_watch *watch,
                     struct forge_error *err)
{
    const struct forge_grid *grid;
    uint64_t at;
    struct forge_cell *cell = forge_plan_cell(p->plan, number, &grid, &at);
    struct forge_arena *arena = forge_plan_cell_arena(p->plan, number);
    struct forge_reader reader = {.budget = p->budget,
                                  .cancelled = p->request->cancelled,
                                  .stopped = forge_watch_stop(watch),
                                  .library = p->library};
    struct forge_scan_request request = {.fd = -1,
                                         .size = cell->file.status.size,
                                         .url = cell->file.url,
                                         .group = grid->input->group,
                                         .inline_bytes = INLINE_BYTES};
    struct forge_object_status now = {0};
    struct forge_dataset dataset = {0};
    bool good;

    if (cell->state != FORGE_CELL_WANTED)
        return true;
    forge_watch_reading(watch, cell->file.url);
    forge_arena_clear(arena); /* of an earlier try */
    cell->file.group = grid->input->group;
    good = forge_input_open(&request.fd, &now, &cell->file, err) &&
           forge_input_is_same(&cell->file, &now, err) &&
           scan_file(p, cell, grid->input->format, &request, arena, &dataset, err) &&
           forge_plan_scanned(p->plan, number, &dataset, &reader, err);
    if (request.fd >= 0)
        close(request.fd);
    forge_reader_close(&reader);
    return good || forge_fail_place(err, grid->input->place);
}

#include "catalog/journal.h"

#include "base/mutant.h"
#include "catalog/folders.h"
#include "codecs/checksum.h"
#include "storage/fd.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAGIC "forge journal 1\n"
#define MAGIC_BYTES (sizeof MAGIC - 1)
#define FRAME_BYTES 8U            /* length and checksum, in front of every payload */
#define WINDOW_BYTES (256U << 10) /* read at once */

static void put_u32(unsigned char *to, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (unsigned char)(number >> (8 * i));
}

static uint32_t get_u32(const unsigned char *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void *must(void *taken)
{
    if (!taken) {
        fputs("forge: out of memory\n", stderr);
        abort();
    }
    return taken;
}

/* Reading. */

struct reading {
    const char *path;
    int fd;
    uint64_t size; /* of the file when it was opened: what is added later is left out */
    uint64_t at;   /* of the next record; at the end, where the last whole one ends */
    unsigned char *window;
    size_t room;
    uint64_t from; /* the window holds `held` bytes from here */
    size_t held;
    bool whole; /* the record at `at` is */
};

static bool fail_read(const struct reading *reading, struct forge_error *err)
{
    return forge_fail_errno(err, FORGE_TARGET_IO, "cannot read %s", reading->path);
}

/* Bytes of the file; NULL without an error where it ends before, by now. */
static const unsigned char *bytes_at(struct reading *reading, uint64_t offset, size_t length,
                                     bool *good, struct forge_error *err)
{
    ssize_t got;

    if (offset >= reading->from && offset - reading->from <= reading->held &&
        length <= reading->held - (offset - reading->from))
        return reading->window + (offset - reading->from);
    if (length > reading->room) {
        free(reading->window);
        reading->window = must(malloc(length));
        reading->room = length;
    }
    reading->from = offset;
    reading->held = 0;
    got = forge_fd_read(reading->fd, reading->window, reading->room, offset);
    if (got < 0) {
        *good = fail_read(reading, err);
        return NULL;
    }
    reading->held = (size_t)got;
    return length <= reading->held ? reading->window : NULL;
}

/* The checksum of a payload, in parts: no more memory is taken on the word of a length. */
static bool sum_matches(struct reading *reading, uint64_t offset, uint32_t length, uint32_t sum,
                        bool *good, struct forge_error *err)
{
    uint32_t crc = 0;

    while (length > 0) {
        uint32_t part = length < WINDOW_BYTES / 2 ? length : WINDOW_BYTES / 2;
        const unsigned char *bytes = bytes_at(reading, offset, part, good, err);

        if (!bytes)
            return false;
        crc = forge_crc32c(crc, bytes, part);
        offset += part;
        length -= part;
    }
    return crc == sum || FORGE_MUTANT("no-checksum");
}

/* Look at the record at `at`: is it whole, and how long is its payload? */
static bool look(struct reading *reading, uint32_t *length, struct forge_error *err)
{
    const unsigned char *frame;
    uint64_t left = reading->size - reading->at;
    bool good = true;

    reading->whole = false;
    if (left < FRAME_BYTES)
        return true;
    frame = bytes_at(reading, reading->at, FRAME_BYTES, &good, err);
    if (!frame)
        return good;
    *length = get_u32(frame);
    /* No payload is empty: zeros are what a file system leaves of blocks it never wrote. */
    if (*length == 0 || *length > FORGE_JOURNAL_RECORD_MAX || *length > left - FRAME_BYTES)
        return true;
    reading->whole = sum_matches(reading, reading->at + FRAME_BYTES, *length,
                                 get_u32(frame + 4), &good, err);
    return good;
}

/* Is the file's head ours? A torn one (part of it, and zeros if anything) counts as no file:
 * `at` stays 0. */
static bool check_head(struct reading *reading, struct forge_error *err)
{
    const unsigned char *bytes;
    size_t same = 0;
    bool good = true;

    for (uint64_t offset = 0; offset < reading->size; offset++) {
        bytes = bytes_at(reading, offset, 1, &good, err);
        if (!good)
            return false;
        if (!bytes)
            break;
        if (offset == same && same < MAGIC_BYTES && *bytes == (unsigned char)MAGIC[same]) {
            same++;
        } else if (*bytes != 0) {
            forge_fail(err, FORGE_BAD_TARGET, "%s is no journal: it begins with other bytes",
                       reading->path);
            return forge_fail_help(err, "it was not made by forge, or was damaged: move it "
                                        "away");
        }
        if (same == MAGIC_BYTES) {
            reading->at = MAGIC_BYTES;
            break;
        }
    }
    return true;
}

static bool begin_reading(struct reading *reading, struct forge_error *err)
{
    struct stat status;

    if (fstat(reading->fd, &status) != 0)
        return fail_read(reading, err);
    if (!S_ISREG(status.st_mode))
        return forge_fail(err, FORGE_BAD_TARGET, "%s is no journal: it is no file",
                          reading->path);
    reading->size = (uint64_t)status.st_size;
    reading->window = must(malloc(WINDOW_BYTES));
    reading->room = WINDOW_BYTES;
    return check_head(reading, err);
}

/* Go through the records from `at` on, up to the first that is not whole; `*stopped`: visit
 * wanted no more. */
static bool read_records(struct reading *reading, forge_journal_visit *visit, void *context,
                         bool *stopped, struct forge_error *err)
{
    bool good = true;

    *stopped = false;
    while (reading->at >= MAGIC_BYTES && good) {
        uint64_t payload = reading->at + FRAME_BYTES;
        const unsigned char *bytes;
        uint32_t length = 0;

        if (!look(reading, &length, err))
            return false;
        if (!reading->whole)
            return true;
        if (visit) {
            bytes = bytes_at(reading, payload, length, &good, err);
            if (!bytes) /* cut off again since its checksum was right */
                return good;
            err->code = FORGE_OK;
            if (!visit(context, bytes, length, payload, err)) {
                *stopped = true;
                return err->code == FORGE_OK;
            }
        }
        reading->at = payload + length;
    }
    return good;
}

bool forge_journal_read(const char *path, forge_journal_visit *visit, void *context,
                        uint64_t *torn, struct forge_error *err)
{
    /* O_NONBLOCK: without waiting for the other end of a FIFO. */
    struct reading reading = {.path = path,
                              .fd = forge_fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK)};
    bool stopped = false, good;

    if (reading.fd < 0 && errno == ENOENT) {
        if (torn)
            *torn = 0;
        return true;
    }
    if (reading.fd < 0)
        return fail_read(&reading, err);
    good =
        begin_reading(&reading, err) && read_records(&reading, visit, context, &stopped, err);
    if (good && torn)
        *torn = stopped ? 0 : reading.size - reading.at;
    forge_fd_drop(reading.fd);
    free(reading.window);
    return good;
}

/* Writing. */

struct forge_journal {
    char *path;
    int fd;
    pthread_mutex_t lock; /* guards what is below and the end of the file: records are written
                             one behind the other, so it is held across each write */
    uint64_t end;         /* of the last whole record */
    bool named;           /* its name in the folder was there before, or is durable */
    bool dead;
};

/* Cut off what is torn; write the head where there is none. */
static bool mend(struct forge_journal *journal, const struct reading *reading,
                 struct forge_error *err)
{
    journal->end = reading->at;
    if (reading->size > reading->at && !forge_fd_truncate(journal->fd, reading->at))
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot cut off the torn end of %s",
                                journal->path);
    if (reading->at > 0)
        return true;
    if (!forge_fd_write(journal->fd, MAGIC, MAGIC_BYTES, 0))
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot begin %s", journal->path);
    journal->end = MAGIC_BYTES;
    return true;
}

bool forge_journal_read_at(int fd, uint64_t at, void *payload, size_t length)
{
    unsigned char frame[FRAME_BYTES];

    return at >= MAGIC_BYTES + FRAME_BYTES &&
           forge_fd_read(fd, frame, sizeof frame, at - FRAME_BYTES) == (ssize_t)sizeof frame &&
           get_u32(frame) == length &&
           forge_fd_read(fd, payload, length, at) == (ssize_t)length &&
           get_u32(frame + 4) == forge_crc32c(0, payload, length);
}

bool forge_journal_open(struct forge_journal **out, const char *path, struct forge_error *err)
{
    struct reading reading = {
        .path = path, .fd = forge_fd_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_NONBLOCK)};
    struct forge_journal *journal;
    bool stopped, good;

    if (reading.fd < 0)
        return forge_fail_errno(err, FORGE_TARGET_IO, "cannot open %s", path);
    journal = must(calloc(1, sizeof *journal));
    journal->path = must(strdup(path));
    journal->fd = reading.fd;
    pthread_mutex_init(&journal->lock, NULL);
    good = begin_reading(&reading, err) && read_records(&reading, NULL, NULL, &stopped, err) &&
           mend(journal, &reading, err);
    free(reading.window);
    if (good) {
        *out = journal;
        return true;
    }
    forge_fd_drop(journal->fd);
    pthread_mutex_destroy(&journal->lock);
    free(journal->path);
    free(journal);
    return false;
}

/* Under the lock. */
static bool append_frame(struct forge_journal *journal, const unsigned char *frame,
                         size_t length, struct forge_error *err)
{
    if (journal->dead)
        return forge_fail(
            err, FORGE_TARGET_IO,
            "nothing more is added to %s: an earlier failure left its end in doubt",
            journal->path);
    if (forge_fd_write(journal->fd, frame, length, journal->end)) {
        journal->end += length;
        return true;
    }
    forge_fail_errno(err, FORGE_TARGET_IO, "cannot add to %s", journal->path);
    journal->dead = !forge_fd_truncate(journal->fd, journal->end);
    return false;
}

bool forge_journal_append(struct forge_journal *journal, const void *payload, size_t length,
                          uint64_t *at, struct forge_error *err)
{
    unsigned char *frame;
    uint64_t end;
    bool good;

    if (length == 0)
        return true;
    if (length > FORGE_JOURNAL_RECORD_MAX)
        return forge_fail(err, FORGE_FAILED, "%s: a record of %zu bytes is too long",
                          journal->path, length);
    frame = must(malloc(FRAME_BYTES + length));
    put_u32(frame, (uint32_t)length);
    put_u32(frame + 4, forge_crc32c(0, payload, length));
    memcpy(frame + FRAME_BYTES, payload, length);
    pthread_mutex_lock(&journal->lock);
    good = append_frame(journal, frame, FRAME_BYTES + length, err);
    end = journal->end;
    pthread_mutex_unlock(&journal->lock);
    free(frame);
    if (good && at)
        *at = end - length;
    return good;
}

/* The name of a file that was made since is made durable with it. */
static bool sync_name(struct forge_journal *journal, struct forge_error *err)
{
    const char *slash = strrchr(journal->path, '/');
    size_t length = slash ? (size_t)(slash - journal->path) : 0;
    char *folder = must(!slash ? strdup(".") : strndup(journal->path, length > 0 ? length : 1));
    bool good = forge_folder_sync(folder, err);

    free(folder);
    return good;
}

bool forge_journal_sync(struct forge_journal *journal, struct forge_error *err)
{
    bool good;

    pthread_mutex_lock(&journal->lock);
    if (journal->dead)
        good = forge_fail(err, FORGE_TARGET_IO, "the end of %s is in doubt", journal->path);
    else if (!forge_fd_sync(journal->fd))
        good = forge_fail_errno(err, FORGE_TARGET_IO, "cannot make %s durable", journal->path);
    else
        good = journal->named || sync_name(journal, err);
    /* A second try would say that all is well, though what it was about is lost. */
    journal->dead |= !good;
    journal->named |= good;
    pthread_mutex_unlock(&journal->lock);
    return good;
}

bool forge_journal_close(struct forge_journal *journal, struct forge_error *err)
{
    bool good;

    if (!journal)
        return true;
    good = forge_fd_close(journal->fd) ||
           forge_fail_errno(err, FORGE_TARGET_IO, "cannot close %s", journal->path);
    pthread_mutex_destroy(&journal->lock);
    free(journal->path);
    free(journal);
    return good;
}

/* folder.h: a folder of its own for a test, and small files in it. Include it behind cmocka. */
#ifndef FORGE_TESTS_SUPPORT_FOLDER_H
#define FORGE_TESTS_SUPPORT_FOLDER_H

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/folders.h"

static char folder[] = "/tmp/forge-test-XXXXXX";

static inline int make_folder(void **state)
{
    (void)state;
    memset(folder + sizeof folder - 7, 'X', 6);
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    struct forge_error err;

    (void)state;
    return forge_folder_remove(folder, &err) ? 0 : -1;
}

/* Good until the fourth next call. */
static inline const char *in_folder(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return path;
}

/* A new file: of one that is cut and written again, ext4 waits for the disk. */
static inline void write_bytes(const char *path, const void *bytes, size_t length)
{
    FILE *file;

    unlink(path);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* The whole file; the caller's to free. */
static inline unsigned char *read_bytes(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    unsigned char *bytes;

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    *length = (size_t)status.st_size;
    bytes = malloc(*length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    bytes[*length] = '\0';
    fclose(file);
    return bytes;
}

static inline bool is_file(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 && S_ISREG(status.st_mode);
}

#endif

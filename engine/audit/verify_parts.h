/* verify_parts.h: what the files of verify share: the files of a version, and what vouches for
 * them. */
#ifndef FORGE_AUDIT_VERIFY_PARTS_H
#define FORGE_AUDIT_VERIFY_PARTS_H

#include "audit/objects_table.h"
#include "audit/verify.h"

/* A file that is there. */
struct forge_found_file {
    const char *path;
    uint64_t size;
    bool regular;
};

/* A line of the manifest. */
struct forge_manifest_line {
    const char *path;
    struct forge_digest digest;
};

/* A file whose bytes are to be read. */
struct forge_wanted_file {
    const char *path;
    struct forge_digest digest;
    int cause;            /* errno, when it could not be read */
    bool reread, changed; /* was read; and had another digest */
    uint64_t size;
};

struct forge_verifying {
    const struct forge_verify_request *request;
    struct forge_verified *out;
    struct forge_found_file *files; /* sorted by path */
    size_t files_count, files_room;
    struct forge_manifest_line *lines; /* sorted by path */
    size_t lines_count;
    struct forge_objects_table objects;
    bool manifest_whole, list_whole; /* can be believed */
    struct forge_wanted_file *wanted;
    size_t wanted_count;
    bool metadata_changed; /* a document of the store is not what was published */
};

/* Note that something is wrong with a file. */
void forge_verify_note(struct forge_verifying *v, const char *kind, const char *path,
                       const char *format, ...) FORGE_PRINTF(4, 5);

/* List every file below the folder. */
FORGE_MUST_CHECK bool forge_verify_walk(struct forge_verifying *v, struct forge_error *err);

/* Read what vouches for the files, and judge it. */
FORGE_MUST_CHECK bool forge_verify_witnesses(struct forge_verifying *v,
                                             struct forge_error *err);

/* Open the store and compare its grids with the objects. */
void forge_verify_store(struct forge_verifying *v);

/* The path below the store of a path that is below it and no metadata; else NULL. */
const char *forge_verify_object_path(const char *path);

/* The digest of a file; false with errno. */
bool forge_verify_digest(struct forge_digest *out, uint64_t *size,
                         const struct forge_verifying *v, const char *path);

#endif

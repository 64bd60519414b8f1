/* objects.h: the objects of a version, or of one that was begun: key, digest, place.
 *
 * A run journals each object when it is written: ROOT/journal in the hidden
 * folder of the version. What is published lists all of them, in the order of
 * the plan, in ROOT/provenance/objects: the same records, and one in front that
 * says how many. Both are read by the same function.
 */
#ifndef FORGE_CATALOG_OBJECTS_H
#define FORGE_CATALOG_OBJECTS_H

#include "base/text.h"
#include "catalog/journal.h"
#include "plan/identity.h"

#define FORGE_OBJECTS_JOURNAL "journal"
#define FORGE_OBJECTS_LIST "provenance/objects"

struct forge_object_record {
    struct forge_object_key key;
    bool absent;                /* all fill: nothing is stored */
    struct forge_digest digest; /* of the stored bytes */
    uint64_t length;
    const char *path; /* below the store: "sst/c/0/0/0"; borrowed */
};

/* The payload of a record; those of one task go into one payload, one behind the other. */
void forge_object_record_write(struct forge_text *payload,
                               const struct forge_object_record *record);

typedef bool forge_object_record_visit(void *context, const struct forge_object_record *record,
                                       struct forge_error *err);

/* Visit the objects of a version's folder: its list, or, where there is none yet, the journal
 * as far as it was written; a folder without either has none. A list that is not complete is
 * FORGE_BAD_TARGET, known only when what it has was visited. */
FORGE_MUST_CHECK bool forge_objects_read(const char *folder, forge_object_record_visit *visit,
                                         void *context, struct forge_error *err);

/* Writes a published list: begin, every object in the order of the plan, end. */
struct forge_objects_writer {
    const char *folder; /* borrowed until the end */
    struct forge_journal *journal;
    struct forge_text payload;
    uint64_t left;
};
/* The list appears under its name when it ends, complete and durable; an earlier one goes. */
FORGE_MUST_CHECK bool forge_objects_begin(struct forge_objects_writer *writer,
                                          const char *folder, uint64_t count,
                                          struct forge_error *err);
FORGE_MUST_CHECK bool forge_objects_add(struct forge_objects_writer *writer,
                                        const struct forge_object_record *record,
                                        struct forge_error *err);
FORGE_MUST_CHECK bool forge_objects_end(struct forge_objects_writer *writer,
                                        struct forge_error *err);
/* Instead of end, after a failure; does nothing after end. */
void forge_objects_abandon(struct forge_objects_writer *writer);

/* Put one object of `length` bytes of a finished folder into another, under a name of its own:
 * a hard link, a copy where the file system has none (then *copied_bytes is its length, else
 * 0). The folders on the way are made, what had the name goes. FORGE_MISSING when the object is
 * not there or has another length, FORGE_SOURCE_IO when it cannot be read. */
FORGE_MUST_CHECK bool forge_object_share(const char *from_folder, const char *from,
                                         const char *to_folder, const char *to, uint64_t length,
                                         uint64_t *copied_bytes, struct forge_error *err);

/* ROOT/manifest-sha256.txt: "<sha256>  <path>" for every file of a version but itself, sorted,
 * as `sha256sum -c` and BagIt read it. Digests of objects come from the list, those of other
 * files are computed. Its own digest goes into ROOT/tagmanifest-sha256.txt, in the same form:
 * so that a manifest that was changed is told from files that were. */
#define FORGE_MANIFEST "manifest-sha256.txt"
#define FORGE_TAG_MANIFEST "tagmanifest-sha256.txt"
FORGE_MUST_CHECK bool forge_manifest_write(const char *folder, const char *store,
                                           struct forge_error *err);

#endif

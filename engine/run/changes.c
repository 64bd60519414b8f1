#include "run/changes.h"

#include "document/json.h"

#include <inttypes.h>
#include <string.h>

#define DOCUMENT_MAX (UINT64_C(256) << 20)

/* What the objects of one variable say together. */
struct tally {
    struct forge_change change;
    uint8_t inner; /* how those that are rewritten differ: all flags of them together */
    uint8_t edge;  /* and of those at the end of a dimension that has several, which grow */
    bool unknown;
};

/* `counts` is the grid of objects that `index` is of. */
static bool is_edge(const struct forge_work_object *object, unsigned rank,
                    const uint64_t *counts, const uint64_t *index)
{
    uint64_t stride = 1;

    for (unsigned d = rank; d-- > 0; stride *= counts[d]) {
        bool last = index[d] + 1 == counts[d];

        if (last ? index[d] > 0 : !(object[stride].was & FORGE_WAS_THERE))
            return true;
    }
    return false;
}

static void add_object(struct tally *tally, const struct forge_work_object *object,
                       bool is_at_edge)
{
    bool was = object->was & FORGE_WAS_THERE;

    if (object->state != FORGE_WORK_WANTED && was && object->was == FORGE_WAS_THERE) {
        tally->change.keep++;
        return;
    }
    if (object->state != FORGE_WORK_WANTED)
        tally->change.share++;
    else if (was)
        tally->change.rewrite++;
    else
        tally->change.add++;
    tally->unknown = tally->unknown || object->key.unknown;
    if (was && is_at_edge)
        tally->edge |= object->was;
    else if (was)
        tally->inner |= object->was;
}

/* Why objects that were there are not kept. */
static const char *reason_of_others(const struct tally *tally,
                                    const struct forge_change *change)
{
    uint8_t how = tally->inner | tally->edge;

    if (how & FORGE_OTHER_ENCODING)
        return change->rewrite + change->share > 1
                   ? "other chunks, dtype or codec"
                   : "it grew or shrank, or its encoding changed";
    if (!tally->inner && change->add > 0)
        return "new inputs; the partial chunk at the end";
    if (how & FORGE_OTHER_FILES && tally->unknown)
        return "inputs that changed, or were touched since";
    if (how & FORGE_OTHER_FILES)
        /* What an object covers is in its structure. */
        return how & FORGE_OTHER_STRUCTURE ? "inputs were added, left out or changed"
                                           : "inputs changed";
    if (how & FORGE_OTHER_STRUCTURE)
        return "other transforms, or other values of coordinates";
    return "asked to be done again";
}

static const char *reason_of(const struct tally *tally, bool first)
{
    const struct forge_change *change = &tally->change;
    bool others = tally->inner || tally->edge;

    if (first || (change->keep == 0 && change->rewrite == 0 && !others))
        return "new variable";
    if (change->add == 0 && change->rewrite == 0 && change->share == 0)
        return "";
    if (others)
        return reason_of_others(tally, change);
    return tally->unknown ? "new inputs, or files that were touched since" : "new inputs";
}

static void add_total(struct forge_change *total, const struct forge_change *change)
{
    total->add += change->add;
    total->rewrite += change->rewrite;
    total->share += change->share;
    total->keep += change->keep;
    total->remove += change->remove;
}

static void add_array(struct forge_changes *changes, const struct forge_work *work,
                      const struct forge_plan_array *array)
{
    const struct forge_array *from = array->target.variable->array;
    struct tally tally = {.change.variable = array->target.variable->name};
    uint64_t counts[FORGE_RANK_MAX], index[FORGE_RANK_MAX] = {0}, total;
    uint64_t number = array->first_object;

    if (array->objects_count > 0 &&
        forge_grid_shape(counts, &total, from->rank, from->shape, array->object)) {
        do {
            const struct forge_work_object *object = &work->objects[number++];

            add_object(&tally, object, is_edge(object, from->rank, counts, index));
        } while (forge_grid_next(index, from->rank, counts));
    }
    tally.change.reason = reason_of(&tally, !changes->version);
    changes->items[changes->count++] = tally.change;
    add_total(&changes->total, &tally.change);
}

/* Objects that go: of variables that shrank, or are no more. */
static void add_removed(struct forge_changes *changes,
                        const struct forge_reuse_removed *removed)
{
    struct forge_change gone = {.variable = removed->variable,
                                .remove = removed->count,
                                .reason = "no longer in the dataset"};

    changes->total.remove += removed->count;
    for (size_t i = 0; i < changes->count; i++) {
        if (strcmp(changes->items[i].variable, removed->variable) != 0)
            continue;
        changes->items[i].remove += removed->count;
        if (!changes->items[i].reason[0])
            changes->items[i].reason = "it shrank";
        else if (changes->items[i].keep + changes->items[i].rewrite == 0)
            changes->items[i].reason = "stored in another way"; /* nothing is where it was */
        return;
    }
    changes->items[changes->count++] = gone;
}

/* Metadata documents, compared with those of the current version. */
struct documents {
    struct forge_store *fresh, *old;
    struct forge_arena arena;
    struct forge_change change;
    bool beyond_digests; /* another document than the root's differs */
};

static bool compare_document(void *context, const char *key,
                             const struct forge_object_status *status)
{
    struct documents *documents = context;
    struct forge_error err;
    char *fresh = NULL, *old = NULL;
    size_t fresh_length = 0, old_length = 0;

    (void)status;
    if (!documents->old || !forge_store_get(&old, &old_length, documents->old, key,
                                            &documents->arena, DOCUMENT_MAX, &err)) {
        documents->change.add++;
    } else if (!forge_store_get(&fresh, &fresh_length, documents->fresh, key, &documents->arena,
                                DOCUMENT_MAX, &err) ||
               fresh_length != old_length || memcmp(fresh, old, old_length) != 0) {
        documents->change.rewrite++;
        documents->beyond_digests = documents->beyond_digests || strchr(key, '/');
    } else {
        documents->change.keep++;
    }
    forge_arena_clear(&documents->arena);
    return true;
}

static bool add_metadata(struct forge_changes *changes, struct forge_plan *plan,
                         const char *current, struct forge_error *err)
{
    struct documents documents = {.fresh = forge_store_open_memory(),
                                  .change.variable = "metadata"};
    struct forge_target_array *arrays =
        forge_arena_array(&plan->arena, plan->arrays_count + 1, sizeof *arrays);
    bool good = !current || forge_store_open_file(
                                &documents.old,
                                forge_arena_print(&plan->arena, "%s/data.zarr", current), err);

    for (size_t i = 0; i < plan->arrays_count; i++)
        arrays[i] = plan->arrays[i].target;
    good = good &&
           plan->recipe->target.type->metadata(documents.fresh, &plan->dataset, arrays,
                                               plan->arrays_count, err) &&
           forge_store_list(documents.fresh, "", compare_document, &documents, err);
    documents.change.reason = documents.change.rewrite == 0 ? ""
                              : documents.beyond_digests
                                  ? "attributes or shapes changed"
                                  : "digests of the recipe and the inputs, global attributes";
    if (!current)
        documents.change.reason = "";
    changes->items[changes->count++] = documents.change;
    changes->pending = changes->pending || documents.change.add + documents.change.rewrite > 0;
    forge_store_close(documents.fresh);
    if (documents.old)
        forge_store_close(documents.old);
    forge_arena_clear(&documents.arena);
    return good;
}

bool forge_changes_find(struct forge_changes *changes, const struct forge_reuse *reuse,
                        struct forge_plan *plan, const char *current, struct forge_error *err)
{
    const char *slash = current ? strrchr(current, '/') : NULL;

    *changes = (struct forge_changes){.version = slash ? slash + 1 : NULL,
                                      .total.variable = "objects"};
    changes->items = forge_arena_array(
        &plan->arena, plan->arrays_count + reuse->removed_count + 1, sizeof *changes->items);
    for (size_t i = 0; i < plan->arrays_count; i++)
        add_array(changes, reuse->work, &plan->arrays[i]);
    for (size_t i = 0; i < reuse->removed_count; i++)
        add_removed(changes, &reuse->removed[i]);
    changes->pending = !current || changes->total.add + changes->total.rewrite +
                                           changes->total.share + changes->total.remove >
                                       0;
    return add_metadata(changes, plan, current, err);
}

static void add_cell(struct forge_text *out, const char *what, uint64_t number)
{
    if (number > 0)
        forge_text_print(out, "  %s %" PRIu64, what, number);
}

static void explain_row(struct forge_text *out, const struct forge_change *change)
{
    struct forge_text name = {0};

    forge_text_add_safe(&name, change->variable);
    forge_text_print(out, "  %-20s", forge_text_string(&name));
    forge_text_clear(&name);
    add_cell(out, "add", change->add);
    add_cell(out, "rewrite", change->rewrite);
    add_cell(out, "share", change->share);
    add_cell(out, "keep", change->keep);
    add_cell(out, "delete", change->remove);
    if (change->reason && change->reason[0])
        forge_text_print(out, "   (%s)", change->reason);
    forge_text_add(out, "\n");
}

void forge_changes_explain(struct forge_text *out, const struct forge_changes *changes)
{
    if (!changes->version) {
        forge_text_add(out, "changes: all is new, there is no version yet\n");
    } else if (changes->up_to_date) {
        forge_text_print(out,
                         "up to date: version %s was made by this recipe from these inputs, "
                         "%" PRIu64 " of them\n",
                         changes->version, changes->inputs);
        return;
    } else if (!changes->pending) {
        forge_text_print(out, "changes: none, version %s is up to date\n", changes->version);
        return;
    } else {
        forge_text_print(out, "changes to version %s, in objects\n", changes->version);
    }
    for (size_t i = 0; i < changes->count; i++)
        explain_row(out, &changes->items[i]);
}

static void row_json(struct forge_json *json, const struct forge_change *change)
{
    const struct {
        const char *name;
        uint64_t number;
    } rows[] = {
        {"add", change->add},         {"delete", change->remove}, {"keep", change->keep},
        {"rewrite", change->rewrite}, {"share", change->share},
    };

    forge_json_object(json);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        forge_json_key(json, rows[i].name);
        forge_json_unsigned(json, rows[i].number);
        if (i == 2 && change->reason) {
            forge_json_key(json, "reason");
            forge_json_string(json, change->reason);
        }
    }
    forge_json_key(json, "variable");
    forge_json_string(json, change->variable);
    forge_json_close(json, '}');
}

void forge_changes_json(struct forge_text *out, const struct forge_changes *changes)
{
    struct forge_json json = {.out = out};

    forge_json_object(&json);
    forge_json_key(&json, "groups");
    forge_json_array(&json);
    for (size_t i = 0; i < changes->count; i++)
        row_json(&json, &changes->items[i]);
    forge_json_close(&json, ']');
    forge_json_key(&json, "pending");
    forge_json_flag(&json, changes->pending);
    forge_json_key(&json, "total");
    row_json(&json, &changes->total);
    forge_json_key(&json, "version");
    if (changes->version)
        forge_json_string(&json, changes->version);
    else
        forge_json_null(&json);
    forge_json_close(&json, '}');
}

#define H5_USE_110_API
#include "formats/hdf5_library.h"

#include <hdf5.h>
#include <stdlib.h>

#include "base/checked.h"
#include "formats/hdf5_types.h"

struct forge_hdf5 {
    hid_t id;
};

static herr_t take_cause(unsigned depth, const H5E_error2_t *error, void *context)
{
    (void)depth;
    *(const char **)context = error->desc;
    return 1;
}

/* What HDF5 met first, in its depths, is the cause. */
static bool fail(struct forge_error *err, const char *what)
{
    const char *cause = NULL;

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_cause, &cause);
    return forge_fail(err, FORGE_BAD_SOURCE, "%s: %s", what,
                      cause ? cause : "HDF5 does not say why");
}

/* Any kind of identifier, or none. */
static void release(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

bool forge_hdf5_open(struct forge_hdf5 **out, const char *path, struct forge_error *err)
{
    struct forge_hdf5 *file = malloc(sizeof *file);
    hid_t access;

    if (!file)
        return forge_fail(err, FORGE_FAILED, "out of memory");
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
    H5Lunregister(H5L_TYPE_EXTERNAL);
    access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    file->id = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (file->id < 0) {
        fail(err, "HDF5 cannot open it");
        free(file);
        file = NULL;
    }
    release(access);
    if (file)
        *out = file;
    return file != NULL;
}

void forge_hdf5_close(struct forge_hdf5 *file)
{
    if (file)
        release(file->id);
    free(file);
}

static bool open_object(hid_t *out, const struct forge_hdf5 *file, const char *path,
                        H5I_type_t wanted, struct forge_error *err)
{
    *out = H5Oopen(file->id, path, H5P_DEFAULT);
    if (*out < 0)
        return fail(err, "cannot be opened");
    if (H5Iget_type(*out) == wanted)
        return true;
    release(*out);
    *out = H5I_INVALID_HID;
    return forge_fail(err, FORGE_BAD_SOURCE, "is not a %s",
                      wanted == H5I_GROUP ? "group" : "dataset");
}

static H5_index_t order_of(unsigned flags)
{
    return flags & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
}

struct listing {
    forge_hdf5_visit_link *visit;
    void *context;
};

static herr_t list_link(hid_t group, const char *name, const H5L_info_t *link, void *context)
{
    const struct listing *listing = context;
    enum forge_hdf5_link kind = FORGE_HDF5_LINK_OTHER;
    H5O_info_t object = {0};

    if ((link->type != H5L_TYPE_HARD && link->type != H5L_TYPE_SOFT) ||
        H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
        kind = FORGE_HDF5_LINK_NOWHERE;
    else if (object.type == H5O_TYPE_DATASET)
        kind = FORGE_HDF5_LINK_DATASET;
    else if (object.type == H5O_TYPE_GROUP)
        kind = FORGE_HDF5_LINK_GROUP;
    listing->visit(listing->context, name, kind, object.addr);
    return 0;
}

bool forge_hdf5_list(struct forge_hdf5 *file, const char *path, forge_hdf5_visit_link *visit,
                     void *context, struct forge_error *err)
{
    struct listing listing = {visit, context};
    hid_t group, list;
    unsigned order = 0;
    bool good;

    if (!open_object(&group, file, path, H5I_GROUP, err))
        return false;
    list = H5Gget_create_plist(group);
    H5Pget_link_creation_order(list, &order);
    good = H5Literate(group, order_of(order), H5_ITER_INC, NULL, list_link, &listing) >= 0 ||
           fail(err, "cannot be listed");
    release(list);
    release(group);
    return good;
}

const char *forge_hdf5_path_at(struct forge_hdf5 *file, uint64_t address,
                               struct forge_arena *arena)
{
    char path[1024] = "";
    hid_t object = H5Oopen_by_addr(file->id, address);
    ssize_t length = H5Iget_name(object, path, sizeof path);

    release(object);
    return length > 0 && (size_t)length < sizeof path ? forge_arena_text(arena, path) : NULL;
}

/* ---- types */

static bool is_ieee(hid_t type)
{
    return H5Tequal(type, H5T_IEEE_F32LE) > 0 || H5Tequal(type, H5T_IEEE_F32BE) > 0 ||
           H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_IEEE_F64BE) > 0;
}

static struct forge_hdf5_type describe_type(hid_t type)
{
    size_t size = H5Tget_size(type);
    bool big_endian = H5Tget_order(type) == H5T_ORDER_BE;
    H5T_class_t class = H5Tget_class(type);
    struct forge_hdf5_type base;
    hid_t super;

    switch (class) {
    case H5T_INTEGER:
        return forge_hdf5_integer(size, H5Tget_precision(type), H5Tget_sign(type) == H5T_SGN_2,
                                  big_endian);
    case H5T_FLOAT:
        return forge_hdf5_float(size, is_ieee(type), big_endian);
    case H5T_STRING:
        return forge_hdf5_string(size, H5Tis_variable_str(type) > 0,
                                 H5Tget_strpad(type) == H5T_STR_SPACEPAD);
    case H5T_ENUM:
        super = H5Tget_super(type);
        base = describe_type(super);
        release(super);
        return base;
    default:
        return forge_hdf5_other(class);
    }
}

static hid_t native_type(enum forge_dtype dtype)
{
    const hid_t types[] = {
        [FORGE_INT8] = H5T_NATIVE_INT8,     [FORGE_UINT8] = H5T_NATIVE_UINT8,
        [FORGE_INT16] = H5T_NATIVE_INT16,   [FORGE_UINT16] = H5T_NATIVE_UINT16,
        [FORGE_INT32] = H5T_NATIVE_INT32,   [FORGE_UINT32] = H5T_NATIVE_UINT32,
        [FORGE_INT64] = H5T_NATIVE_INT64,   [FORGE_UINT64] = H5T_NATIVE_UINT64,
        [FORGE_FLOAT32] = H5T_NATIVE_FLOAT, [FORGE_FLOAT64] = H5T_NATIVE_DOUBLE,
    };

    return types[dtype];
}

/* ---- attributes */

static bool read_attribute(struct forge_attributes *out, struct forge_arena *arena,
                           hid_t attribute, const char *name)
{
    struct forge_arena scratch = {0};
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    struct forge_hdf5_type facts = describe_type(type);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    hid_t as = facts.kind == FORGE_HDF5_NUMBERS ? native_type(facts.dtype) : type;
    bool good = count >= 0 && (uint64_t)count <= FORGE_HDF5_TEXT_MAX / (facts.size + 1);

    if (good && facts.kind != FORGE_HDF5_OTHER) {
        void *memory = forge_arena_array(&scratch, (size_t)count + 1, facts.size + 8);

        good = count == 0 || H5Aread(attribute, as, memory) >= 0;
        if (good)
            forge_hdf5_add_attribute(out, arena, name, &facts, memory, (size_t)count);
    }
    forge_arena_clear(&scratch);
    release(space);
    release(type);
    return good;
}

bool forge_hdf5_attributes(struct forge_attributes *out, struct forge_arena *arena,
                           struct forge_hdf5 *file, const char *path, struct forge_error *err)
{
    hid_t object = H5Oopen(file->id, path, H5P_DEFAULT), list;
    H5O_info_t facts = {0};
    char name[256] = "";
    unsigned order = 0;
    bool good = H5Oget_info2(object, &facts, H5O_INFO_BASIC | H5O_INFO_NUM_ATTRS) >= 0;

    list = facts.type == H5O_TYPE_GROUP ? H5Gget_create_plist(object)
                                        : H5Dget_create_plist(object);
    H5Pget_attr_creation_order(list, &order);
    for (hsize_t i = 0; good && i < facts.num_attrs; i++) {
        hid_t attribute = H5Aopen_by_idx(object, ".", order_of(order), H5_ITER_INC, i,
                                         H5P_DEFAULT, H5P_DEFAULT);

        good = H5Aget_name(attribute, sizeof name, name) >= 0 &&
               read_attribute(out, arena, attribute, name);
        release(attribute);
    }
    if (!good) {
        fail(err, "cannot be read");
        forge_fail_while(err, "attribute \"%s\"", name);
    }
    release(list);
    release(object);
    return good;
}

/* ---- datasets */

/* DIMENSION_LIST: for every dimension a list of references to its scales; the first counts. */
static void describe_scales(struct forge_hdf5_dataset *out, hid_t object)
{
    hvl_t lists[FORGE_HDF5_RANK_MAX] = {0};
    hid_t attribute, space, type, references;

    for (unsigned d = 0; d < out->rank; d++)
        out->scales[d] = FORGE_HDF5_NOWHERE;
    if (H5Aexists(object, "DIMENSION_LIST") <= 0)
        return;
    attribute = H5Aopen(object, "DIMENSION_LIST", H5P_DEFAULT);
    space = H5Aget_space(attribute);
    type = H5Aget_type(attribute);
    references = H5Tvlen_create(H5T_STD_REF_OBJ);
    if (H5Tequal(type, references) > 0 &&
        H5Sget_simple_extent_npoints(space) == (hssize_t)out->rank &&
        H5Aread(attribute, references, lists) >= 0) {
        for (unsigned d = 0; d < out->rank; d++) {
            if (lists[d].len > 0)
                out->scales[d] = *(const hobj_ref_t *)lists[d].p;
            free(lists[d].p);
        }
    }
    release(references);
    release(type);
    release(space);
    release(attribute);
}

static bool describe_space(struct forge_hdf5_dataset *out, hid_t object)
{
    hsize_t extent[FORGE_HDF5_RANK_MAX], limit[FORGE_HDF5_RANK_MAX];
    hid_t space = H5Dget_space(object);
    int rank = H5Sget_simple_extent_dims(space, extent, limit);

    out->empty = H5Sget_simple_extent_type(space) == H5S_NULL;
    release(space);
    if (rank < 0)
        return false;
    out->rank = (unsigned)rank;
    for (unsigned d = 0; d < out->rank; d++) {
        out->extent[d] = extent[d];
        out->unlimited[d] = limit[d] == H5S_UNLIMITED;
    }
    return true;
}

static bool describe_filters(struct forge_hdf5_dataset *out, hid_t list)
{
    int count = H5Pget_nfilters(list);

    if (count < 0 || count > FORGE_HDF5_FILTERS_MAX)
        return false;
    out->filters_count = (unsigned)count;
    for (unsigned i = 0; i < out->filters_count; i++) {
        struct forge_hdf5_filter *filter = &out->filters[i];
        size_t values = FORGE_HDF5_FILTER_VALUES_MAX;
        unsigned flags, how;

        filter->id = H5Pget_filter2(list, i, &flags, &values, filter->values,
                                    sizeof filter->name - 1, filter->name, &how);
        if (filter->id < 0)
            return false;
        filter->values_count = (unsigned)forge_minimum(values, FORGE_HDF5_FILTER_VALUES_MAX);
        filter->available = H5Zfilter_avail(filter->id) > 0;
    }
    return true;
}

static bool describe_chunks(struct forge_hdf5_dataset *out, hid_t list)
{
    hsize_t chunk[FORGE_HDF5_RANK_MAX];
    unsigned options = 0;

    if (H5Pget_chunk(list, FORGE_HDF5_RANK_MAX, chunk) != (int)out->rank ||
        H5Pget_chunk_opts(list, &options) < 0)
        return false;
    for (unsigned d = 0; d < out->rank; d++)
        out->chunk[d] = chunk[d];
    out->whole_edges = options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS;
    return true;
}

static bool describe_storage(struct forge_hdf5_dataset *out, hid_t object, hid_t list)
{
    static const enum forge_hdf5_layout layouts[] = {
        [H5D_COMPACT] = FORGE_HDF5_COMPACT,
        [H5D_CONTIGUOUS] = FORGE_HDF5_CONTIGUOUS,
        [H5D_CHUNKED] = FORGE_HDF5_CHUNKED,
        [H5D_VIRTUAL] = FORGE_HDF5_VIRTUAL,
    };
    H5D_layout_t layout = H5Pget_layout(list);
    haddr_t offset = H5Dget_offset(object);

    if (layout < 0 || layout >= H5D_NLAYOUTS)
        return false;
    out->layout = H5Pget_external_count(list) > 0 ? FORGE_HDF5_EXTERNAL : layouts[layout];
    out->offset = offset == HADDR_UNDEF ? FORGE_HDF5_NOWHERE : offset;
    return layout != H5D_CHUNKED || describe_chunks(out, list);
}

static void describe_fill(struct forge_hdf5_dataset *out, hid_t list)
{
    H5D_fill_value_t given = H5D_FILL_VALUE_UNDEFINED;

    H5Pfill_value_defined(list, &given);
    if (out->type.kind == FORGE_HDF5_NUMBERS && given == H5D_FILL_VALUE_USER_DEFINED)
        H5Pget_fill_value(list, native_type(out->type.dtype), &out->fill);
}

bool forge_hdf5_describe(struct forge_hdf5_dataset *out, struct forge_hdf5 *file,
                         const char *path, struct forge_error *err)
{
    H5O_info_t identity = {0};
    hid_t object, type, list;
    bool good;

    if (!open_object(&object, file, path, H5I_DATASET, err))
        return false;
    type = H5Dget_type(object);
    list = H5Dget_create_plist(object);
    *out = (struct forge_hdf5_dataset){.type = describe_type(type)};
    good = H5Oget_info2(object, &identity, H5O_INFO_BASIC) >= 0 &&
           describe_space(out, object) && describe_filters(out, list) &&
           describe_storage(out, object, list);
    if (!good)
        fail(err, "cannot be described");
    out->address = identity.addr;
    describe_scales(out, object);
    describe_fill(out, list);
    release(list);
    release(type);
    release(object);
    return good;
}

/* ---- chunks and values */

bool forge_hdf5_print_index(struct forge_hdf5 *file, const char *path, FILE *stream,
                            uint64_t *chunks, uint64_t *base, struct forge_error *err)
{
    hid_t dataset, space, list;
    hsize_t count = 0, user_block = 0;
    FILE *output = stdout;
    bool good;

    if (!open_object(&dataset, file, path, H5I_DATASET, err))
        return false;
    space = H5Dget_space(dataset);
    list = H5Fget_create_plist(file->id);
    good = H5Pget_userblock(list, &user_block) >= 0 &&
           H5Dget_num_chunks(dataset, space, &count) >= 0;
    *chunks = count;
    *base = user_block;
    stdout = stream; /* H5Ddebug knows no other */
    good = good && (count == 0 || H5Ddebug(dataset) >= 0);
    stdout = output;
    if (!good)
        fail(err, "its index of chunks cannot be read");
    release(list);
    release(space);
    release(dataset);
    return good;
}

/* What of the region lies inside the extent, in the file and in memory; false when nothing. */
static bool select_region(hid_t space, hid_t *memory, unsigned rank,
                          const struct forge_region *region)
{
    hsize_t extent[FORGE_HDF5_RANK_MAX], start[FORGE_HDF5_RANK_MAX], step[FORGE_HDF5_RANK_MAX];
    hsize_t whole[FORGE_HDF5_RANK_MAX], count[FORGE_HDF5_RANK_MAX];
    hsize_t origin[FORGE_HDF5_RANK_MAX] = {0};

    if (rank == 0)
        return (*memory = H5Screate(H5S_SCALAR)) >= 0;
    H5Sget_simple_extent_dims(space, extent, NULL);
    for (unsigned d = 0; d < rank; d++) {
        start[d] = region->start[d];
        step[d] = region->step[d];
        whole[d] = region->count[d];
        if (start[d] >= extent[d] || whole[d] == 0)
            return false;
        count[d] = forge_minimum(whole[d], (extent[d] - 1 - start[d]) / step[d] + 1);
    }
    *memory = H5Screate_simple((int)rank, whole, NULL);
    return H5Sselect_hyperslab(space, H5S_SELECT_SET, start, step, count, NULL) >= 0 &&
           H5Sselect_hyperslab(*memory, H5S_SELECT_SET, origin, NULL, count, NULL) >= 0;
}

/* A region as it lies in memory in that type; what is beyond the extent stays as it is. */
static bool read_region(hid_t dataset, hid_t type, unsigned rank,
                        const struct forge_region *region, void *memory,
                        struct forge_error *err)
{
    hid_t space = H5Dget_space(dataset), selected = H5I_INVALID_HID;
    int found = H5Sget_simple_extent_ndims(space);
    bool good = true;

    if (found != (int)rank)
        good = forge_fail(err, FORGE_BAD_SOURCE, "has %d dimensions, not %u", found, rank);
    else if (select_region(space, &selected, rank, region))
        good = H5Dread(dataset, type, selected, space, H5P_DEFAULT, memory) >= 0 ||
               fail(err, "cannot be read");
    release(selected);
    release(space);
    return good;
}

bool forge_hdf5_read(struct forge_hdf5 *file, const char *path, enum forge_dtype dtype,
                     unsigned rank, const struct forge_region *region, void *elements,
                     struct forge_error *err)
{
    hid_t dataset, type;
    bool good;

    if (!open_object(&dataset, file, path, H5I_DATASET, err))
        return false;
    type = H5Dget_type(dataset);
    good = read_region(dataset, H5Tget_class(type) == H5T_STRING ? type : native_type(dtype),
                       rank, region, elements, err);
    release(type);
    release(dataset);
    return good;
}

bool forge_hdf5_read_texts(const char *const **out, struct forge_arena *arena,
                           struct forge_hdf5 *file, const char *path, unsigned rank,
                           const struct forge_region *region, size_t count,
                           struct forge_error *err)
{
    struct forge_arena scratch = {0};
    struct forge_hdf5_type facts;
    hid_t dataset, type;
    char *memory;
    bool good;

    if (!open_object(&dataset, file, path, H5I_DATASET, err))
        return false;
    type = H5Dget_type(dataset);
    facts = describe_type(type);
    memory = forge_arena_array(&scratch, count + 1, facts.size);
    good = read_region(dataset, type, rank, region, memory, err);
    if (good)
        *out = forge_hdf5_texts(arena, &facts, memory, count);
    forge_arena_clear(&scratch);
    release(type);
    release(dataset);
    return good;
}

void forge_hdf5_version(struct forge_text *out)
{
    unsigned at[3] = {0};

    (void)H5get_libversion(&at[0], &at[1], &at[2]);
    forge_text_print(out, "%u.%u.%u", at[0], at[1], at[2]);
}

#include "array/identity.h"

#include <assert.h>
#include <string.h>

/* Every call adds one item that says by its first byte what it is and where it ends. */
enum item { ITEM_ARRAY = 'a', ITEM_BYTES = 'b', ITEM_NUMBER = 'n', ITEM_NONE = '-' };

#define NAME_MAX 32

static unsigned char *put(unsigned char *to, const void *bytes, size_t length)
{
    memcpy(to, bytes, length);
    return to + length;
}

void forge_identity_number(struct forge_identity *identity, uint64_t number)
{
    unsigned char item[1 + sizeof number] = {ITEM_NUMBER};

    (void)put(item + 1, &number, sizeof number);
    forge_hasher_add(identity->structure, item, sizeof item);
}

void forge_identity_bytes(struct forge_identity *identity, const void *bytes, size_t length)
{
    uint64_t count = length;
    unsigned char head[1 + sizeof count] = {ITEM_BYTES};

    (void)put(head + 1, &count, sizeof count);
    forge_hasher_add(identity->structure, head, sizeof head);
    forge_hasher_add(identity->structure, bytes, length);
}

void forge_identity_text(struct forge_identity *identity, const char *text)
{
    forge_identity_bytes(identity, text, strlen(text));
}

void forge_identity_value(struct forge_identity *identity, enum forge_dtype dtype,
                          const union forge_value *value)
{
    static const unsigned char none = ITEM_NONE;

    if (!value || (dtype == FORGE_STRING && !value->string))
        forge_hasher_add(identity->structure, &none, 1);
    else if (dtype == FORGE_STRING)
        forge_identity_text(identity, value->string);
    else
        forge_identity_bytes(identity, value->bytes, forge_dtype_size(dtype));
}

/* The name of the node, its dtype and the counts, as one item. */
static void add_array(struct forge_identity *identity, const struct forge_array *array,
                      const struct forge_region *region)
{
    size_t length = strlen(array->type->name);
    unsigned char item[4 + NAME_MAX + sizeof region->count];
    unsigned char *end = item;

    assert(length <= NAME_MAX);
    *end++ = ITEM_ARRAY;
    *end++ = (unsigned char)length;
    *end++ = (unsigned char)array->dtype;
    *end++ = (unsigned char)array->rank;
    end = put(end, array->type->name, length);
    end = put(end, region->count, array->rank * sizeof region->count[0]);
    forge_hasher_add(identity->structure, item, (size_t)(end - item));
}

static bool is_empty(const struct forge_array *array, const struct forge_region *region)
{
    for (unsigned d = 0; d < array->rank; d++) {
        if (region->count[d] == 0)
            return true;
    }
    return false;
}

/* Down to the array that the region is made in. */
static const struct forge_array *find_maker(const struct forge_array *array,
                                            struct forge_region *region)
{
    const struct forge_array *beneath = array;
    struct forge_region inner;

    while (beneath->type->beneath) {
        array = beneath;
        beneath = array->type->beneath(array, region, &inner);
        if (!beneath)
            return array;
        *region = inner;
    }
    return beneath;
}

void forge_array_identify(const struct forge_array *array, const struct forge_region *region,
                          struct forge_identity *identity)
{
    struct forge_region taken = *region;
    bool empty = is_empty(array, region);

    assert(forge_region_is_inside(array->rank, array->shape, region));
    if (!empty)
        array = find_maker(array, &taken);
    for (unsigned d = 0; d < array->rank; d++) {
        if (taken.count[d] == 1)
            taken.step[d] = 1; /* never taken: any step is the same */
    }
    add_array(identity, array, &taken);
    if (empty)
        return;
    assert(array->type->identify);
    array->type->identify(array, &taken, identity);
}

#include "array/block.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

/* From here on blocks are mapped on their own: unmapping gives the pages back at once, while
 * free() may keep them. Smaller ones are not worth a system call. */
#define MAPPED_BYTES ((uint64_t)256 * 1024)

/* From here on the kernel is asked for huge pages: a fault for each 4 KiB of a fresh block
 * costs more than some codecs. The last one may hold 2 MiB where less is used. */
#define HUGE_BYTES ((uint64_t)16 << 20)

static unsigned char *pages_open(uint64_t size)
{
    void *pages = NULL;

    if (size < MAPPED_BYTES)
        return malloc(size > 0 ? size : 1);
    pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    if (size >= HUGE_BYTES)
        (void)madvise(pages, size, MADV_HUGEPAGE); /* a kernel without them is fine */
    return pages;
}

static void pages_close(unsigned char *bytes, uint64_t size)
{
    if (size < MAPPED_BYTES)
        free(bytes);
    else
        munmap(bytes, size);
}

bool forge_block_open(struct forge_block *out, struct forge_budget *budget, uint64_t size,
                      struct forge_error *err)
{
    unsigned char *bytes = NULL;

    if (budget && !forge_budget_take(budget, size, err))
        return false;
    if (size <= PTRDIFF_MAX)
        bytes = pages_open(size);
    if (!bytes) {
        if (budget)
            forge_budget_give(budget, size);
        return forge_fail(err, FORGE_FAILED,
                          "the system has no memory for a block of %llu bytes",
                          (unsigned long long)size);
    }
    *out = (struct forge_block){.bytes = bytes, .size = size, .budget = budget};
    return true;
}

bool forge_block_reserve(struct forge_block *block, uint64_t size, struct forge_error *err)
{
    if (block->bytes && block->size >= size)
        return true;
    forge_block_close(block);
    return forge_block_open(block, block->budget, size, err);
}

void forge_block_close(struct forge_block *block)
{
    if (!block || !block->bytes)
        return;
    pages_close(block->bytes, block->size);
    if (block->budget)
        forge_budget_give(block->budget, block->size);
    *block = (struct forge_block){.budget = block->budget};
}

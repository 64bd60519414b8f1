#include "array/reader.h"

void forge_reader_close(struct forge_reader *reader)
{
    if (!reader)
        return;
    if (reader->files && reader->close_files)
        reader->close_files(reader->files);
    reader->files = NULL;
    forge_block_close(&reader->stored);
    forge_block_close(&reader->decoded);
    forge_block_close(&reader->spare);
    forge_arena_clear(&reader->strings);
}

/* record_parts.h: how a record is laid out. Private to record_write.c and record_read.c.
 *
 *     record      "FRGR", u32 version, dims, attributes, variables
 *     dims        u32 count; each: text name, u64 size, u8 unlimited
 *     attributes  u32 count; each: text name, u8 dtype, u64 count, elements
 *     variables   u32 count; each: text name, u8 dtype, u8 rank, u32 number of each dim, u8
 * flags, element fill (FLAG_FILL only), attributes, u8 node, values or source values elements
 * in C order source      text path, u64 chunk of each dim, element fill, u8 codecs, codecs,
 * manifest codec       u8 2 or 3, u32 element size, text: its JSON in .zarray or zarr.json
 *     table       u64 offset of each chunk, u64 length of each, u8 1 and u32 skip mask of each
 * or u8 0 strided     u64 base, u64 stride of each dim, u64 inner stride of each dim library
 * nothing refused     text why element     as in memory; a string is a text text        u32
 * length, UTF-8
 *
 * All little-endian. A codec that is written with its JSON needs no layout of its own here.
 */
#ifndef FORGE_FORMATS_RECORD_PARTS_H
#define FORGE_FORMATS_RECORD_PARTS_H

#define RECORD_MAGIC "FRGR"
#define RECORD_VERSION 1U

enum record_flag { FLAG_FILL = 1, FLAG_COORDINATE = 2 };

enum record_node { NODE_VALUES, NODE_TABLE, NODE_STRIDED, NODE_LIBRARY, NODE_REFUSED };

#endif

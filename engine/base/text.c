#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64U

static _Noreturn void out_of_memory(void)
{
    fputs("forge: out of memory\n", stderr);
    abort();
}

/* Room for `more` bytes and the NUL behind them. */
static void make_room(struct forge_text *text, size_t more)
{
    size_t room = text->room ? text->room : ROOM_FIRST;
    size_t needed;
    char *bytes;

    if (__builtin_add_overflow(text->length, more, &needed) || needed >= SIZE_MAX / 2)
        out_of_memory();
    needed++;
    if (needed <= text->room)
        return;
    while (room < needed)
        room *= 2;
    bytes = realloc(text->bytes, room);
    if (!bytes)
        out_of_memory();
    text->bytes = bytes;
    text->room = room;
}

void forge_text_add_bytes(struct forge_text *text, const void *bytes, size_t length)
{
    make_room(text, length);
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void forge_text_add(struct forge_text *text, const char *string)
{
    forge_text_add_bytes(text, string, strlen(string));
}

void forge_text_print(struct forge_text *text, const char *format, ...)
{
    va_list args, again;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(length >= 0);
    make_room(text, (size_t)length);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, args);
    va_end(args);
    text->length += (size_t)length;
}

const char *forge_text_string(const struct forge_text *text)
{
    return text->bytes ? text->bytes : "";
}

void forge_text_clear(struct forge_text *text)
{
    free(text->bytes);
    *text = (struct forge_text){0};
}

/* How many bytes the character at `bytes` should have by its first byte; 0: none begins so. */
static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t forge_text_decode(uint32_t *point, const char *bytes, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)bytes;
    size_t used = length > 0 ? sequence_length(at[0]) : 0;
    uint32_t value;

    if (used == 0 || used > length)
        return 0;
    value = used == 1 ? at[0] : at[0] & (0x7fU >> used);
    for (size_t i = 1; i < used; i++) {
        if ((at[i] & 0xc0U) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3fU);
    }
    if (value < smallest[used] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *point = value;
    return used;
}

bool forge_text_is_obeyed(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
           (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
           (point >= 0xfff9 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe007f);
}

void forge_text_add_safe(struct forge_text *text, const char *string)
{
    size_t left = strlen(string);

    while (left > 0) {
        uint32_t point = 0;
        size_t length = forge_text_decode(&point, string, left);

        if (length > 0 && !forge_text_is_obeyed(point)) {
            forge_text_add_bytes(text, string, length);
        } else {
            length = length > 0 ? length : 1;
            for (size_t i = 0; i < length; i++)
                forge_text_print(text, "\\x%02x", (unsigned char)string[i]);
        }
        string += length;
        left -= length;
    }
}

bool forge_text_is_utf8(const char *bytes, size_t length)
{
    while (length > 0) {
        uint32_t point = 0;
        size_t used = forge_text_decode(&point, bytes, length);

        if (used == 0 || point == 0)
            return false;
        bytes += used;
        length -= used;
    }
    return true;
}

const char *forge_text_bytes(char *out, size_t size, unsigned long long bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t unit = 0;

    /* 1023.96 would be shown as 1024.0: that is one of the next unit. */
    while (value >= (unit == 0 ? 1024.0 : 1023.95)) {
        value /= 1024;
        unit++;
    }
    snprintf(out, size, "%.1f", value);
    if (strlen(out) > 2 && strcmp(out + strlen(out) - 2, ".0") == 0)
        out[strlen(out) - 2] = '\0';
    snprintf(out + strlen(out), size - strlen(out), " %s", units[unit]);
    return out;
}

#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool forge_fail(struct forge_error *err, enum forge_code code, const char *format, ...)
{
    va_list args;

    *err = (struct forge_error){.code = code};
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

bool forge_fail_at(struct forge_error *err, struct forge_place place, const char *format, ...)
{
    va_list args;

    *err = (struct forge_error){.code = FORGE_BAD_RECIPE};
    forge_fail_place(err, place);
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

bool forge_fail_errno(struct forge_error *err, enum forge_code code, const char *format, ...)
{
    int cause = errno;
    size_t used;
    va_list args;

    *err = (struct forge_error){.code = code};
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(cause));
    return false;
}

bool forge_fail_while(struct forge_error *err, const char *format, ...)
{
    char inner[sizeof err->text];
    va_list args;
    size_t used;

    memcpy(inner, err->text, sizeof inner);
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s", inner);
    return false;
}

bool forge_fail_help(struct forge_error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err->help, sizeof err->help, format, args);
    va_end(args);
    return false;
}

bool forge_fail_place(struct forge_error *err, struct forge_place place)
{
    if (err->line == 0 && place.line > 0) {
        err->line = place.line;
        err->column = place.column;
        snprintf(err->file, sizeof err->file, "%s", place.file ? place.file : "");
    }
    return false;
}

void forge_error_format(const struct forge_error *err, char *out, size_t size)
{
    if (err->line > 0)
        snprintf(out, size, "%s:%u:%u: %s", err->file, err->line, err->column, err->text);
    else
        snprintf(out, size, "%s", err->text);
}

int forge_exit_status(enum forge_code code)
{
    switch (code) {
    case FORGE_OK:
        return 0;
    case FORGE_USAGE:
        return 2;
    case FORGE_BAD_RECIPE:
        return 3;
    case FORGE_MISSING:
    case FORGE_BAD_SOURCE:
    case FORGE_SOURCE_IO:
        return 4;
    case FORGE_TARGET_IO:
    case FORGE_BAD_TARGET:
        return 5;
    case FORGE_LOCKED:
        return 6;
    case FORGE_BAD_VERSION:
        return 7;
    case FORGE_CANCELLED:
        return 130;
    case FORGE_CHECK_FAILED:
    case FORGE_FAILED:
        break;
    }
    return 1;
}

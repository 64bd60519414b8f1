#include "catalog/environment.h"

#include "document/json.h"

#include <string.h>
#include <sys/utsname.h>

/* The generated commit.c of the program takes its place. */
__attribute__((weak)) const char *forge_commit(void)
{
    return "unknown";
}

static void add_text(struct forge_json *json, const char *key, const char *value)
{
    forge_json_key(json, key);
    if (value && forge_text_is_utf8(value, strlen(value)))
        forge_json_string(json, value);
    else
        forge_json_string(json, "unknown");
}

void forge_environment_json(struct forge_text *out, const struct forge_environment *environment)
{
    static const struct forge_library_version none = {0};
    struct forge_json json = {.out = out};
    struct utsname name = {0};

    (void)uname(&name);
    forge_json_object(&json);
    add_text(&json, "commit", forge_commit());
    add_text(&json, "executor", environment->executor);
    add_text(&json, "forge", FORGE_VERSION);
    add_text(&json, "kernel", name.release);
    forge_json_key(&json, "libraries");
    forge_json_object(&json);
    for (const struct forge_library_version *library =
             environment->libraries ? environment->libraries : &none;
         library->name; library++)
        add_text(&json, library->name, library->version);
    forge_json_close(&json, '}');
    add_text(&json, "machine", name.machine);
    forge_json_key(&json, "memory_bytes");
    forge_json_unsigned(&json, environment->memory_bytes);
    add_text(&json, "system", name.sysname);
    forge_json_key(&json, "workers");
    forge_json_unsigned(&json, environment->workers);
    forge_json_close(&json, '}');
    forge_text_add(out, "\n");
}

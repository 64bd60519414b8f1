#include "run/machine.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The number in a file of the cgroup file system; "max" and absence leave `limit`. */
static uint64_t read_limit(const char *path, uint64_t limit)
{
    FILE *file = fopen(path, "re");
    char line[64], *end = line;
    unsigned long long number = 0;

    if (!file)
        return limit;
    if (fgets(line, sizeof line, file))
        number = strtoull(line, &end, 10);
    fclose(file);
    return end > line && number > 0 && number < limit ? number : limit;
}

/* The limits of the cgroup (version 2) and all its parents. */
static uint64_t cgroup_limit(uint64_t limit)
{
    char line[1024], path[1200];
    FILE *file = fopen("/proc/self/cgroup", "re");

    if (!file)
        return limit;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "0::", 3) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        for (char *slash = line + strlen(line); slash; slash = strrchr(line + 3, '/')) {
            *slash = '\0';
            snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", line + 3);
            limit = read_limit(path, limit);
        }
    }
    fclose(file);
    return read_limit("/sys/fs/cgroup/memory/memory.limit_in_bytes", limit);
}

uint64_t forge_machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t all = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_C(1) << 31;

    return cgroup_limit(all) / 2;
}

unsigned forge_machine_processors(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 1)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

#include "run/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t forge_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Under the lock, so that no task is stopped for the slowness of the one before it. */
void forge_watch_begin(struct forge_watch *watch, uint64_t task)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->task = task;
    watch->began_ms = forge_now_ms();
    watch->stopped_ms = 0;
    atomic_store(&watch->stop, false);
    atomic_store(&watch->reading, NULL);
    pthread_mutex_unlock(&watch->lock);
}

void forge_watch_reading(struct forge_watch *watch, const char *url)
{
    if (watch)
        atomic_store(&watch->reading, url);
}

bool forge_watch_is_stopped(const struct forge_watch *watch)
{
    return watch && atomic_load(&watch->stop);
}

const atomic_bool *forge_watch_stop(const struct forge_watch *watch)
{
    return watch ? &watch->stop : NULL;
}

struct forge_watch *forge_watches_open(unsigned count)
{
    struct forge_watch *watches = calloc(count, sizeof *watches);

    for (unsigned i = 0; watches && i < count; i++)
        pthread_mutex_init(&watches[i].lock, NULL);
    return watches;
}

void forge_watches_close(struct forge_watch *watches, unsigned count)
{
    for (unsigned i = 0; watches && i < count; i++)
        pthread_mutex_destroy(&watches[i].lock);
    free(watches);
}

static bool take(struct forge_watch *watch, const struct forge_unit *unit)
{
    bool was_free;

    pthread_mutex_lock(&watch->lock);
    was_free = !watch->taken;
    if (was_free) {
        watch->taken = true;
        watch->stage = unit->stage;
    }
    pthread_mutex_unlock(&watch->lock);
    if (was_free)
        forge_watch_begin(watch, unit->first);
    return was_free;
}

struct forge_watch *forge_watch_take(struct forge_watch *watches, unsigned count,
                                     const struct forge_unit *unit)
{
    for (unsigned i = 0; i < count; i++) {
        if (take(&watches[i], unit))
            return &watches[i];
    }
    return NULL;
}

void forge_watch_give_back(struct forge_watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->taken = false;
    pthread_mutex_unlock(&watch->lock);
}

bool forge_watch_stage(uint32_t *stage, struct forge_watch *watch)
{
    bool taken;

    pthread_mutex_lock(&watch->lock);
    taken = watch->taken;
    *stage = watch->stage;
    pthread_mutex_unlock(&watch->lock);
    return taken;
}

enum forge_overdue forge_watch_look(struct forge_watch *watch, uint64_t deadline_ms,
                                    uint64_t grace_ms)
{
    enum forge_overdue overdue = FORGE_IN_TIME;
    uint64_t now_ms = forge_now_ms();

    pthread_mutex_lock(&watch->lock);
    if (watch->taken && watch->stopped_ms == 0 && deadline_ms > 0 &&
        now_ms - watch->began_ms > deadline_ms) {
        watch->stopped_ms = now_ms;
        atomic_store(&watch->stop, true);
    }
    if (watch->taken && watch->stopped_ms > 0)
        overdue = now_ms - watch->stopped_ms > grace_ms ? FORGE_HUNG : FORGE_OVERDUE;
    pthread_mutex_unlock(&watch->lock);
    return overdue;
}

static void print_time(char *out, size_t size, uint64_t time_ms)
{
    static const struct {
        uint64_t ms;
        const char *name;
    } units[] = {{3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;

    while (time_ms % units[i].ms != 0)
        i++;
    snprintf(out, size, "%llu %s", (unsigned long long)(time_ms / units[i].ms), units[i].name);
}

bool forge_watch_fail(struct forge_watch *watch, const char *stage, uint64_t deadline_ms,
                      struct forge_error *err)
{
    const char *reading = atomic_load(&watch->reading);
    uint64_t task;
    char time[32];

    pthread_mutex_lock(&watch->lock);
    task = watch->task;
    pthread_mutex_unlock(&watch->lock);
    print_time(time, sizeof time, deadline_ms);
    return forge_fail(err, FORGE_SOURCE_IO, "%s/%llu has not ended within %s%s%s", stage,
                      (unsigned long long)task, time, reading ? ", reading " : "",
                      reading ? reading : "");
}

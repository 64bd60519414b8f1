#include "cli/progress.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define BAR_WIDTH 24
#define TERMINAL_MS 100
#define LINE_MS 10000

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void write_bar(const struct forge_progress *now)
{
    unsigned filled = now->total ? (unsigned)(now->done * BAR_WIDTH / now->total) : 0;

    fputc('[', stderr);
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '#' : '.', stderr);
    fputc(']', stderr);
}

/* "12/365  48 MiB/s  ETA 1:20" */
static void write_rates(const struct forge_progress *now, int64_t elapsed_ms)
{
    char bytes[32];

    fprintf(stderr, " %llu/%llu", (unsigned long long)now->done,
            (unsigned long long)now->total);
    if (elapsed_ms < 500 || now->done == 0)
        return;
    if (now->bytes > 0)
        fprintf(
            stderr, "  %s/s",
            forge_text_bytes(bytes, sizeof bytes, now->bytes * 1000 / (uint64_t)elapsed_ms));
    else
        fprintf(stderr, "  %.1f/s", (double)now->done * 1000.0 / (double)elapsed_ms);
    if (now->done < now->total) {
        int64_t left = (int64_t)((double)elapsed_ms / (double)now->done *
                                 (double)(now->total - now->done) / 1000.0);

        fprintf(stderr, "  ETA %lld:%02lld", (long long)(left / 60), (long long)(left % 60));
    }
}

void progress_show(void *context, const struct forge_progress *now)
{
    struct progress *progress = context;
    int64_t at = now_ms();
    bool fresh = !progress->stage || strcmp(progress->stage, now->stage) != 0;
    bool ended = now->done == now->total;

    if (progress->quiet)
        return;
    if (fresh) {
        progress_end(progress);
        progress->stage = now->stage;
        progress->began_ms = at;
        progress->shown_ms = progress->terminal ? 0 : at;
    }
    if (at - progress->shown_ms < (progress->terminal ? TERMINAL_MS : LINE_MS) &&
        !(progress->terminal && ended))
        return;
    progress->shown_ms = at;
    fprintf(stderr, "%s%-7s ", progress->terminal ? "\r\033[K" : "", now->stage);
    if (progress->terminal)
        write_bar(now);
    write_rates(now, at - progress->began_ms);
    progress->open = progress->terminal;
    if (!progress->terminal)
        fputc('\n', stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->open)
        fputc('\n', stderr);
    progress->open = false;
}

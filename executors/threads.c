/* threads.c: a fixed set of worker threads and two mailboxes.
 *
 * Both mailboxes are rings with room for all that the driver may have out. A
 * unit is owned by whoever took it out of a mailbox; the lock is never held
 * while one is performed.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/checked.h"
#include "run/executor.h"

#define WORKERS_MAX 4096U
#define UNITS_PER_WORKER 16U
#define UNIT_TASKS_MAX 64U

struct forge_executor {
    forge_perform *perform;
    void *context;

    pthread_mutex_t lock; /* guards everything down to `closing` */
    pthread_cond_t work_came, work_ended;
    struct forge_unit *inbox;
    struct forge_outcome *outbox;
    unsigned inbox_first, inbox_count, outbox_first, outbox_count;
    bool closing;

    unsigned room; /* of each mailbox */
    unsigned workers, threads_count;
    pthread_t *threads;
};

/* Wait for a unit. False: there will be none any more. Called with the lock held. */
static bool take_unit(struct forge_executor *executor, struct forge_unit *unit)
{
    while (executor->inbox_count == 0 && !executor->closing)
        pthread_cond_wait(&executor->work_came, &executor->lock);
    if (executor->inbox_count == 0)
        return false;
    *unit = executor->inbox[executor->inbox_first];
    executor->inbox_first = (executor->inbox_first + 1) % executor->room;
    executor->inbox_count--;
    return true;
}

static void *worker(void *argument)
{
    struct forge_executor *executor = argument;
    struct forge_outcome outcome;

    pthread_mutex_lock(&executor->lock);
    while (take_unit(executor, &outcome.unit)) {
        unsigned slot;

        pthread_mutex_unlock(&executor->lock);
        outcome.failed = outcome.unit.first;
        outcome.error = (struct forge_error){0};
        outcome.good = executor->perform(executor->context, &outcome.unit, &outcome.failed,
                                         &outcome.error);
        pthread_mutex_lock(&executor->lock);

        slot = (executor->outbox_first + executor->outbox_count++) % executor->room;
        executor->outbox[slot] = outcome;
        pthread_cond_signal(&executor->work_ended);
    }
    pthread_mutex_unlock(&executor->lock);
    return NULL;
}

static void threads_close(struct forge_executor *executor)
{
    if (!executor)
        return;
    pthread_mutex_lock(&executor->lock);
    executor->closing = true;
    pthread_cond_broadcast(&executor->work_came);
    pthread_mutex_unlock(&executor->lock);
    while (executor->threads_count > 0)
        pthread_join(executor->threads[--executor->threads_count], NULL);
    pthread_cond_destroy(&executor->work_ended);
    pthread_cond_destroy(&executor->work_came);
    pthread_mutex_destroy(&executor->lock);
    free(executor->threads);
    free(executor->outbox);
    free(executor->inbox);
    free(executor);
}

static void open_lock(struct forge_executor *executor)
{
    pthread_condattr_t attributes;

    /* A clock that is set back must not make a wait longer. */
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&executor->lock, NULL);
    pthread_cond_init(&executor->work_came, NULL);
    pthread_cond_init(&executor->work_ended, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Signals are for the thread that drives: workers start with all of them blocked. */
static bool start_threads(struct forge_executor *executor, struct forge_error *err)
{
    sigset_t every, before;
    int status = 0;

    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    while (status == 0 && executor->threads_count < executor->workers) {
        status =
            pthread_create(&executor->threads[executor->threads_count], NULL, worker, executor);
        executor->threads_count += status == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = status;
    return status == 0 || forge_fail_errno(err, FORGE_FAILED, "cannot start thread %u of %u",
                                           executor->threads_count + 1, executor->workers);
}

static bool threads_open(struct forge_executor **out, unsigned workers, forge_perform *perform,
                         void *context, struct forge_error *err)
{
    struct forge_executor *executor = NULL;

    if (workers == 0 || workers > WORKERS_MAX)
        return forge_fail(err, FORGE_USAGE, "%u workers, must be 1 to %u", workers,
                          WORKERS_MAX);
    executor = calloc(1, sizeof *executor);
    if (!executor)
        return forge_fail(err, FORGE_FAILED, "no memory for %u workers", workers);
    *executor = (struct forge_executor){.perform = perform, .context = context};
    executor->workers = workers;
    executor->room = 2 * workers;
    open_lock(executor);
    executor->inbox = calloc(executor->room, sizeof *executor->inbox);
    executor->outbox = calloc(executor->room, sizeof *executor->outbox);
    executor->threads = calloc(workers, sizeof *executor->threads);
    if (!executor->inbox || !executor->outbox || !executor->threads) {
        forge_fail(err, FORGE_FAILED, "no memory for %u workers", workers);
        goto fail;
    }
    if (!start_threads(executor, err))
        goto fail;
    *out = executor;
    return true;
fail:
    threads_close(executor);
    return false;
}

/* Enough units that the last ones to end leave nobody idle for long. */
static uint64_t threads_unit_size(const struct forge_executor *executor, uint64_t tasks)
{
    uint64_t size = tasks / executor->workers / UNITS_PER_WORKER;

    return forge_minimum(forge_maximum(size, 1), UNIT_TASKS_MAX);
}

static void threads_submit(struct forge_executor *executor, const struct forge_unit *unit)
{
    pthread_mutex_lock(&executor->lock);
    executor->inbox[(executor->inbox_first + executor->inbox_count++) % executor->room] = *unit;
    pthread_cond_signal(&executor->work_came);
    pthread_mutex_unlock(&executor->lock);
}

static struct timespec moment_in(int wait_ms)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += wait_ms / 1000;
    moment.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

static bool threads_wait(struct forge_executor *executor, int wait_ms,
                         struct forge_outcome *outcome)
{
    struct timespec until = moment_in(wait_ms < 0 ? 0 : wait_ms);
    int status = 0;
    bool ended;

    pthread_mutex_lock(&executor->lock);
    while (executor->outbox_count == 0 && status == 0) {
        status = wait_ms < 0
                     ? pthread_cond_wait(&executor->work_ended, &executor->lock)
                     : pthread_cond_timedwait(&executor->work_ended, &executor->lock, &until);
    }
    ended = executor->outbox_count > 0;
    if (ended) {
        *outcome = executor->outbox[executor->outbox_first];
        executor->outbox_first = (executor->outbox_first + 1) % executor->room;
        executor->outbox_count--;
    }
    pthread_mutex_unlock(&executor->lock);
    return ended;
}

const struct forge_executor_type forge_executor_threads = {
    .name = "threads",
    .summary = "a pool of threads in this process",
    .open = threads_open,
    .unit_size = threads_unit_size,
    .submit = threads_submit,
    .wait = threads_wait,
    .close = threads_close,
};

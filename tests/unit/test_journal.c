/* The journal: a record is whole or not there, wherever a process or a disk stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "catalog/journal.h"
#include "support/folder.h"

enum { RECORDS = 40, LONGEST = 300, THREADS = 8, APPENDS = 500, HEAD = 16 };

/* Record i has a length and bytes of its own. */
static size_t record_of(unsigned char bytes[LONGEST], unsigned i)
{
    size_t length = 1 + (size_t)i * 37 % (LONGEST - 1);

    for (size_t at = 0; at < length; at++)
        bytes[at] = (unsigned char)((size_t)i * 101 + at * 13);
    return length;
}

static struct forge_journal *open_journal(const char *path)
{
    struct forge_journal *journal = NULL;
    struct forge_error err;

    if (!forge_journal_open(&journal, path, &err))
        fail_msg("%s", err.text);
    return journal;
}

static void close_journal(struct forge_journal *journal)
{
    struct forge_error err;

    assert_true(forge_journal_close(journal, &err));
}

static void append(struct forge_journal *journal, unsigned first, unsigned count,
                   uint64_t *ends)
{
    struct forge_error err;
    unsigned char bytes[LONGEST];

    for (unsigned i = first; i < first + count; i++) {
        size_t length = record_of(bytes, i);
        uint64_t at = 0;

        if (!forge_journal_append(journal, bytes, length, &at, &err))
            fail_msg("%s", err.text);
        if (ends)
            ends[i] = at + length;
    }
}

struct seen {
    unsigned count, wrong, stop_after;
    struct forge_error *fail;
};

/* Records are 0, 1, 2 ..: count them, and those that are something else. */
static bool see(void *context, const void *payload, size_t length, uint64_t at,
                struct forge_error *err)
{
    struct seen *seen = context;
    unsigned char want[LONGEST];

    if (length != record_of(want, seen->count) || memcmp(payload, want, length) != 0 ||
        at < HEAD + 8)
        seen->wrong++;
    seen->count++;
    if (seen->fail && seen->count == seen->stop_after)
        return forge_fail(err, FORGE_LOCKED, "the visit failed");
    return seen->count != seen->stop_after;
}

/* How many records there are, each as it should be. */
static unsigned count_records(const char *path, uint64_t *torn)
{
    struct seen seen = {0};
    struct forge_error err;

    if (!forge_journal_read(path, see, &seen, torn, &err))
        fail_msg("%s", err.text);
    assert_int_equal(seen.wrong, 0);
    return seen.count;
}

/* A journal of 40 records as bytes, and where each ends. */
static unsigned char *make_journal(const char *path, size_t *size, uint64_t ends[RECORDS])
{
    struct forge_journal *journal = open_journal(path);

    append(journal, 0, RECORDS, ends);
    close_journal(journal);
    return read_bytes(path, size);
}

static unsigned whole_before(const uint64_t ends[RECORDS], uint64_t size)
{
    unsigned count = 0;

    while (count < RECORDS && ends[count] <= size)
        count++;
    return count;
}

/* What is read of a damaged file, and that it can be gone on with: 3 more records follow. */
static void check_mended(const char *path, unsigned want, uint64_t size)
{
    struct forge_journal *journal;
    uint64_t torn = UINT64_MAX;

    assert_int_equal(count_records(path, &torn), want);
    assert_true(torn <= size);
    journal = open_journal(path);
    append(journal, want, 3, NULL);
    close_journal(journal);
    assert_int_equal(count_records(path, &torn), want + 3);
    assert_int_equal(torn, 0);
}

static void of_every_prefix_the_whole_records_are_read_and_appending_goes_on(void **state)
{
    uint64_t ends[RECORDS], torn = 0;
    const char *path = in_folder("journal");
    size_t size, prefixes = 0;
    unsigned char *bytes = make_journal(path, &size, ends);

    (void)state;
    for (size_t length = 0; length <= size; length++, prefixes++) {
        unsigned want = whole_before(ends, length);
        size_t head = length < HEAD ? 0 : HEAD;

        write_bytes(path, bytes, length);
        assert_int_equal(count_records(path, &torn), want);
        assert_int_equal(torn, length - (want > 0 ? ends[want - 1] : head));
        check_mended(path, want, length);
    }
    free(bytes);
    print_message("%zu prefixes of a journal of %d records\n", prefixes, RECORDS);
}

/* Power went: the file has its length, and zeros where blocks were never written. */
static void a_tail_of_zeros_is_torn(void **state)
{
    uint64_t ends[RECORDS];
    const char *path = in_folder("journal");
    size_t size, tails = 0;
    unsigned char *bytes = make_journal(path, &size, ends);

    (void)state;
    for (size_t from = 0; from <= size; from += from < 64 ? 1 : 61, tails++) {
        unsigned char *half = calloc(1, size + 8192);
        unsigned want = whole_before(ends, from);

        assert_non_null(half);
        memcpy(half, bytes, from);
        if (want < RECORDS && memcmp(half, bytes, ends[want]) == 0)
            want++; /* its last byte is 0 by itself */
        write_bytes(path, half, size + 8192);
        check_mended(path, want, size + 8192);
        free(half);
    }
    free(bytes);
    print_message("%zu tails of zeros\n", tails);
}

static void a_flipped_byte_never_gives_a_wrong_record(void **state)
{
    uint64_t ends[RECORDS], torn;
    const char *path = in_folder("journal");
    size_t size, flips = 0, refused = 0;
    unsigned char *bytes = make_journal(path, &size, ends);
    static const unsigned char masks[] = {0x01, 0x80, 0xff};

    (void)state;
    for (size_t at = 0; at < size; at++) {
        for (size_t m = 0; m < sizeof masks; m++, flips++) {
            struct seen seen = {0};
            struct forge_error err;

            bytes[at] ^= masks[m];
            write_bytes(path, bytes, size);
            if (!forge_journal_read(path, see, &seen, &torn, &err)) {
                assert_true(at < HEAD);
                assert_int_equal(err.code, FORGE_BAD_TARGET);
                refused++;
            } else {
                assert_true(at >= HEAD);
                assert_int_equal(seen.count, whole_before(ends, at));
            }
            assert_int_equal(seen.wrong, 0);
            bytes[at] ^= masks[m];
        }
    }
    assert_int_equal(refused, HEAD * sizeof masks);
    free(bytes);
    print_message("%zu flipped bytes, %zu of them in the head\n", flips, refused);
}

/* Lengths are the file's word: none makes a reader take or read what is not there. */
static void lengths_that_pass_the_end_are_torn(void **state)
{
    static const uint32_t lengths[] = {0, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 30, 9, 17};
    const char *path = in_folder("journal");
    unsigned char bytes[HEAD + 16] = "forge journal 1\n";
    uint64_t torn;

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memcpy(bytes + HEAD, &lengths[i], 4);
        write_bytes(path, bytes, sizeof bytes);
        assert_int_equal(count_records(path, &torn), 0);
        assert_int_equal(torn, 16);
    }
}

static void what_is_no_journal_is_refused_and_left_alone(void **state)
{
    static const char other[] = "forge journal 2\nand what follows";
    const char *path = in_folder("other");
    struct forge_journal *journal = NULL;
    struct seen seen = {0};
    struct forge_error err;
    char want[256];
    unsigned char *bytes;
    size_t size;

    (void)state;
    snprintf(want, sizeof want, "%s is no journal: it begins with other bytes", path);
    write_bytes(path, other, sizeof other);
    assert_false(forge_journal_read(path, see, &seen, NULL, &err));
    assert_int_equal(err.code, FORGE_BAD_TARGET);
    assert_string_equal(err.text, want);
    assert_false(forge_journal_open(&journal, path, &err));
    assert_int_equal(err.code, FORGE_BAD_TARGET);
    assert_string_equal(err.text, want);
    bytes = read_bytes(path, &size);
    assert_int_equal(size, sizeof other);
    assert_memory_equal(bytes, other, sizeof other);
    free(bytes);
    assert_false(forge_journal_read(folder, see, &seen, NULL, &err));
    assert_int_equal(err.code, FORGE_BAD_TARGET);
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    assert_false(forge_journal_read(in_folder("fifo"), see, &seen, NULL, &err));
    assert_int_equal(err.code, FORGE_BAD_TARGET);
    assert_false(forge_journal_open(&journal, in_folder("no/such"), &err));
    assert_int_equal(err.code, FORGE_TARGET_IO);
    assert_int_equal(seen.count, 0);
}

static void a_file_that_is_not_there_has_no_records(void **state)
{
    uint64_t torn = 1;

    (void)state;
    assert_int_equal(count_records(in_folder("absent"), &torn), 0);
    assert_int_equal(torn, 0);
    assert_false(is_file(in_folder("absent")));
}

static void a_visit_stops_the_reading_with_an_error_or_without(void **state)
{
    const char *path = in_folder("journal");
    struct forge_journal *journal = open_journal(path);
    struct forge_error err = {.code = FORGE_FAILED}, fail = {0};
    struct seen seen = {.stop_after = 3};

    (void)state;
    append(journal, 0, 10, NULL);
    close_journal(journal);
    assert_true(forge_journal_read(path, see, &seen, NULL, &err));
    assert_int_equal(seen.count, 3);
    seen = (struct seen){.stop_after = 4, .fail = &fail};
    assert_false(forge_journal_read(path, see, &seen, NULL, &err));
    assert_int_equal(seen.count, 4);
    assert_string_equal(err.text, "the visit failed");
}

static bool check_large(void *context, const void *payload, size_t length, uint64_t at,
                        struct forge_error *err)
{
    size_t *next = context;
    static const size_t lengths[] = {3, 5 << 20, 1 << 18, (1 << 18) - 8, 7};
    const unsigned char *bytes = payload;

    (void)at, (void)err;
    assert_int_equal(length, lengths[*next]);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != (unsigned char)(*next + i / 251))
            fail_msg("record %zu, byte %zu", *next, i);
    }
    (*next)++;
    return true;
}

static void records_larger_than_what_is_read_at_once_are_whole(void **state)
{
    static const size_t lengths[] = {3, 5 << 20, 1 << 18, (1 << 18) - 8, 7};
    const char *path = in_folder("journal");
    struct forge_journal *journal = open_journal(path);
    unsigned char *bytes = malloc(5 << 20);
    struct forge_error err;
    size_t seen = 0;

    (void)state;
    assert_non_null(bytes);
    assert_true(forge_journal_append(journal, NULL, 0, NULL, &err));
    for (size_t r = 0; r < 5; r++) {
        for (size_t i = 0; i < lengths[r]; i++)
            bytes[i] = (unsigned char)(r + i / 251);
        assert_true(forge_journal_append(journal, bytes, lengths[r], NULL, &err));
    }
    assert_true(forge_journal_sync(journal, &err));
    close_journal(journal);
    assert_true(forge_journal_read(path, check_large, &seen, NULL, &err));
    assert_int_equal(seen, 5);
    free(bytes);
}

/* Threads. */

struct appender {
    struct forge_journal *journal;
    unsigned thread;
};

static void *append_many(void *context)
{
    const struct appender *appender = context;
    struct forge_error err;

    for (unsigned i = 0; i < APPENDS; i++) {
        unsigned record[64] = {appender->thread, i};
        size_t length = sizeof(unsigned) * (2 + (i + appender->thread) % 60);

        if (!forge_journal_append(appender->journal, record, length, NULL, &err))
            return context;
    }
    return NULL;
}

static bool next_of_thread(void *context, const void *payload, size_t length, uint64_t at,
                           struct forge_error *err)
{
    unsigned *next = context, record[2];

    (void)at, (void)err;
    assert_true(length >= sizeof record);
    memcpy(record, payload, sizeof record);
    assert_true(record[0] < THREADS);
    assert_int_equal(record[1], next[record[0]]);
    assert_int_equal(length, sizeof(unsigned) * (2 + (record[1] + record[0]) % 60));
    next[record[0]]++;
    return true;
}

static void threads_append_at_once(void **state)
{
    const char *path = in_folder("journal");
    struct forge_journal *journal = open_journal(path);
    struct appender appenders[THREADS];
    pthread_t threads[THREADS];
    unsigned next[THREADS] = {0};
    struct forge_error err;
    uint64_t torn;

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        appenders[i] = (struct appender){journal, i};
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, &appenders[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed;

        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    close_journal(journal);
    assert_true(forge_journal_read(path, next_of_thread, next, &torn, &err));
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(next[i], APPENDS);
    assert_int_equal(torn, 0);
    print_message("%d appends by %d threads\n", THREADS * APPENDS, THREADS);
}

/* Failures. */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit of the size of files makes the kernel write a part, then fail. */
static void what_could_be_written_in_part_only_is_cut_off_again(void **state)
{
    const char *path = in_folder("journal");
    struct forge_journal *journal = open_journal(path);
    uint64_t ends[RECORDS], torn;
    unsigned char bytes[LONGEST];
    struct forge_error err;
    unsigned limits = 0;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    append(journal, 0, 5, ends);
    for (unsigned next = 5; next < 10; next++) {
        size_t length = record_of(bytes, next);

        for (size_t room = 0; room < 8 + length; room++, limits++) {
            size_t size;

            limit_files(ends[next - 1] + room);
            assert_false(forge_journal_append(journal, bytes, length, NULL, &err));
            assert_int_equal(err.code, FORGE_TARGET_IO);
            limit_files(RLIM_INFINITY);
            free(read_bytes(path, &size));
            assert_int_equal(size, ends[next - 1]);
        }
        append(journal, next, 1, ends);
    }
    close_journal(journal);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(count_records(path, &torn), 10);
    assert_int_equal(torn, 0);
    print_message("%u writes that could not end\n", limits);
}

/* Another program reads while this one is killed at work, again and again. */
static void who_reads_meanwhile_sees_whole_records(void **state)
{
    const char *path = in_folder("journal");
    unsigned kills = 0, looks = 0, most = 0;
    uint64_t torn;

    (void)state;
    for (; kills < 20; kills++) {
        pid_t writer = fork();
        unsigned before = most;

        assert_true(writer >= 0);
        if (writer == 0) {
            struct forge_journal *journal = open_journal(path);

            for (unsigned i = count_records(path, NULL), last = i + 400; i < last; i++)
                append(journal, i, 1, NULL);
            for (;;)
                pause();
        }
        /* At least until the writer has begun. */
        for (unsigned i = 0; (i < 100 && most < before + 50) || most == before; i++, looks++) {
            unsigned now = count_records(path, &torn);

            assert_true(now >= most);
            most = now;
        }
        kill(writer, SIGKILL);
        assert_int_equal(waitpid(writer, NULL, 0), writer);
        assert_true(count_records(path, &torn) >= most);
        most = count_records(path, &torn);
    }
    assert_true(most > 0);
    print_message("%u records, read %u times by the side of %u writers that were killed\n",
                  most, looks, kills);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ONE(of_every_prefix_the_whole_records_are_read_and_appending_goes_on),
        ONE(a_tail_of_zeros_is_torn),
        ONE(a_flipped_byte_never_gives_a_wrong_record),
        ONE(lengths_that_pass_the_end_are_torn),
        ONE(what_is_no_journal_is_refused_and_left_alone),
        ONE(a_file_that_is_not_there_has_no_records),
        ONE(a_visit_stops_the_reading_with_an_error_or_without),
        ONE(records_larger_than_what_is_read_at_once_are_whole),
        ONE(threads_append_at_once),
        ONE(what_could_be_written_in_part_only_is_cut_off_again),
        ONE(who_reads_meanwhile_sees_whole_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

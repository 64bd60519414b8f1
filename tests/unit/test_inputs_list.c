/* The list of inputs of a version: what is written is read back, deterministic, bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/folders.h"
#include "catalog/inputs_list.h"

#define MANY 12000U /* more than one member */

struct place {
    char folder[64];
    struct forge_store *store;
};

static void open_place(struct place *place)
{
    struct forge_error err;

    *place = (struct place){.folder = "/tmp/forge-inputs-XXXXXX"};
    assert_non_null(mkdtemp(place->folder));
    assert_true(forge_store_open_file(&place->store, place->folder, &err));
}

static void close_place(struct place *place)
{
    struct forge_error err;

    forge_store_close(place->store);
    assert_true(forge_folder_remove(place->folder, &err));
}

static struct forge_input_record made_up(uint64_t i, char url[64])
{
    struct forge_input_record record = {.url = url, .size = i, .absent = i % 7 == 3};

    snprintf(url, 64, "in/day \"%llu\".nc", (unsigned long long)i);
    forge_digest_of(&record.digest, url, strlen(url));
    record.modified_ns = INT64_C(981173106123456789) + (int64_t)i;
    record.read_us = INT64_C(981173107000001);
    return record;
}

static void write_many(struct place *place, uint64_t count)
{
    struct forge_inputs_writer writer = {0};
    struct forge_error err = {0};
    char url[64];

    for (uint64_t i = 0; i < count; i++) {
        struct forge_input_record record = made_up(i, url);

        assert_true(forge_inputs_writer_add(&writer, &record, &err));
    }
    assert_true(forge_inputs_writer_end(&writer, place->store, &err));
}

struct seen {
    uint64_t count, stop;
    struct forge_hasher *hasher; /* of the lines without times */
};

static bool see(void *context, const struct forge_input_record *record, struct forge_error *err)
{
    struct seen *seen = context;
    struct forge_text line = {0};
    char url[64];
    struct forge_input_record want = made_up(seen->count, url);

    (void)err;
    assert_string_equal(record->url, url);
    assert_int_equal(record->absent, want.absent);
    if (!want.absent) {
        assert_int_equal(record->size, want.size);
        assert_memory_equal(&record->digest, &want.digest, sizeof want.digest);
    }
    forge_input_record_format(&line, record, false);
    if (seen->hasher)
        forge_hasher_add(seen->hasher, line.bytes, line.length);
    forge_text_clear(&line);
    return ++seen->count != seen->stop;
}

static void what_is_written_is_read_back(void **state)
{
    static const uint64_t counts[] = {0, 1, 2, 9, MANY};
    uint64_t rows = 0;

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct seen seen = {0};
        struct forge_error err = {0};
        struct place place;

        open_place(&place);
        write_many(&place, counts[i]);
        if (!forge_inputs_list_read(place.folder, see, &seen, &err))
            fail_msg("%s", err.text);
        assert_int_equal(seen.count, counts[i]);
        rows += seen.count;
        close_place(&place);
    }
    printf("%llu inputs read back\n", (unsigned long long)rows);
}

static void get(char **bytes, size_t *length, struct place *place, struct forge_arena *arena)
{
    struct forge_error err;

    assert_true(forge_store_get(bytes, length, place->store, FORGE_INPUTS_LIST, arena,
                                UINT64_C(64) << 20, &err));
}

static void the_same_inputs_give_the_same_bytes_without_name_or_time(void **state)
{
    struct forge_arena arena = {0};
    size_t first_length = 0, length = 0;
    char *first = NULL, *bytes = NULL;
    struct place a, b;

    (void)state;
    open_place(&a);
    open_place(&b);
    write_many(&a, MANY);
    write_many(&b, MANY);
    get(&first, &first_length, &a, &arena);
    get(&bytes, &length, &b, &arena);
    assert_int_equal(first_length, length);
    assert_memory_equal(first, bytes, length);
    /* RFC 1952: flags say that there is no name, and the time is 0. */
    assert_memory_equal(bytes, "\x1f\x8b\x08\0\0\0\0\0", 8);
    close_place(&a);
    close_place(&b);
    forge_arena_clear(&arena);
}

static void a_line_has_every_field(void **state)
{
    struct forge_text text = {0};
    char url[64];
    struct forge_input_record record = made_up(0, url);

    (void)state;
    record.modified_ns = -1;
    forge_input_record_format(&text, &record, true);
    record.read_us = record.modified_ns = 0;
    forge_input_record_format(&text, &record, true);
    record.absent = true;
    forge_input_record_format(&text, &record, true);
    forge_input_record_format(&text, &record, false);
    assert_string_equal(
        forge_text_string(&text),
        "{\"modified\":\"1969-12-31T23:59:59.999999999Z\","
        "\"read\":\"2001-02-03T04:05:07.000001Z\","
        "\"sha256\":\"52db3c984bfa3d22d7f1631b705ee3b7a80246fdd6c86bedead5e12737f269d7\","
        "\"size\":0,\"url\":\"in/day \\\"0\\\".nc\"}\n"
        "{\"modified\":null,\"read\":null,"
        "\"sha256\":\"52db3c984bfa3d22d7f1631b705ee3b7a80246fdd6c86bedead5e12737f269d7\","
        "\"size\":0,\"url\":\"in/day \\\"0\\\".nc\"}\n"
        "{\"modified\":null,\"read\":null,\"sha256\":null,\"size\":null,"
        "\"url\":\"in/day \\\"0\\\".nc\"}\n"
        "{\"sha256\":null,\"size\":null,\"url\":\"in/day \\\"0\\\".nc\"}\n");
    forge_text_clear(&text);
}

static void a_visitor_may_stop(void **state)
{
    struct seen seen = {.stop = 5};
    struct forge_error err = {0};
    struct place place;

    (void)state;
    open_place(&place);
    write_many(&place, MANY);
    assert_true(forge_inputs_list_read(place.folder, see, &seen, &err));
    assert_int_equal(seen.count, 5);
    close_place(&place);
}

static bool refuse(void *context, const struct forge_input_record *record,
                   struct forge_error *err)
{
    (void)context;
    return forge_fail(err, FORGE_FAILED, "not %s", record->url);
}

static void the_error_of_a_visitor_ends_the_reading(void **state)
{
    struct forge_error err = {0};
    struct place place;

    (void)state;
    open_place(&place);
    write_many(&place, 3);
    assert_false(forge_inputs_list_read(place.folder, refuse, NULL, &err));
    assert_string_equal(err.text, "not in/day \"0\".nc");
    close_place(&place);
}

static void a_version_without_a_list_has_no_inputs(void **state)
{
    struct seen seen = {0};
    struct forge_error err = {0};
    struct place place;

    (void)state;
    open_place(&place);
    assert_true(forge_inputs_list_read(place.folder, see, &seen, &err));
    assert_int_equal(seen.count, 0);
    close_place(&place);
}

static void a_list_that_is_not_packed_is_read(void **state)
{
    struct forge_text text = {0};
    struct seen seen = {0};
    struct forge_error err = {0};
    struct place place;
    char url[64];

    (void)state;
    open_place(&place);
    for (uint64_t i = 0; i < MANY; i++) {
        struct forge_input_record record = made_up(i, url);

        forge_input_record_format(&text, &record, false);
    }
    assert_true(
        forge_store_put(place.store, FORGE_INPUTS_LIST_PLAIN, text.bytes, text.length, &err));
    assert_true(forge_inputs_list_read(place.folder, see, &seen, &err));
    assert_int_equal(seen.count, MANY);
    forge_text_clear(&text);
    close_place(&place);
}

static void put_plain(struct place *place, const char *text)
{
    struct forge_error err;

    assert_true(
        forge_store_put(place->store, FORGE_INPUTS_LIST_PLAIN, text, strlen(text), &err));
}

#define GOOD "{\"sha256\":null,\"size\":null,\"url\":\"a\"}\n"
#define HEX "0000000000000000000000000000000000000000000000000000000000000000"

static bool pass(void *context, const struct forge_input_record *record,
                 struct forge_error *err)
{
    (void)context;
    (void)record;
    (void)err;
    return true;
}

static void a_damaged_list_is_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {GOOD "x\n", "provenance/inputs.jsonl: line 2 is no input"},
        {GOOD GOOD "{\"sha256\":null,\"size\":null}\n",
         "provenance/inputs.jsonl: line 3 is no input"},
        {"{\"sha256\":null,\"size\":1,\"url\":\"a\"}\n",
         "provenance/inputs.jsonl: line 1 is no input"},
        {"{\"sha256\":\"" HEX "\",\"size\":-1,\"url\":\"a\"}\n",
         "provenance/inputs.jsonl: line 1 is no input"},
        {"{\"sha256\":\"" HEX "0\",\"size\":1,\"url\":\"a\"}\n",
         "provenance/inputs.jsonl: line 1 is no input"},
        {"{\"sha256\":\"0\",\"size\":1,\"url\":\"a\"}\n",
         "provenance/inputs.jsonl: line 1 is no input"},
        {"[]\n", "provenance/inputs.jsonl: line 1 is no input"},
        {GOOD "{\"sha256\":null,\"size\":null,\"url\":\"a\"}",
         "provenance/inputs.jsonl: line 2 is no input"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct forge_error err = {0};
        struct place place;

        open_place(&place);
        put_plain(&place, rows[i].text);
        assert_false(forge_inputs_list_read(place.folder, pass, NULL, &err));
        assert_int_equal(err.code, FORGE_BAD_TARGET);
        assert_string_equal(err.text, rows[i].message);
        close_place(&place);
    }
    printf("%zu damaged lists refused\n", sizeof rows / sizeof rows[0]);
}

/* Every byte flipped and every length cut: refused, or (a byte of gzip's header that means
 * nothing) read as it was. */
static void damage_to_the_packed_list_is_seen(void **state)
{
    struct forge_arena arena = {0};
    unsigned refused = 0, harmless = 0;
    size_t length = 0;
    char *bytes = NULL;
    struct place place;

    (void)state;
    open_place(&place);
    write_many(&place, 4);
    get(&bytes, &length, &place, &arena);
    for (size_t i = 0; i < 2 * length; i++) {
        struct seen seen = {0};
        struct forge_error err = {0};
        size_t kept = i < length ? length : i - length;

        if (kept == 0)
            continue;
        if (i < length)
            bytes[i] = (char)(bytes[i] ^ 0x55);
        assert_true(forge_store_put(place.store, FORGE_INPUTS_LIST, bytes, kept, &err));
        if (i < length)
            bytes[i] = (char)(bytes[i] ^ 0x55);
        if (forge_inputs_list_read(place.folder, see, &seen, &err)) {
            assert_int_equal(seen.count, 4);
            assert_true(i < 10);
            harmless++;
        } else {
            assert_int_equal(err.code, FORGE_BAD_TARGET);
            refused++;
        }
    }
    assert_true(harmless <= 6);
    printf("%u damaged lists refused, %u not harmed\n", refused, harmless);
    close_place(&place);
    forge_arena_clear(&arena);
}

static void the_times_are_no_part_of_the_digest(void **state)
{
    struct forge_digest digest[2];
    struct forge_error err = {0};
    struct place place;

    (void)state;
    open_place(&place);
    for (int i = 0; i < 2; i++) {
        struct forge_inputs_writer writer = {0};
        struct seen seen = {.hasher = forge_hasher_open()};
        char url[64];

        for (uint64_t k = 0; k < 10; k++) {
            struct forge_input_record record = made_up(k, url);

            record.read_us += i;
            record.modified_ns += i;
            assert_true(forge_inputs_writer_add(&writer, &record, &err));
        }
        assert_true(forge_inputs_writer_end(&writer, place.store, &err));
        assert_true(forge_inputs_list_read(place.folder, see, &seen, &err));
        forge_hasher_finish(seen.hasher, &digest[i]);
    }
    assert_memory_equal(&digest[0], &digest[1], sizeof digest[0]);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(the_same_inputs_give_the_same_bytes_without_name_or_time),
        cmocka_unit_test(a_line_has_every_field),
        cmocka_unit_test(a_visitor_may_stop),
        cmocka_unit_test(the_error_of_a_visitor_ends_the_reading),
        cmocka_unit_test(a_version_without_a_list_has_no_inputs),
        cmocka_unit_test(a_list_that_is_not_packed_is_read),
        cmocka_unit_test(a_damaged_list_is_refused),
        cmocka_unit_test(damage_to_the_packed_list_is_seen),
        cmocka_unit_test(the_times_are_no_part_of_the_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

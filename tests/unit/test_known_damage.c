/* Damage to what is known of inputs: nothing wrong is ever believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/journal.h"
#include "support/known_place.h"

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes;

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *length = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static unsigned known_of_four(struct place *place)
{
    return (unsigned)is_known(place, "a.nc", "A") + (unsigned)is_known(place, "b.nc", "B") +
           (unsigned)scan_is_known(place, "A", NULL, &plain, SKETCH) +
           (unsigned)scan_is_known(place, "B", NULL, &plain, OTHER_SKETCH);
}

static void remember_four(struct place *place)
{
    add(place, "a.nc", "A");
    add(place, "b.nc", "B");
    add_scan(place, "A", NULL, &plain, SKETCH);
    add_scan(place, "B", NULL, &plain, OTHER_SKETCH);
}

/* Both journals as four things were remembered in them. */
struct saved {
    const char *path[2];
    char *bytes[2];
    size_t length[2];
};

static void save(struct saved *saved, struct place *place)
{
    remember_four(place);
    saved->path[0] = place->files;
    saved->path[1] = place->scans;
    for (int i = 0; i < 2; i++)
        saved->bytes[i] = read_file(saved->path[i], &saved->length[i]);
}

static void drop(struct saved *saved)
{
    free(saved->bytes[0]);
    free(saved->bytes[1]);
}

/* Whatever is in a file: what is said is right (the checks above), and a run that writes mends
 * it. Only so many bytes of file `which` are left. Returns how much was known. */
static unsigned survive(struct place *place, const struct saved *saved, int which,
                        size_t length)
{
    unsigned known;

    forge_known_close(place->known);
    place->known = NULL;
    for (int i = 0; i < 2; i++)
        write_file(saved->path[i], saved->bytes[i], i == which ? length : saved->length[i]);
    begin(place, false);
    known = known_of_four(place);
    begin(place, true);
    assert_int_equal(known_of_four(place), known);
    remember_four(place);
    assert_int_equal(known_of_four(place), 4);
    begin(place, false);
    assert_int_equal(known_of_four(place), 4);
    return known;
}

static void a_flipped_byte_is_never_believed(void **state)
{
    static const unsigned char flips[] = {0x01, 0x80, 0xff};
    size_t flipped = 0, unknown = 0;
    struct saved saved;
    struct place place;

    (void)state;
    open_place(&place);
    save(&saved, &place);
    for (int which = 0; which < 2; which++) {
        for (size_t i = 0; i < saved.length[which]; i++, flipped++) {
            char *byte = &saved.bytes[which][i], was = *byte;
            unsigned known;

            *byte = (char)(was ^ flips[i % LENGTH(flips)]);
            known = survive(&place, &saved, which, saved.length[which]);
            *byte = was;
            assert_true(known < 4); /* each byte counts */
            unknown += 4 - known;
        }
    }
    drop(&saved);
    close_place(&place);
    printf("%zu bytes flipped: %zu answers were \"not known\", none was wrong\n", flipped,
           unknown);
}

static void a_torn_file_is_known_as_far_as_it_goes(void **state)
{
    size_t cuts = 0;
    struct saved saved;
    struct place place;

    (void)state;
    open_place(&place);
    save(&saved, &place);
    for (int which = 0; which < 2; which++) {
        for (size_t i = 0; i <= saved.length[which]; i++, cuts++) {
            unsigned known = survive(&place, &saved, which, i);

            assert_in_range(known, 2, 4);
            assert_int_equal(known == 4, i == saved.length[which]);
        }
    }
    drop(&saved);
    close_place(&place);
    printf("%zu lengths\n", cuts);
}

/* A record whose checksum is right may still be none that we wrote. */
static void whole_records_of_nonsense_are_passed_over(void **state)
{
    static const char *const payloads[] = {
        "x",
        "no record of ours, but as long as one: sixty bytes of text ..",
        "\xff\xff\xff\xff no record of ours, and its length is too long ...............",
    };
    struct forge_journal *journal = NULL;
    struct forge_error err;
    struct place place;

    (void)state;
    open_place(&place);
    remember_four(&place);
    forge_known_close(place.known);
    place.known = NULL;
    for (int which = 0; which < 2; which++) {
        assert_true(forge_journal_open(&journal, which == 0 ? place.files : place.scans, &err));
        for (size_t i = 0; i < LENGTH(payloads); i++)
            assert_true(
                forge_journal_append(journal, payloads[i], strlen(payloads[i]), NULL, &err));
        assert_true(forge_journal_close(journal, &err));
    }
    begin(&place, true);
    assert_int_equal(known_of_four(&place), 4);
    close_place(&place);
}

static void a_scan_that_changes_behind_our_back_is_not_believed(void **state)
{
    struct place place;
    size_t length = 0;
    char *bytes;

    (void)state;
    open_place(&place);
    remember_four(&place);
    begin(&place, false);
    bytes = read_file(place.scans, &length);
    bytes[length - 1] ^= 1; /* of B's */
    write_file(place.scans, bytes, length);
    assert_true(scan_is_known(&place, "A", NULL, &plain, SKETCH));
    assert_false(scan_is_known(&place, "B", NULL, &plain, ""));
    free(bytes);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_byte_is_never_believed),
        cmocka_unit_test(a_torn_file_is_known_as_far_as_it_goes),
        cmocka_unit_test(whole_records_of_nonsense_are_passed_over),
        cmocka_unit_test(a_scan_that_changes_behind_our_back_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* When a unit is tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run/retry.h"

struct row {
    uint32_t attempt;
    uint64_t first_ms, least, most;
};

static void the_wait_doubles_up_to_half_a_minute(void **state)
{
    static const struct row rows[] = {
        {1, 500, 250, 500},
        {2, 500, 500, 1000},
        {3, 500, 1000, 2000},
        {6, 500, 8000, 16000},
        {7, 500, 15000, 30000},
        {8, 500, 15000, 30000},
        {UINT32_MAX, 1, 15000, 30000},
        {1, UINT64_MAX, 15000, 30000},
        {1, 1, 1, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t least = UINT64_MAX, most = 0;

        for (uint64_t first = 0; first < 1000; first++) {
            struct forge_unit unit = {.attempt = rows[i].attempt, .first = first};
            uint64_t wait_ms = forge_retry_backoff(&unit, rows[i].first_ms);

            least = wait_ms < least ? wait_ms : least;
            most = wait_ms > most ? wait_ms : most;
        }
        assert_in_range(least, rows[i].least, rows[i].least + rows[i].least / 20);
        assert_in_range(most, rows[i].most - rows[i].most / 20, rows[i].most);
    }
}

static void units_come_back_in_the_order_they_are_due(void **state)
{
    struct forge_retries retries = {0};
    struct forge_unit unit = {0};
    uint64_t last = 0, taken = 0;

    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        struct forge_unit added = {.first = i * 7919 % 1000};

        forge_retries_add(&retries, &added, 100 + added.first);
    }
    assert_false(forge_retries_take(&retries, 99, &unit));
    assert_int_equal(forge_retries_wait(&retries, 90, 250), 10);
    assert_int_equal(forge_retries_wait(&retries, 0, 50), 50);
    assert_int_equal(forge_retries_wait(&retries, 100, 250), 0);
    for (uint64_t now = 0; now < 2000; now++) {
        while (forge_retries_take(&retries, now, &unit)) {
            assert_int_equal(unit.first + 100, now);
            assert_true(unit.first >= last);
            last = unit.first;
            taken++;
        }
    }
    assert_int_equal(taken, 1000);
    assert_int_equal(forge_retries_wait(&retries, 0, 250), 250);
    forge_retries_clear(&retries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_doubles_up_to_half_a_minute),
        cmocka_unit_test(units_come_back_in_the_order_they_are_due),
    };

    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}

/* names.c: the questions of text.h about names: which is near, which match, which comes first.
 */
#include "base/text.h"

#include <string.h>

#define NEAR_LENGTH_MAX 64

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edit distance where swapping two neighbours is one edit (optimal string alignment) and the
 * case of letters is none. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][NEAR_LENGTH_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        before[j] = last[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *spare = before;

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);

            row[j] = smaller(smaller(last[j], row[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b_length];
}

const char *forge_text_nearest(const char *wrong, const char *const *names)
{
    size_t length = strlen(wrong);
    /* A third of the name may be wrong, but never the whole of it. */
    unsigned limit = length < 2 ? 0 : (unsigned)(length < 6 ? 1 : length / 3);
    unsigned best = limit + 1;
    const char *nearest = NULL;

    if (length == 0 || length > NEAR_LENGTH_MAX)
        return NULL;
    for (; *names; names++) {
        size_t other = strlen(*names);
        unsigned far;

        if (other > NEAR_LENGTH_MAX)
            continue;
        far = distance(wrong, length, *names, other);
        if (far < best) {
            best = far;
            nearest = *names;
        }
    }
    return nearest;
}

/* Past one character: a byte and the UTF-8 continuation bytes behind it. */
static const char *next_character(const char *at)
{
    at++;
    while (((unsigned char)*at & 0xc0U) == 0x80)
        at++;
    return at;
}

bool forge_text_glob(const char *glob, const char *name)
{
    const char *star = NULL, *resume = NULL;

    while (*name) {
        if (*glob == '*') {
            star = ++glob;
            resume = name;
        } else if (*glob == '?') {
            glob++;
            name = next_character(name);
        } else if (*glob == *name) {
            glob++;
            name++;
        } else if (star) {
            glob = star;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

/* Compare the numbers at *a and *b, however long, and step past them. */
static int compare_digits(const char **a, const char **b)
{
    size_t a_length = 0, b_length = 0;
    int order;

    *a += strspn(*a, "0");
    *b += strspn(*b, "0");
    while (is_digit((*a)[a_length]))
        a_length++;
    while (is_digit((*b)[b_length]))
        b_length++;
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    order = strncmp(*a, *b, a_length);
    *a += a_length;
    *b += b_length;
    return order;
}

int forge_text_compare_natural(const char *a, const char *b)
{
    const char *left = a, *right = b;

    while (*left && *right) {
        if (is_digit(*left) && is_digit(*right)) {
            int order = compare_digits(&left, &right);

            if (order != 0)
                return order;
        } else if (*left != *right) {
            break;
        } else {
            left++;
            right++;
        }
    }
    if (*left != *right)
        return (unsigned char)*left < (unsigned char)*right ? -1 : 1;
    /* "f01" and "f1" are the same number: the order must still be total. */
    return strcmp(a, b);
}

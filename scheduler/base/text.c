#include "base/text.h"

#include "base/assert.h"

#include <limits.h>
#include <string.h>

enum { WORD_MAX = 63 };

bool text_copy(char *to, size_t bytes, const char *from)
{
    ASSERT(bytes > 0);
    const size_t length = from == NULL ? 0 : strlen(from);
    const size_t kept = length < bytes ? length : bytes - 1;

    if (kept > 0) {
        memcpy(to, from, kept);
    }
    to[kept] = '\0';
    return kept == length;
}

bool text_equal(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

int text_distance(const char *a, const char *b)
{
    int row[3][WORD_MAX + 1]; /* the row before the last, the last, the current */
    const size_t rows = strlen(a);
    const size_t columns = strlen(b);

    if (rows > WORD_MAX || columns > WORD_MAX) {
        return INT_MAX;
    }
    for (size_t j = 0; j <= columns; j++) {
        row[1][j] = (int)j;
    }
    for (size_t i = 1; i <= rows; i++) {
        row[2][0] = (int)i;
        for (size_t j = 1; j <= columns; j++) {
            const int substitution = row[1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            int best = smaller(substitution, smaller(row[1][j], row[2][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = smaller(best, row[0][j - 2] + 1);
            }
            row[2][j] = best;
        }
        memcpy(row[0], row[1], sizeof row[0]);
        memcpy(row[1], row[2], sizeof row[1]);
    }
    return row[1][columns];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    const int length = (int)strlen(word);
    int best =
        length <= 3 ? 2 : length / 3 + 2; /* one slip in a short word, a third of a long one */

    for (size_t i = 0; i < count; i++) {
        const int distance = text_distance(word, candidates[i]);
        if (distance < best || (length >= 3 && strncmp(word, candidates[i], (size_t)length) == 0)) {
            nearest = candidates[i];
            best = smaller(best, distance);
        }
    }
    return nearest;
}

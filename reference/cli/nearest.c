#include "reference/cli/nearest.h"

#include <string.h>

/* Row by row of Wagner and Fischer's table: row[j] is the distance of a's first i bytes to b's first j. */
gsize cli_distance(const char *a, const char *b)
{
    const gsize n = strlen(b);
    g_autofree gsize *row = g_new(gsize, n + 1);
    for (gsize j = 0; j <= n; j++)
        row[j] = j;
    for (gsize i = 0; a[i] != '\0'; i++) {
        gsize diagonal = row[0];
        row[0] = i + 1;
        for (gsize j = 0; j < n; j++) {
            const gsize exchanged = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = MIN(exchanged, MIN(row[j], row[j + 1]) + 1);
        }
    }
    return row[n];
}

gboolean cli_is_near(const char *wanted, gsize distance)
{
    return 3 * distance <= strlen(wanted);
}

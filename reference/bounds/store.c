#include "reference/bounds/store.h"

#include "reference/tensor/clones.h"

#include <stdint.h>
#include <string.h>

/* Selections are by masks, 0 or -1: a branch would keep the compiler from taking several elements at a time. */
static inline int64_t select_bits(int64_t mask, int64_t yes, int64_t no)
{
    return no ^ (mask & (yes ^ no));
}

static inline int64_t bits_of(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double from_bits(int64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* nextafter(x, INFINITY) of a number that is finite and not -0, which no sum of s and a positive error is. */
static inline double next_up(double x)
{
    const int64_t bits = bits_of(x);
    return from_bits(bits + 1 + 2 * (bits >> 63));
}

CLONES static int64_t store_floats(const double *restrict s, const double *restrict error, const float *restrict points,
                                   gsize n, float *restrict low, float *restrict high)
{
    int64_t apart = 0;
    for (gsize i = 0; i < n; i++) {
        const double e = error[i] * (1 + 0x1p-40);
        const int64_t wide = -(int64_t)(e > 0), s_bits = bits_of(s[i]);
        const double below = -next_up(e - s[i]), above = next_up(s[i] + e);
        const float l = (float)from_bits(select_bits(wide, bits_of(below), s_bits));
        const float h = (float)from_bits(select_bits(wide, bits_of(above), s_bits));
        low[i] = l == h ? points[i] : l;
        high[i] = l == h ? points[i] : h;
        apart |= l != h;
    }
    return apart;
}

gboolean bounds_store_floats(const double *s, const double *error, const float *points, gsize n, float *low,
                             float *high)
{
    return store_floats(s, error, points, n, low, high) != 0;
}

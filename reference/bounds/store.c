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

/* nextafter(x, -INFINITY), and upwards for -x, of a number that is not NaN nor -infinity. */
static inline double next_down(double x)
{
    const int64_t bits = bits_of(x + 0.0); /* one zero: +0, whose neighbour is the smallest subnormal */
    return from_bits(select_bits(-(int64_t)(bits == 0), INT64_MIN + 1, bits - 1 - 2 * (bits >> 63)));
}

CLONES static int64_t store_floats(const double *restrict s, const double *restrict error, const float *restrict points,
                                   gsize n, float *restrict low, float *restrict high)
{
    int64_t apart = 0;
    for (gsize i = 0; i < n; i++) {
        const double e = error[i] * (1 + 0x1p-40);
        const int64_t wide = -(int64_t)(e > 0), s_bits = bits_of(s[i]);
        const double below = next_down(s[i] - e), above = -next_down(-s[i] - e);
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

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

static inline float select_float(gboolean which, float yes, float no)
{
    int32_t a, b;
    memcpy(&a, &yes, sizeof a);
    memcpy(&b, &no, sizeof b);
    b ^= -(int32_t)which & (a ^ b);
    memcpy(&no, &b, sizeof b);
    return no;
}

#define VECTOR 16

/* n is a multiple of VECTOR: what a compiler makes for the rest of a row takes as long as several vectors. */
CLONES static int32_t store_vectors(const double *restrict s, const double *restrict error, const float *restrict points,
                                    gsize n, float *restrict low, float *restrict high)
{
    int32_t apart = 0;
    for (gsize i = 0; i < n; i++) {
        const double e = error[i] * (1 + 0x1p-40);
        const int64_t wide = -(int64_t)(e > 0), s_bits = bits_of(s[i]);
        const double below = -next_up(e - s[i]), above = next_up(s[i] + e);
        const float l = (float)from_bits(select_bits(wide, bits_of(below), s_bits));
        const float h = (float)from_bits(select_bits(wide, bits_of(above), s_bits));
        low[i] = select_float(l == h, points[i], l);
        high[i] = select_float(l == h, points[i], h);
        apart |= l != h;
    }
    return apart;
}

gboolean bounds_store_floats(const double *s, const double *error, const float *points, gsize n, float *low,
                             float *high)
{
    const gsize whole = n - n % VECTOR, rest = n - whole;
    int32_t apart = store_vectors(s, error, points, whole, low, high);
    if (rest > 0) {
        double last[VECTOR] = { 0 }, last_error[VECTOR] = { 0 };
        float last_points[VECTOR] = { 0 }, last_low[VECTOR], last_high[VECTOR];
        memcpy(last, s + whole, rest * sizeof *last);
        memcpy(last_error, error + whole, rest * sizeof *last_error);
        memcpy(last_points, points + whole, rest * sizeof *last_points);
        apart |= store_vectors(last, last_error, last_points, VECTOR, last_low, last_high);
        memcpy(low + whole, last_low, rest * sizeof *low);
        memcpy(high + whole, last_high, rest * sizeof *high);
    }
    return apart != 0;
}

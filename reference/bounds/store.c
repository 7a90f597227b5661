#include "reference/bounds/store.h"

#include "reference/tensor/clones.h"
#include "reference/tensor/select.h"

#include <stdint.h>
#include <string.h>

/* nextafter(x, INFINITY) of a number that is finite and not -0, which no sum of s and a positive error is. */
static inline double next_up(double x)
{
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits += 1 + 2 * (bits >> 63);
    memcpy(&x, &bits, sizeof bits);
    return x;
}

#define VECTOR 16

/* n is a multiple of VECTOR: what a compiler makes for the rest of a row takes as long as several vectors. */
CLONES static int32_t store_vectors(const double *restrict s, const double *restrict error, const float *restrict points,
                                    gsize n, float *restrict low, float *restrict high)
{
    int32_t apart = 0;
    for (gsize i = 0; i < n; i++) {
        const double e = error[i] * (1 + 0x1p-40);
        const float l = (float)select_double(e > 0, -next_up(e - s[i]), s[i]);
        const float h = (float)select_double(e > 0, next_up(s[i] + e), s[i]);
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

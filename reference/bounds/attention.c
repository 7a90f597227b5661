#include "reference/bounds/attention.h"

#include "reference/bounds/derivation.h"
#include "reference/bounds/relaxation.h"
#include "reference/bounds/sums.h"
#include "reference/tensor/float_format.h"

#include <limits.h>
#include <math.h>
#include <sleef.h>

/* Of sums as they are computed here, in binary64: relative to the sum of magnitudes. */
#define OWN(n) (((double)(n) + 4) * 0x1p-52)

static double radius_at(const double *radius, gsize i)
{
    return radius ? radius[i] : 0;
}

/* u_o: of storing in the tensors' own type, where that is narrower than the computing type; else 0. */
static double storage_unit(DType dtype)
{
    if (relaxation_in_force()->unfused)
        return 0;
    return bounds_compute_type(dtype) == dtype ? 0 : ldexp(1, -dtype_info(dtype)->format->mantissa_bits - 1);
}

static gboolean is_power_of_two(double x)
{
    int exponent;
    return frexp(x, &exponent) == 0.5;
}

/* ---- scores ---------------------------------------------------------------------------------------------------------- */

typedef struct {
    double value, magnitude, spread, terms; /* spread: what radii may move */
    int    lowest;
} Dot;

static Dot dot_of(DType dtype, const double *a, const double *a_radius, const double *b, const double *b_radius, gsize n)
{
    Dot dot = { .lowest = INT_MAX };
    for (gsize d = 0; d < n; d++) {
        const double ra = radius_at(a_radius, d) + relaxation_demotion(dtype, a[d]);
        const double rb = radius_at(b_radius, d) + relaxation_demotion(dtype, b[d]), product = a[d] * b[d];
        dot.value += product;
        dot.magnitude += fabs(product);
        dot.spread += fabs(a[d]) * rb + fabs(b[d]) * ra + ra * rb;
        dot.terms += product != 0 || ra + rb > 0;
        dot.lowest = MIN(dot.lowest, bounds_lowest_bit(product));
    }
    return dot;
}

/* What the other reading of the scale moves a score by, relatively, beyond what the rounding of two roots is charged for. */
static double other_reading(double scale, double other, double charged)
{
    return scale > 0 && !relaxation_in_force()->unfused ? MAX(0, fabs(other / scale - 1) * (1 + 0x1p-40) - charged) : 0;
}

void bounds_attention_scores(DType dtype, const double *q, const double *q_radius, const double *keys,
                             const double *keys_radius, gsize n, gsize depth, double scale, double other,
                             double *scores, double *errors)
{
    const double u = bounds_unit(dtype), stored = storage_unit(dtype), root = sqrt(scale);
    for (gsize j = 0; j < n; j++) {
        const Dot dot = dot_of(dtype, q, q_radius, keys + j * depth, keys_radius ? keys_radius + j * depth : NULL, depth);
        const double total = scale * (dot.magnitude + dot.spread), s = scale * dot.value;
        scores[j] = s;
        errors[j] = scale * dot.spread * (1 + 0x1p-40);
        if (dot.terms == 0)
            continue;
        const gboolean shifts = is_power_of_two(root); /* scaling changes exponents alone */
        if (dot.spread > 0 || !shifts || !bounds_sum_exact(dtype, dot.magnitude, dot.lowest))
            errors[j] += (dot.terms + 4) * u * total + dot.terms * bounds_tiny(dtype) + OWN(depth) * total +
                         relaxation_dot_excess(dtype, dot.terms, total, dot.terms * u * total);
        if (!shifts)
            errors[j] += (2 * stored + other_reading(scale, other, 2 * (u + stored))) * total;
        if (errors[j] > 0 || (stored > 0 && bounds_nearest(dtype, s) != s))
            errors[j] += stored * (fabs(s) + errors[j]);
        derivation_note("attention/scores", dtype, dot.terms, errors[j]);
    }
}

void bounds_attention_softcap(DType dtype, double softcap, gsize n, double *scores, double *errors)
{
    const double u = bounds_unit(dtype), stored = storage_unit(dtype);
    for (gsize j = 0; j < n; j++) {
        if (scores[j] == 0 && errors[j] == 0)
            continue;
        scores[j] = softcap * Sleef_cinz_tanhd1_u10purec(scores[j] / softcap);
        errors[j] += 4 * (relaxation_functions(dtype) * u + stored + 0x1p-52) * fabs(softcap);
        derivation_note("attention/softcap", dtype, 0, errors[j]);
    }
}

void bounds_attention_bias_error(DType dtype, double bias, double score, double *error)
{
    const DType held = storage_unit(dtype) > 0 ? dtype : bounds_compute_type(dtype);
    if (isinf(bias))
        *error = 0;
    else if (bias != 0 && (*error > 0 || bounds_nearest(held, score) != score))
        *error += MAX(bounds_unit(dtype), storage_unit(dtype)) * (fabs(score) + *error);
}

void bounds_attention_bias(DType dtype, const double *bias, gsize n, double *scores, double *errors)
{
    for (gsize j = 0; j < n; j++) {
        scores[j] += bias[j];
        bounds_attention_bias_error(dtype, bias[j], scores[j], &errors[j]);
    }
}

/* ---- the weighted sum ------------------------------------------------------------------------------------------------- */

/* Column d of the values. */
typedef struct {
    const double *v, *radius;
    gsize         step;
    DType         dtype;
} Column;

static double at(const Column *c, gsize j)
{
    return c->v[j * c->step];
}

static double column_radius(const Column *c, gsize j)
{
    return (c->radius ? c->radius[j * c->step] : 0) + relaxation_demotion(c->dtype, c->v[j * c->step]);
}

static Dot mixed(const double *p, const double *p_radius, const Column *c, gsize n)
{
    Dot dot = { .lowest = INT_MAX };
    for (gsize j = 0; j < n; j++) {
        const double r = radius_at(p_radius, j) + relaxation_demotion(c->dtype, p[j]), product = p[j] == 0 ? 0 : p[j] * at(c, j);
        if (p[j] == 0 && r == 0) /* a weight that vanishes hides even an infinite value's radius */
            continue;
        dot.value += product;
        dot.magnitude = p[j] == 0 ? dot.magnitude : fma(fabs(p[j]), fabs(at(c, j)), dot.magnitude);
        dot.spread += fabs(p[j]) * column_radius(c, j) + r * (fabs(at(c, j)) + column_radius(c, j));
        dot.terms += 1;
        dot.lowest = MIN(dot.lowest, bounds_lowest_bit(product));
    }
    return dot;
}

void bounds_attention_mix(DType dtype, const double *p, const double *w, gboolean exact, const double *values,
                          const double *values_radius, gsize n, gsize depth, double *out, double *errors)
{
    const double u = bounds_unit(dtype), stored = storage_unit(dtype);
    double common = 0;
    gboolean narrow = FALSE; /* whether some weight is rounded when it is stored */
    for (gsize j = 0; j < n; j++) {
        common += p[j] > 0 ? p[j] * w[j] : 0;
        narrow |= bounds_nearest(dtype, p[j]) != p[j];
    }
    for (gsize d = 0; d < depth; d++) {
        const Column c = { values + d, values_radius ? values_radius + d : NULL, depth, dtype };
        const Dot dot = mixed(p, NULL, &c, n);
        out[d] = dot.value;
        errors[d] = dot.spread;
        if (exact && dot.spread == 0 && bounds_sum_exact(dtype, dot.magnitude, dot.lowest))
            continue;
        double moved = 0;
        for (gsize j = 0; j < n; j++)
            moved = p[j] > 0 ? fma(p[j] * w[j], fabs(at(&c, j) - dot.value) + column_radius(&c, j), moved) : moved;
        const double total = dot.magnitude + dot.spread, blocks = ceil(dot.terms / 16);
        errors[d] += common < 1 ? moved / (1 - common) : INFINITY;
        const double divided = 2 * relaxation_quotient(dtype); /* the sum of weights divides, them or their mix */
        errors[d] += ((dot.terms + blocks + 2 + divided) * u + OWN(n) + 0x1p-45) * (total + fabs(dot.value)) +
                     relaxation_dot_excess(dtype, dot.terms, total, dot.terms * u * total) + (narrow ? stored * total : 0);
        derivation_note("attention/mix", dtype, dot.terms, errors[d]);
    }
}

void bounds_weighted_sum(DType dtype, const double *p, const double *p_radius, const double *values,
                         const double *values_radius, gsize n, gsize depth, double *out, double *errors)
{
    for (gsize d = 0; d < depth; d++) {
        const Column c = { values + d, values_radius ? values_radius + d : NULL, depth, dtype };
        const Dot dot = mixed(p, p_radius, &c, n);
        const double total = dot.magnitude + dot.spread;
        out[d] = dot.value;
        errors[d] = dot.spread * (1 + 0x1p-40);
        if (dot.spread > 0 || !bounds_sum_exact(dtype, dot.magnitude, dot.lowest))
            errors[d] += bounds_dot(dtype, dot.terms, total) + OWN(n) * total;
        derivation_note("attention/weighted-sum", dtype, dot.terms, errors[d]);
    }
}

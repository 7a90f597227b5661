#include "golden/compare/element.h"

#include "reference/tensor/convert.h"

#include <math.h>
#include <string.h>

static gboolean within(double y, double g, double rtol, double atol)
{
    return fabs(y - g) <= atol + rtol * fabs(g);
}

/* Errors as a share of what is allowed on the side of the golden where the value lies. */
static double share(double y, double g, double lower, double upper)
{
    if (y == g)
        return 0;
    const double allowed = y > g ? upper - g : g - lower;
    return allowed > 0 ? fabs(y - g) / allowed : INFINITY;
}

static ElementJudgement judge_float(const CompareSpec *spec, double g, double lower, double upper, double y)
{
    if (isnan(g) || isnan(y)) {
        const gboolean right = isnan(g) && isnan(y);
        return (ElementJudgement){ right, right, right ? 0 : INFINITY };
    }
    if (y == g) {
        const gboolean right = spec->free_zero_sign || spec->mode == COMPARE_TOLERANCE || g != 0 || signbit(g) == signbit(y);
        return (ElementJudgement){ right, TRUE, right ? 0 : INFINITY };
    }
    const gboolean legacy = within(y, g, 1e-3, 1e-7) && !isinf(g) && !isinf(y);
    switch (spec->mode) {
    case COMPARE_INTERVAL:
        return (ElementJudgement){ lower <= y && y <= upper, legacy, share(y, g, lower, upper) };
    case COMPARE_TOLERANCE: {
        const double allowed = spec->atol + spec->rtol * fabs(g);
        const gboolean right = !isinf(g) && !isinf(y) && within(y, g, spec->rtol, spec->atol);
        return (ElementJudgement){ right, legacy, allowed > 0 && !isinf(y) && !isinf(g) ? fabs(y - g) / allowed : INFINITY };
    }
    default:
        return (ElementJudgement){ FALSE, legacy, INFINITY };
    }
}

/* Integers: values as sign-extended 64-bit patterns, compared in the order of their signedness. */
static ElementJudgement judge_integer(const CompareSpec *spec, gboolean is_signed, uint64_t g, uint64_t lower, uint64_t upper,
                               uint64_t y)
{
    if (y == g)
        return (ElementJudgement){ TRUE, TRUE, 0 };
    const double dg = is_signed ? (double)(int64_t)g : (double)g, dy = is_signed ? (double)(int64_t)y : (double)y;
    const double dl = is_signed ? (double)(int64_t)lower : (double)lower;
    const double du = is_signed ? (double)(int64_t)upper : (double)upper;
    const gboolean inside = is_signed ? (int64_t)lower <= (int64_t)y && (int64_t)y <= (int64_t)upper
                                      : lower <= y && y <= upper;
    const gboolean legacy = within(dy, dg, 1e-3, 1e-7);
    switch (spec->mode) {
    case COMPARE_INTERVAL:
        return (ElementJudgement){ inside, legacy, share(dy, dg, dl, du) };
    case COMPARE_TOLERANCE:
        return (ElementJudgement){ within(dy, dg, spec->rtol, spec->atol), legacy, share(dy, dg, dg - spec->atol - spec->rtol * fabs(dg),
                                                                                    dg + spec->atol + spec->rtol * fabs(dg)) };
    default:
        return (ElementJudgement){ FALSE, legacy, INFINITY };
    }
}

static ElementJudgement judge_exact(gboolean equal)
{
    return (ElementJudgement){ equal, equal, equal ? 0 : INFINITY };
}

static ElementJudgement judge_string(const Tensor *golden, const Tensor *actual, int64_t i)
{
    gsize ng, ny;
    const char *g = tensor_get_string(golden, i, &ng), *y = tensor_get_string(actual, i, &ny);
    return judge_exact(ng == ny && memcmp(g, y, ng) == 0);
}

static ElementJudgement judge_complex(const CompareSpec *spec, const Tensor *golden, const Tensor *actual, int64_t i)
{
    const DType part = golden->dtype == DTYPE_COMPLEX128 ? DTYPE_DOUBLE : DTYPE_FLOAT;
    const gsize width = (gsize)dtype_info(golden->dtype)->width;
    double g[2], y[2];
    convert_to_double(part, (const uint8_t *)golden->data + (gsize)i * width, g, 2);
    convert_to_double(part, (const uint8_t *)actual->data + (gsize)i * width, y, 2);
    const ElementJudgement a = judge_float(spec, g[0], g[0], g[0], y[0]), b = judge_float(spec, g[1], g[1], g[1], y[1]);
    return (ElementJudgement){ a.right && b.right, a.legacy && b.legacy, MAX(a.margin, b.margin) };
}

static uint64_t integer_at(const Tensor *t, int64_t i)
{
    uint64_t value;
    convert_to_uint64(t->dtype, (const uint8_t *)t->data + (gsize)i * (gsize)dtype_info(t->dtype)->width, &value, 1);
    return value;
}

ElementJudgement element_judge(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                               const Tensor *actual, int64_t i)
{
    const DTypeInfo *info = dtype_info(golden->dtype);
    if (info->domain == DOMAIN_STRING)
        return judge_string(golden, actual, i);
    if (spec->mode == COMPARE_BITS)
        return judge_exact(memcmp((const uint8_t *)golden->data + i * info->width,
                                  (const uint8_t *)actual->data + i * info->width, (gsize)info->width) == 0);
    switch (info->domain) {
    case DOMAIN_COMPLEX:
        return judge_complex(spec, golden, actual, i);
    case DOMAIN_FLOAT:
        return judge_float(spec, tensor_get_double(golden, i), tensor_get_double(lower, i), tensor_get_double(upper, i),
                           tensor_get_double(actual, i));
    default:
        return judge_integer(spec, info->domain == DOMAIN_SIGNED, integer_at(golden, i), integer_at(lower, i),
                             integer_at(upper, i), integer_at(actual, i));
    }
}

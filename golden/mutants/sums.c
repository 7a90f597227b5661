#include "golden/mutants/sums.h"

#include <math.h>

MUTANT_DEFINE(dot_last, "dot-last-term", MUST_DIE, 27, "sums of products drop the last term")
MUTANT_DEFINE(dot_tail, "dot-tail-twice", MUST_DIE, 28, "the last tile of 4, where it is not full, reads its first term twice")
MUTANT_DEFINE(dot_f16, "dot-f16-accumulator", MUST_DIE, 29, "sums of products are accumulated in float16")
MUTANT_DEFINE(dot_bf16, "dot-bf16-accumulator", MUST_DIE, 29, "sums of products are accumulated in bfloat16")
MUTANT_DEFINE(dot_tf32, "dot-tf32-operands", MUST_DIE, 30, "operands of float are cut to 11 significant bits (tf32)")
MUTANT_DEFINE(dot_bf16_operands, "dot-bf16-operands", MUST_DIE, 30, "operands of float are rounded to bfloat16")
MUTANT_DEFINE(dot_double_float, "dot-double-in-float", MUST_DIE, 29, "sums of doubles are accumulated in float")
MUTANT_DEFINE(dot_scaled, "dot-scaled", MUST_DIE, 0, "every sum of products is too large by 5 in 10,000")
MUTANT_DEFINE(dot_reversed, "dot-reversed", MUST_LIVE, 0, "sums of products run from the last term to the first")
MUTANT_DEFINE(dot_pairwise, "dot-pairwise", MUST_LIVE, 0, "sums of products are taken pairwise")
MUTANT_DEFINE(dot_lanes, "dot-lanes", MUST_LIVE, 0, "sums of products are kept in 8 lanes")
MUTANT_DEFINE(dot_split, "dot-split-k", MUST_LIVE, 0, "sums of products are split in 3 parts, added at the end")
MUTANT_DEFINE(dot_fused, "dot-fused", MUST_LIVE, 0, "products and sums of floats are fused")
MUTANT_DEFINE(dot_wide, "dot-double", MUST_LIVE, 0, "sums of products are accumulated in double")

/* float16 has 11 significant bits and so has tf32, but the latter all exponents of float. */
static double cut(double x)
{
    int e;
    if (x == 0 || !isfinite(x))
        return x;
    const double m = frexp(x, &e);
    return ldexp(nearbyint(ldexp(m, 11)), e - 11);
}

typedef struct {
    DType         type;
    const double *a, *b;
    int64_t       step_a, step_b;
    gboolean      cut, bf16;
} Terms;

static double operand(const Terms *t, double x)
{
    return t->cut ? cut(x) : t->bf16 ? format_round(DTYPE_BFLOAT16, x) : x;
}

static double left(const Terms *t, int64_t i)
{
    return operand(t, t->a[i * t->step_a]);
}

static double term(const Terms *t, int64_t i)
{
    return t->b ? format_round(t->type, left(t, i) * operand(t, t->b[i * t->step_b])) : left(t, i);
}

static double straight(const Terms *t, int64_t first, int64_t last)
{
    double sum = 0;
    for (int64_t i = first; i < last; i++)
        sum = format_round(t->type, sum + term(t, i));
    return sum;
}

static double reversed(const Terms *t, int64_t n)
{
    double sum = 0;
    for (int64_t i = n - 1; i >= 0; i--)
        sum = format_round(t->type, sum + term(t, i));
    return sum;
}

static double pairwise(const Terms *t, int64_t first, int64_t last)
{
    const int64_t middle = first + (last - first) / 2;
    return last - first <= 1 ? straight(t, first, last) : format_round(t->type, pairwise(t, first, middle) + pairwise(t, middle, last));
}

static double lanes(const Terms *t, int64_t n)
{
    double lane[8] = { 0 };
    for (int64_t i = 0; i < n; i++)
        lane[i % 8] = format_round(t->type, lane[i % 8] + term(t, i));
    return straight(&(Terms){ .type = t->type, .a = lane, .step_a = 1 }, 0, 8);
}

static double split(const Terms *t, int64_t n)
{
    const double parts[3] = { straight(t, 0, n / 3), straight(t, n / 3, 2 * n / 3), straight(t, 2 * n / 3, n) };
    return straight(&(Terms){ .type = t->type, .a = parts, .step_a = 1 }, 0, 3);
}

static double fused(const Terms *t, int64_t n)
{
    float sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum = fmaf((float)left(t, i), (float)operand(t, t->b[i * t->step_b]), sum);
    return (double)sum;
}

static double mistaken(const Terms *t, int64_t n)
{
    if (n > 1 && mutant(dot_last))
        return straight(t, 0, n - 1);
    if (n % 4 != 0 && mutant(dot_tail))
        return format_round(t->type, straight(t, 0, n) + term(t, n / 4 * 4));
    return mutant(dot_scaled) ? straight(t, 0, n) * 1.0005 : straight(t, 0, n);
}

double sums_dot(DType type, const double *a, int64_t step_a, const double *b, int64_t step_b, int64_t n)
{
    Terms t = { type, a, b, step_a, step_b, FALSE, FALSE };
    if (type == DTYPE_DOUBLE && mutant(dot_double_float))
        t.type = DTYPE_FLOAT;
    if (type == DTYPE_FLOAT && mutant(dot_wide))
        t.type = DTYPE_DOUBLE;
    if (type == DTYPE_FLOAT && b) {
        t.cut = mutant(dot_tf32);
        t.bf16 = mutant(dot_bf16_operands);
    }
    if (type == DTYPE_FLOAT && mutant(dot_f16))
        t.type = DTYPE_FLOAT16;
    if (type == DTYPE_FLOAT && mutant(dot_bf16))
        t.type = DTYPE_BFLOAT16;
    if (type == DTYPE_FLOAT && b && mutant(dot_fused))
        return fused(&t, n);
    return mutant(dot_reversed)   ? reversed(&t, n)
           : mutant(dot_pairwise) ? pairwise(&t, 0, n)
           : mutant(dot_lanes)    ? lanes(&t, n)
           : mutant(dot_split)    ? split(&t, n)
                                  : mistaken(&t, n);
}

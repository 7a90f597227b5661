/* Operators on single elements, for floats; other types run in the operators' own kernels. Text: each operator's own. */
#include "golden/mutants/functions.h"
#include "golden/mutants/naive.h"

#include <math.h>

MUTANT_DEFINE(add_flushes, "add-flushes", MUST_LIVE, 0, "Add, Sub and Mul of float flush subnormal answers to zero: a mode that engines declare")
MUTANT_DEFINE(mul_bf16, "mul-bf16", MUST_DIE, 30, "Mul rounds its operands to bfloat16")
MUTANT_DEFINE(mul_f16, "mul-f16", MUST_DIE, 29, "Mul of float rounds its result to float16")
MUTANT_DEFINE(mul_zero_wins, "mul-zero-wins", MUST_DIE, 10, "Mul gives 0 for 0 times infinity or NaN")
MUTANT_DEFINE(div_reciprocal, "div-reciprocal", MUST_DIE, 0, "Div of float multiplies by a reciprocal rounded to bfloat16")
MUTANT_DEFINE(sub_swapped, "sub-swapped", MUST_DIE, 0, "Sub takes its operands for each other")
MUTANT_DEFINE(tanh_coarse, "tanh-coarse", MUST_DIE, 0, "Tanh keeps 11 significant bits")
MUTANT_DEFINE(sigmoid_hard, "sigmoid-hard", MUST_DIE, 0, "Sigmoid is the piecewise linear max(0, min(1, x/6 + 1/2))")
MUTANT_DEFINE(sigmoid_overflows, "sigmoid-by-quotient", MUST_DIE, 39, "Sigmoid is exp(x) / (1 + exp(x)): NaN for large x")
MUTANT_DEFINE(sigmoid_by_tanh, "sigmoid-by-tanh", MUST_LIVE, 0, "Sigmoid is (1 + tanh(x/2)) / 2, in double")
MUTANT_DEFINE(relu_leaks, "relu-leaks", MUST_DIE, 0, "Relu lets a hundredth of what is negative pass")
MUTANT_DEFINE(round_away, "round-half-away", MUST_DIE, 2, "Round rounds ties away from zero")
MUTANT_DEFINE(relu_nan, "relu-nan", MUST_LIVE, 10, "Relu gives 0 for NaN: the text says max(0, x) and nothing of NaN")
MUTANT_DEFINE(minmax_nan, "max-ignores-nan", MUST_LIVE, 10, "Max and Min give the other operand for NaN, as IEEE 754's maximumNumber does: the text does not say which maximum")
MUTANT_DEFINE(mod_python, "mod-floored", MUST_DIE, 0, "Mod with fmod = 1 gives the sign of the divisor")
MUTANT_DEFINE(floor_truncates, "floor-truncates", EQUIVALENT, 1, "Floor drops the fraction; the proposals take it of |x| + 1/2 alone, which is positive")
MUTANT_DEFINE(neg_zero, "neg-from-zero", MUST_DIE, 9, "Neg is 0 - x: +0 for +0")
MUTANT_DEFINE(abs_zero, "abs-keeps-zero-sign", EQUIVALENT, 9, "Abs keeps the sign of -0; the proposals compare |x|, add 1/2 to it or take a maximum of it, where -0 and +0 are one")
MUTANT_DEFINE(clip_order, "clip-order", EQUIVALENT, 0, "Clip looks at max first: where min > max it gives min; no proposal has such a range")
MUTANT_DEFINE(compare_equal, "compare-includes-equal", MUST_DIE, 35, "Greater and Less count equal as greater and less")
MUTANT_DEFINE(compare_excludes, "compare-excludes-equal", MUST_DIE, 35, "GreaterOrEqual and LessOrEqual do not count equal")
MUTANT_DEFINE(gelu_tanh, "gelu-always-tanh", MUST_DIE, 46, "Gelu always takes the tanh approximation")

typedef enum { ADD, SUB, MUL, DIV, MAX_OF, MIN_OF, FMOD, GREATER, LESS, GREATER_EQUAL, LESS_EQUAL, POW } Binary;
typedef enum { EXP, LOG, SQRT, TANH, SIGMOID, RELU, ROUND, FLOOR, CEIL, NEG, ABS, RECIPROCAL, ERF, SIN, COS, SOFTPLUS } Unary;

/* One rounding to the type of the tensor: float arithmetic is double arithmetic rounded to float, for + - * / and sqrt. */
static double coarse(double x)
{
    if (x == 0 || !isfinite(x))
        return x;
    int e;
    const double m = frexp(x, &e);
    return ldexp(nearbyint(ldexp(m, 11)), e - 11);
}

static double flushed(double x)
{
    return mutant(add_flushes) && fabs(x) < 0x1p-126 ? copysign(0, x) : x;
}

static double extreme(double a, double b, gboolean largest)
{
    if (isnan(a) || isnan(b))
        return mutant(minmax_nan) ? (isnan(a) ? b : a) : NAN;
    if (a == b)
        return signbit(a) != largest ? a : b;
    return (a > b) == largest ? a : b;
}

static double product(DType dtype, double a, double b)
{
    if (mutant(mul_bf16)) {
        a = format_round(DTYPE_BFLOAT16, a);
        b = format_round(DTYPE_BFLOAT16, b);
    }
    if (mutant(mul_zero_wins) && (a == 0 || b == 0))
        return 0;
    const double p = flushed(a * b);
    return dtype == DTYPE_FLOAT && mutant(mul_f16) ? format_round(DTYPE_FLOAT16, p) : p;
}

static double binary(Binary op, DType dtype, double a, double b)
{
    switch (op) {
    case ADD:
        return flushed(a + b);
    case SUB:
        return mutant(sub_swapped) ? b - a : flushed(a - b);
    case MUL:
        return product(dtype, a, b);
    case DIV:
        return dtype == DTYPE_FLOAT && mutant(div_reciprocal) ? a * format_round(DTYPE_BFLOAT16, 1 / b) : a / b;
    case MAX_OF:
        return extreme(a, b, TRUE);
    case MIN_OF:
        return extreme(a, b, FALSE);
    case FMOD:
        return fmod(a, b) + (mutant(mod_python) && fmod(a, b) != 0 && (a < 0) != (b < 0) ? b : 0);
    case GREATER:
        return mutant(compare_equal) ? a >= b : a > b;
    case LESS:
        return mutant(compare_equal) ? a <= b : a < b;
    case GREATER_EQUAL:
        return mutant(compare_excludes) ? a > b : a >= b;
    case LESS_EQUAL:
        return mutant(compare_excludes) ? a < b : a <= b;
    case POW:
        return pow(a, b);
    }
    return 0;
}

static double sigmoid(double x)
{
    if (mutant(sigmoid_hard))
        return fmax(0, fmin(1, x / 6 + 0.5));
    if (mutant(sigmoid_overflows))
        return (double)(expf((float)x) / (1 + expf((float)x)));
    return mutant(sigmoid_by_tanh) && x > -15 ? 0.5 * (1 + tanh(x / 2)) : 1 / (1 + exp(-x));
}

static double unary(Unary op, double x)
{
    switch (op) {
    case EXP:
        return function_exp(x);
    case LOG:
        return log(x);
    case SQRT:
        return function_sqrt(x);
    case TANH:
        return mutant(tanh_coarse) ? coarse(tanh(x)) : tanh(x);
    case SIGMOID:
        return sigmoid(x);
    case RELU:
        if (isnan(x))
            return mutant(relu_nan) ? 0 : x;
        return x > 0 ? x : mutant(relu_leaks) ? x / 100 : 0;
    case ROUND:
        return mutant(round_away) ? round(x) : nearbyint(x);
    case FLOOR:
        return mutant(floor_truncates) ? trunc(x) : floor(x);
    case CEIL:
        return ceil(x);
    case NEG:
        return mutant(neg_zero) ? 0 - x : -x;
    case ABS:
        return mutant(abs_zero) && x == 0 ? x : fabs(x);
    case RECIPROCAL:
        return 1 / x;
    case ERF:
        return erf(x);
    case SIN:
        return sin(x);
    case COS:
        return cos(x);
    case SOFTPLUS:
        return fmax(x, 0) + log1p(exp(-fabs(x)));
    }
    return 0;
}

/* ---- loops -------------------------------------------------------------------------------------------------------------- */

static gboolean is_float(const Tensor *t)
{
    return t && format_is_float(t->dtype) && t->dtype != DTYPE_FLOAT8E8M0;
}

static gboolean run_unary(Eval *ev, Unary op, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (!is_float(x))
        return eval_own_kernel(ev, error);
    g_autofree double *v = naive_read(x);
    for (int64_t i = 0; i < x->count; i++)
        v[i] = unary(op, v[i]);
    return naive_give(ev, 0, x->dtype, &x->shape, v, error);
}

static gboolean run_binary(Eval *ev, Binary op, GError **error)
{
    const gboolean compares = op >= GREATER && op <= LESS_EQUAL;
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    Shape shape;
    if (eval_input_count(ev) != 2 || eval_has(ev, "broadcast") || !(is_float(a) || (compares && format_is_int(a->dtype))) || a->dtype != b->dtype ||
        !shape_broadcast(&a->shape, &b->shape, &shape))
        return eval_own_kernel(ev, error);
    const int64_t count = shape_count(&shape);
    g_autofree double *x = naive_read(a), *y = naive_read(b), *z = g_new(double, count + 1);
    for (int64_t i = 0; i < count; i++) {
        int64_t index[SHAPE_MAX_RANK];
        naive_unravel(&shape, i, index);
        z[i] = binary(op, a->dtype, x[naive_broadcast(&a->shape, shape.rank, index)], y[naive_broadcast(&b->shape, shape.rank, index)]);
    }
    return naive_give(ev, 0, compares ? DTYPE_BOOL : a->dtype, &shape, z, error);
}

#define UNARY(id, op)                                                        \
    static gboolean run_##id(Eval *ev, GError **error) { return run_unary(ev, op, error); }
#define BINARY(id, op)                                                             \
    static gboolean run_##id(Eval *ev, GError **error) { return run_binary(ev, op, error); }
UNARY(exp, EXP)
UNARY(log, LOG)
UNARY(sqrt, SQRT)
UNARY(tanh, TANH)
UNARY(sigmoid, SIGMOID)
UNARY(relu, RELU)
UNARY(round, ROUND)
UNARY(floor, FLOOR)
UNARY(ceil, CEIL)
UNARY(neg, NEG)
UNARY(abs, ABS)
UNARY(reciprocal, RECIPROCAL)
UNARY(erf, ERF)
UNARY(sin, SIN)
UNARY(cos, COS)
UNARY(softplus, SOFTPLUS)
BINARY(add, ADD)
BINARY(sub, SUB)
BINARY(mul, MUL)
BINARY(div, DIV)
BINARY(max, MAX_OF)
BINARY(min, MIN_OF)
BINARY(greater, GREATER)
BINARY(less, LESS)
BINARY(greater_or_equal, GREATER_EQUAL)
BINARY(less_or_equal, LESS_EQUAL)
BINARY(pow, POW)

static gboolean run_mod(Eval *ev, GError **error)
{
    return eval_int(ev, "fmod") ? run_binary(ev, FMOD, error) : eval_own_kernel(ev, error);
}

static gboolean run_clip(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *low = eval_input(ev, 1), *high = eval_input(ev, 2);
    if (eval_version(ev) < 11 || !is_float(x) || (low && low->count != 1) || (high && high->count != 1))
        return eval_own_kernel(ev, error);
    g_autofree double *v = naive_read(x), *lowest = low ? naive_read(low) : NULL, *highest = high ? naive_read(high) : NULL;
    for (int64_t i = 0; i < x->count; i++) {
        const double a = lowest ? *lowest : -INFINITY, b = highest ? *highest : INFINITY, n = v[i];
        if (!isnan(n))
            v[i] = mutant(clip_order) ? fmax(fmin(n, b), a) : fmin(fmax(n, a), b);
    }
    return naive_give(ev, 0, x->dtype, &x->shape, v, error);
}

static gboolean run_gelu(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const char *approximate = eval_string(ev, "approximate");
    const gboolean by_tanh = (approximate && *approximate == 't') || mutant(gelu_tanh);
    g_autofree double *v = naive_read(x);
    for (int64_t i = 0; i < x->count; i++)
        v[i] = by_tanh ? 0.5 * v[i] * (1 + tanh(0.7978845608028654 * (v[i] + 0.044715 * v[i] * v[i] * v[i])))
                       : 0.5 * v[i] * erfc(-v[i] * 0.7071067811865476);
    return naive_give(ev, 0, x->dtype, &x->shape, v, error);
}

NAIVE_DEFINE(exp, "Exp", "", run_exp)
NAIVE_DEFINE(log, "Log", "", run_log)
NAIVE_DEFINE(sqrt, "Sqrt", "", run_sqrt)
NAIVE_DEFINE(tanh, "Tanh", "", run_tanh)
NAIVE_DEFINE(sigmoid, "Sigmoid", "", run_sigmoid)
NAIVE_DEFINE(relu, "Relu", "", run_relu)
NAIVE_DEFINE(round, "Round", "", run_round)
NAIVE_DEFINE(floor, "Floor", "", run_floor)
NAIVE_DEFINE(ceil, "Ceil", "", run_ceil)
NAIVE_DEFINE(neg, "Neg", "", run_neg)
NAIVE_DEFINE(abs, "Abs", "", run_abs)
NAIVE_DEFINE(reciprocal, "Reciprocal", "", run_reciprocal)
NAIVE_DEFINE(erf, "Erf", "", run_erf)
NAIVE_DEFINE(sin, "Sin", "", run_sin)
NAIVE_DEFINE(cos, "Cos", "", run_cos)
NAIVE_DEFINE(softplus, "Softplus", "", run_softplus)
NAIVE_DEFINE(add, "Add", "", run_add)
NAIVE_DEFINE(sub, "Sub", "", run_sub)
NAIVE_DEFINE(mul, "Mul", "", run_mul)
NAIVE_DEFINE(div, "Div", "", run_div)
NAIVE_DEFINE(max, "Max", "", run_max)
NAIVE_DEFINE(min, "Min", "", run_min)
NAIVE_DEFINE(greater, "Greater", "", run_greater)
NAIVE_DEFINE(less, "Less", "", run_less)
NAIVE_DEFINE(greater_or_equal, "GreaterOrEqual", "", run_greater_or_equal)
NAIVE_DEFINE(less_or_equal, "LessOrEqual", "", run_less_or_equal)
NAIVE_DEFINE(pow, "Pow", "", run_pow)
NAIVE_DEFINE(mod, "Mod", "", run_mod)
NAIVE_DEFINE(clip, "Clip", "", run_clip)
NAIVE_DEFINE(gelu, "Gelu", "", run_gelu)

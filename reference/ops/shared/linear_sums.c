#include "reference/ops/shared/linear_sums.h"

#include "reference/bounds/relaxation.h"
#include "reference/bounds/store.h"
#include "reference/bounds/sums.h"
#include "reference/eval/certify.h"
#include "reference/eval/on_the_way.h"
#include "reference/ops/shared/linear_reach.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"
#include "reference/tensor/select.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define BLOCK   512
#define FACTORS 2

/* ---- inputs
 * --------------------------------------------------------------------------------------------------------------- */

/* Of all elements' magnitudes, as the bits of float32, whose order is that of the numbers. */
typedef struct {
    int32_t largest, smallest; /* from INFINITE on: not finite */
    int32_t lowest;            /* the least value of a lowest set bit */
} Bits;

#define INFINITE 0x7f800000

/* Clearing the lowest set bit of the mantissa takes just its value off the number. Masks in place of branches: so the
 * compiler takes several elements at a time. */
CLONES static void read_floats(const float *restrict x, int64_t n, Bits *bits)
{
    int32_t largest = bits->largest, smallest = bits->smallest, lowest = bits->lowest;
    for (int64_t i = 0; i < n; i++) {
        int32_t code, own;
        memcpy(&code, &x[i], sizeof code);
        code &= INT32_MAX;
        const int32_t less = code & (code - 1) & -(int32_t)((code & 0x7fffff) != 0);
        float magnitude, rest;
        memcpy(&magnitude, &code, sizeof code);
        memcpy(&rest, &less, sizeof less);
        const float step = magnitude - rest;
        memcpy(&own, &step, sizeof own);
        own |= -(int32_t)(code == 0) & INT32_MAX;
        largest = MAX(code, largest);
        smallest = MIN(code, smallest);
        lowest = MIN(own, lowest);
    }
    *bits = (Bits){ largest, smallest, lowest };
}

/* Narrower types through float32, which holds them. */
static Bits read_input(const Tensor *x)
{
    Bits bits = { 0, INT32_MAX, INT32_MAX };
    if (x->dtype == DTYPE_FLOAT) {
        read_floats(x->data, x->count, &bits);
        return bits;
    }
    double wide[BLOCK];
    float block[BLOCK];
    for (int64_t at = 0, n; at < x->count; at += n) {
        n = MIN(x->count - at, BLOCK);
        convert_to_double(x->dtype, (const uint8_t *)x->data + at * dtype_info(x->dtype)->width, wide, (gsize)n);
        convert_from_double(DTYPE_FLOAT, wide, block, (gsize)n);
        read_floats(block, n, &bits);
    }
    return bits;
}

static int exponent_of(int32_t code)
{
    float x;
    memcpy(&x, &code, sizeof x);
    return code == INT32_MAX ? INT_MAX : ilogbf(x);
}

/* ---- elements
 * -------------------------------------------------------------------------------------------------------------- */

/* The bound of one element: 0 if S <= exact, else n (u S + tiny / 2) + (n + 4) own S, where the first n leaves out what is
 * `free`: the rounding to the output, or the products where they are exact. own: what binary64 does to the sum that is
 * taken for the exact one, 2^-52; 0 for the reference's own arithmetic, whose bound is of that very sum. */
typedef struct {
    double unit, half_tiny, huge, exact, free, own;
} Formula;

struct LinearSums {
    const Tensor *y;                       /* borrowed: output 0 */
    gboolean counts, fused, full[FACTORS]; /* full: a factor without zeros */
    Tensor *reach[FACTORS];                /* NULL: known exactly */
    double share;
    double dense;
    int lowest;
    Formula formula;
    gint over, apart;      /* a sum of magnitudes leaves the computing type's range; some ends are no point */
    Tensor *lower, *upper; /* float32 ends as they come */
    Tensor *sums, *magnitudes, *terms; /* float64: or all of this, for the rules element by element */
};

static void linear_sums_free(gpointer data)
{
    LinearSums *l = data;
    for (gsize i = 0; i < FACTORS; i++)
        tensor_unref(l->reach[i]);
    tensor_unref(l->lower);
    tensor_unref(l->upper);
    tensor_unref(l->sums);
    tensor_unref(l->magnitudes);
    tensor_unref(l->terms);
    g_free(l);
}

CLONES static int64_t all_errors(const Formula *f, const double *restrict totals, const double *restrict terms,
                                 double dense, int64_t n, double *restrict errors)
{
    const Formula c = *f;
    int64_t over = 0;
    for (int64_t i = 0; i < n; i++) {
        const double k = terms ? terms[i] : dense, total = totals[i], charged = select_double(k > c.free, k - c.free, 0);
        const double strict = charged * (c.unit * total + c.half_tiny) + (k + 4) * c.own * total;
        errors[i] = select_double(total <= c.exact, 0, strict);
        over |= total <= c.huge ? 0 : 1;
    }
    return over;
}

/* Of totals that hold the whole error but what underflow adds, as float32 has them. The sum of magnitudes is at most total / share. */
CLONES static int64_t moving_errors(const Formula *f, const double *restrict totals, double most, double share, int64_t n,
                                    double *restrict errors)
{
    const double inexact = 1 + (most + 4) * 0x1p-23, least = most * (f->half_tiny + 0x1p-149), huge = f->huge * share;
    int64_t over = 0;
    for (int64_t i = 0; i < n; i++) {
        errors[i] = totals[i] * inexact + least;
        over |= totals[i] <= huge ? 0 : 1;
    }
    return over;
}

static gboolean is_moving(const LinearSums *l)
{
    return l->reach[0] || l->reach[1];
}

static void take_ends(LinearSums *l, int64_t first, int64_t n, const double *sums, const double *magnitudes,
                      const double *terms)
{
    double errors[BLOCK];
    for (int64_t i = 0, some; i < n; i += some) {
        some = MIN(n - i, BLOCK);
        const double *totals = magnitudes + i;
        if (is_moving(l) ? moving_errors(&l->formula, totals, l->dense, l->share, some, errors)
                         : all_errors(&l->formula, totals, terms ? terms + i : NULL, l->dense, some, errors))
            g_atomic_int_set(&l->over, 1);
        if (bounds_store_floats(sums + i, errors, (const float *)l->y->data + first + i, (gsize)some,
                                (float *)l->lower->data + first + i, (float *)l->upper->data + first + i))
            g_atomic_int_set(&l->apart, 1);
    }
}

static void keep(const Tensor *t, int64_t first, int64_t n, const double *values)
{
    memcpy((double *)t->data + first, values, (gsize)n * sizeof *values);
}

void linear_sums_take(LinearSums *l, int64_t first, int64_t n, const double *sums, const double *magnitudes,
                      const double *terms)
{
    if (l->lower) {
        take_ends(l, first, n, sums, magnitudes, terms);
        return;
    }
    keep(l->sums, first, n, sums);
    keep(l->magnitudes, first, n, magnitudes);
    if (terms)
        keep(l->terms, first, n, terms);
}

/* ---- for kernels
 * ------------------------------------------------------------------------------------------------------------ */

/* Of all products and what is added to them. */
static int lowest_bit(const Bits *bits, gsize n, gsize factors)
{
    int product = 0, added = INT_MAX;
    for (gsize i = 0; i < n; i++) {
        const int own = exponent_of(bits[i].lowest);
        if (i >= factors)
            added = own;
        else
            product = own == INT_MAX || product == INT_MAX ? INT_MAX : product + own;
    }
    return MIN(product, added);
}

static gboolean make_room(LinearSums *l, gboolean directly)
{
    const Shape *shape = &l->y->shape;
    if (directly)
        return (l->lower = tensor_new_uninitialised(DTYPE_FLOAT, shape, NULL)) &&
               (l->upper = tensor_new_uninitialised(DTYPE_FLOAT, shape, NULL));
    return (l->sums = tensor_new_uninitialised(DTYPE_DOUBLE, shape, NULL)) &&
           (l->magnitudes = tensor_new_uninitialised(DTYPE_DOUBLE, shape, NULL)) &&
           (!l->counts || (l->terms = tensor_new_uninitialised(DTYPE_DOUBLE, shape, NULL)));
}

/* Whether ends may be stored as they come, by the formula for rows of float32. */
static gboolean is_direct(const Eval *ev, const Relaxation *profile)
{
    return eval_stores_floats(ev, 0) && profile->trunc == 0 && !profile->chunks;
}

/* NULL if memory is short. */
static LinearSums *opened(Eval *ev, LinearSums *l, gboolean directly)
{
    if (!make_room(l, directly)) {
        linear_sums_free(l); /* the rule has another way, which may need less or fails with a message */
        return NULL;
    }
    eval_keep(ev, l, linear_sums_free);
    return l;
}

static Formula formula_of(DType dtype, int lowest, const Relaxation *profile)
{
    const gboolean last = bounds_compute_type(dtype) == dtype;
    return (Formula){ bounds_unit(dtype),
                      bounds_tiny(dtype) / 2,
                      bounds_huge(dtype),
                      bounds_sum_limit(dtype, lowest),
                      last || bounds_products_exact(dtype) ? 1 : 0,
                      profile->unfused ? 0 : 0x1p-52 };
}

/* With one factor that is known to an interval. */
static LinearSums *open_moving(Eval *ev, const Relaxation *profile, double most)
{
    gsize factor;
    if (!is_direct(ev, profile) || !linear_reach_find(ev, &factor))
        return NULL;
    LinearSums *l = g_new0(LinearSums, 1);
    *l = (LinearSums){ .y = eval_output_tensor(ev, 0), .dense = most, .formula = formula_of(DTYPE_FLOAT, 0, profile) };
    l->share = MAX(most - l->formula.free, 1) * l->formula.unit + (most + 4) * l->formula.own;
    l->reach[factor] = linear_reach(ev, factor, l->share);
    if (l->reach[factor])
        return opened(ev, l, TRUE);
    linear_sums_free(l);
    return NULL;
}

LinearSums *linear_sums_open(Eval *ev, double most, gboolean varies)
{
    const Relaxation *profile = relaxation_in_force();
    const Tensor *y = eval_output_tensor(ev, 0);
    const gsize n = MIN(eval_input_count(ev), FACTORS + 1);
    Bits bits[FACTORS + 1];
    gboolean zeros = varies, finite = TRUE;
    if (!eval_certifies(ev) || profile->kept != 0 || profile->flush || profile->computing == DTYPE_DOUBLE)
        return NULL;
    if (!eval_inputs_exact(ev))
        return open_moving(ev, profile, most);
    for (gsize i = 0; i < n; i++) {
        const Tensor *x = eval_input(ev, i);
        bits[i] = x ? read_input(x) : (Bits){ 0, INT32_MAX, INT32_MAX };
        zeros |= bits[i].smallest == 0;
        finite &= bits[i].largest < INFINITE;
    }
    if (!finite)
        return NULL;
    LinearSums *l = g_new0(LinearSums, 1);
    *l = (LinearSums){
        .y = y, .counts = zeros, .dense = varies ? 0 : most, .share = 1, .fused = eval_may_fuse(ev, 0), .lowest = lowest_bit(bits, n, FACTORS)
    };
    for (gsize i = 0; i < FACTORS; i++)
        l->full[i] = bits[i].smallest != 0;
    l->formula = formula_of(y->dtype, l->lowest, profile);
    return opened(ev, l, is_direct(ev, profile));
}

const Tensor *linear_sums_reach(const LinearSums *l, gsize factor)
{
    return l->reach[factor];
}

double linear_sums_share(const LinearSums *l)
{
    return l->share;
}

gboolean linear_sums_counts(const LinearSums *l)
{
    return l->counts;
}

gboolean linear_sums_dense(const LinearSums *l, gsize factor)
{
    return l->full[factor];
}

/* ---- for the rule
 * ------------------------------------------------------------------------------------------------------------ */

static gboolean one_element(LinearSums *l, Ends *ends, int64_t i, GError **error)
{
    const DType dtype = l->y->dtype;
    const double total = ((const double *)l->magnitudes->data)[i],
                 k = l->terms ? ((const double *)l->terms->data)[i] : l->dense;
    if (!(total <= bounds_huge(dtype))) {
        l->over = 1;
        return TRUE;
    }
    const double last = bounds_compute_type(dtype) == dtype ? 1 : 0;
    double e = 0;
    if (!bounds_sum_exact(dtype, total, l->lowest))
        e = bounds_dot(dtype, MAX(k - last, 0), total) + (k + 4) * l->formula.own * total;
    if (e == 0 && !l->fused)
        return TRUE;
    const Range range = bounds_store(dtype, ((const double *)l->sums->data)[i], e, l->fused);
    return range.low == range.high || ends_set(ends, i, range.low, range.high, error);
}

gboolean linear_sums_close(Eval *ev, gboolean *done, GError **error)
{
    LinearSums *l = eval_kept(ev);
    Ends ends = ENDS_OF(ev, 0);
    gboolean ok = TRUE;
    *done = l && !(l->over && is_moving(l)); /* a bound of its magnitudes is over: the rule itself may not be */
    if (!*done)
        return TRUE;
    for (int64_t i = 0; l->sums && ok && !l->over && i < l->y->count; i++)
        ok = one_element(l, &ends, i, error);
    if (l->apart) {
        ends.lower = g_steal_pointer(&l->lower);
        ends.upper = g_steal_pointer(&l->upper);
    }
    (ok && !l->over ? ends_finish : ends_abandon)(&ends);
    return ok;
}

#include "reference/ops/shared/elementwise.h"

#include "reference/tensor/convert.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define BLOCK 512

/* One operand's next n elements, widened; step 0 repeats one element. */
#define LOAD(T, convert)                                                                         \
    static const T *load_##T(const Tensor *t, int64_t offset, int64_t step, T *room, gsize n)    \
    {                                                                                            \
        const gsize width = (gsize)dtype_info(t->dtype)->width;                                  \
        const uint8_t *data = (const uint8_t *)t->data + (gsize)offset * width;                  \
        if (step == 1) {                                                                         \
            convert(t->dtype, data, room, n);                                                    \
            return room;                                                                         \
        }                                                                                        \
        if (step == 0) {                                                                         \
            convert(t->dtype, data, room, 1);                                                    \
            for (gsize k = 1; k < n; k++)                                                        \
                room[k] = room[0];                                                               \
            return room;                                                                         \
        }                                                                                        \
        for (gsize k = 0; k < n; k++)                                                            \
            convert(t->dtype, data + k * (gsize)step * width, &room[k], 1);                      \
        return room;                                                                             \
    }
LOAD(double, convert_to_double)
LOAD(int64_t, convert_to_int64)
LOAD(uint64_t, convert_to_uint64)

/* A walk's runs, cut into blocks. */
#define BLOCKS(w, first, n)                                                                      \
    for (; walk_more(&(w)); walk_next(&(w)))                                                     \
        for (int64_t first = 0, n = MIN((w).run, BLOCK); first < (w).run;                        \
             first += n, n = MIN((w).run - first, BLOCK))

#define APPLY(T, function, settle, store)                                                                \
    do {                                                                                         \
        T ra[BLOCK], rb[BLOCK], ry[BLOCK];                                                       \
        BLOCKS(w, first, n) {                                                                    \
            const T *pa = load_##T(a, w.offset[0] + first * w.step[0], w.step[0], ra, (gsize)n); \
            const T *pb = load_##T(b, w.offset[1] + first * w.step[1], w.step[1], rb, (gsize)n); \
            function(pa, pb, ry, (gsize)n);                                                      \
            settle(ry, pa, pb, (gsize)n);                                                        \
            store(y->dtype, ry, out + (gsize)(w.position + first) * width, (gsize)n);            \
        }                                                                                        \
    } while (0)

/* The sign of a NaN that an operation makes of numbers is the machine's: here it has none. One that came in goes on as it was. */
static void make_plain(double *y, const double *a, const double *b, gsize n)
{
    for (gsize k = 0; k < n; k++)
        y[k] = isnan(y[k]) && !isnan(a[k]) && !isnan(b[k]) ? (double)NAN : y[k];
}

#define LEAVE(y, a, b, n) (void)0 /* integers */

/* One operand's next n elements; where they lie if they lie together. */
static const float *load_floats(const Tensor *t, int64_t offset, int64_t step, float *room, gsize n)
{
    const float *data = (const float *)t->data + offset;
    if (step == 1)
        return data;
    const float only = *data;
    if (step == 0)
        for (gsize k = 0; k < n; k++)
            room[k] = only;
    else
        for (gsize k = 0; k < n; k++)
            room[k] = data[k * (gsize)step];
    return room;
}

static void apply_floats(const BinaryFn *fn, const Tensor *a, const Tensor *b, float *y, Walk w)
{
    float ra[BLOCK], rb[BLOCK];
    BLOCKS(w, first, n) {
        const float *pa = load_floats(a, w.offset[0] + first * w.step[0], w.step[0], ra, (gsize)n);
        const float *pb = load_floats(b, w.offset[1] + first * w.step[1], w.step[1], rb, (gsize)n);
        fn->s(pa, pb, y + w.position + first, (gsize)n);
    }
}

/* low[k] and high[k] := the least and the greatest of two corners, or with a further one; whether all are finite. */
CLONES static gboolean first_corners(const float *restrict a, const float *restrict b, gsize n, float *restrict low, float *restrict high)
{
    int32_t unbounded = 0;
    for (gsize k = 0; k < n; k++) {
        low[k] = select_float(b[k] < a[k], b[k], a[k]);
        high[k] = select_float(b[k] > a[k], b[k], a[k]);
        unbounded |= !((fabsf(a[k]) <= FLT_MAX) & (fabsf(b[k]) <= FLT_MAX));
    }
    return !unbounded;
}

CLONES static gboolean next_corner(const float *restrict v, gsize n, float *restrict low, float *restrict high)
{
    int32_t unbounded = 0;
    for (gsize k = 0; k < n; k++) {
        low[k] = select_float(v[k] < low[k], v[k], low[k]);
        high[k] = select_float(v[k] > high[k], v[k], high[k]);
        unbounded |= fabsf(v[k]) <= FLT_MAX ? 0 : 1;
    }
    return !unbounded;
}

/* At most four pairs of ends: those of all operands that are alike first, since rising operations need no others. */
typedef struct {
    int           n;
    const Tensor *a[4], *b[4];
} Corners;

static Corners corners_of(const Interval *a, const Interval *b, gboolean rising)
{
    Corners c = { 2, { a->lower, a->upper, a->lower, a->upper }, { b->lower, b->upper, b->upper, b->lower } };
    if (!rising && a->lower != a->upper && b->lower != b->upper)
        c.n = 4;
    return c;
}

gboolean elementwise_ends(const BinaryFn *fn, const Interval *a, const Interval *b, gboolean rising, Tensor *low, Tensor *high)
{
    const Shape *shapes[] = { &a->lower->shape, &b->lower->shape };
    const Corners corners = corners_of(a, b, rising);
    float ra[BLOCK], rb[BLOCK], y[2][BLOCK], *lows = low->data, *highs = high->data;
    Walk w;
    walk_begin(&w, &low->shape, shapes, 2);
    BLOCKS(w, first, n) {
        float *l = lows + w.position + first, *h = highs + w.position + first;
        for (int i = 0; i < corners.n; i++) {
            const float *pa = load_floats(corners.a[i], w.offset[0] + first * w.step[0], w.step[0], ra, (gsize)n);
            const float *pb = load_floats(corners.b[i], w.offset[1] + first * w.step[1], w.step[1], rb, (gsize)n);
            fn->s(pa, pb, y[i & 1], (gsize)n);
            if ((i == 1 && !first_corners(y[0], y[1], (gsize)n, l, h)) || (i > 1 && !next_corner(y[i & 1], (gsize)n, l, h)))
                return FALSE;
        }
    }
    return TRUE;
}

static void apply_into(const BinaryFn *fn, const Tensor *a, const Tensor *b, Tensor *y, Walk w)
{
    const gsize width = (gsize)dtype_info(y->dtype)->width;
    uint8_t *out = y->data;
    switch (dtype_info(a->dtype)->domain) {
    case DOMAIN_FLOAT:
        if (fn->s && a->dtype == DTYPE_FLOAT && b->dtype == DTYPE_FLOAT && y->dtype == DTYPE_FLOAT) {
            apply_floats(fn, a, b, y->data, w);
            return;
        }
        APPLY(double, fn->f, make_plain, convert_from_double);
        return;
    case DOMAIN_SIGNED:
        APPLY(int64_t, fn->i, LEAVE, convert_from_int64);
        return;
    default:
        APPLY(uint64_t, fn->u, LEAVE, convert_from_uint64);
    }
}

static gboolean supports(gboolean f, gboolean i, gboolean u, DType dtype, GError **error)
{
    switch (dtype_info(dtype)->domain) {
    case DOMAIN_FLOAT:
        return f || eval_fail(error, "no arithmetic for %s", dtype_name(dtype));
    case DOMAIN_SIGNED:
        return i || eval_fail(error, "no arithmetic for %s", dtype_name(dtype));
    case DOMAIN_UNSIGNED:
    case DOMAIN_BOOL:
        return u || eval_fail(error, "no arithmetic for %s", dtype_name(dtype));
    default:
        return eval_fail(error, "no arithmetic for %s", dtype_name(dtype));
    }
}

static gboolean no_broadcast(const Shape *a, const Shape *b, GError **error)
{
    g_autofree char *sa = shape_to_string(a), *sb = shape_to_string(b);
    return eval_fail(error, "shapes %s and %s do not broadcast", sa, sb);
}

static gboolean begin(Walk *w, const Tensor *a, const Tensor *b, Shape *shape, GError **error)
{
    if (!shape_broadcast(&a->shape, &b->shape, shape))
        return no_broadcast(&a->shape, &b->shape, error);
    const Shape *shapes[] = { &a->shape, &b->shape };
    walk_begin(w, shape, shapes, 2);
    return TRUE;
}

/* Opset 6 and before: with broadcast=1, b's shape is a contiguous part of a's that starts at `axis` (default: ends
 * with a's last dim); without, shapes are equal. */
static gboolean begin_legacy(const Eval *ev, Walk *w, const Tensor *a, const Tensor *b, Shape *shape, GError **error)
{
    if (!eval_int(ev, "broadcast")) {
        if (!shape_equal(&a->shape, &b->shape))
            return no_broadcast(&a->shape, &b->shape, error);
        return begin(w, a, b, shape, error);
    }
    const int64_t given = eval_has(ev, "axis") ? eval_int(ev, "axis") : a->shape.rank - b->shape.rank;
    const int axis = a->shape.rank == 0 ? 0 : shape_axis(MIN(given, a->shape.rank - 1), a->shape.rank);
    if (axis < 0 || b->shape.rank > a->shape.rank)
        return no_broadcast(&a->shape, &b->shape, error);
    Shape aligned = { .rank = a->shape.rank };
    for (int d = 0; d < aligned.rank; d++) {
        const int own = d - axis;
        aligned.dims[d] = own >= 0 && own < b->shape.rank ? b->shape.dims[own] : 1;
    }
    if (shape_count(&aligned) != b->count || !shape_broadcasts_to(&aligned, &a->shape))
        return no_broadcast(&a->shape, &b->shape, error);
    *shape = a->shape;
    const Shape *shapes[] = { &a->shape, &aligned };
    walk_begin(w, shape, shapes, 2);
    return TRUE;
}

Tensor *elementwise_apply(const BinaryFn *fn, const Tensor *a, const Tensor *b, GError **error)
{
    Shape shape;
    Walk w;
    if (!supports(fn->f != NULL, fn->i != NULL, fn->u != NULL, a->dtype, error) || !begin(&w, a, b, &shape, error))
        return NULL;
    Tensor *y = tensor_new_uninitialised(a->dtype, &shape, error);
    if (y)
        apply_into(fn, a, b, y, w);
    return y;
}

static gboolean binary(Eval *ev, const BinaryFn *fn, gboolean legacy, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    Shape shape;
    Walk w;
    if (!supports(fn->f != NULL, fn->i != NULL, fn->u != NULL, a->dtype, error) ||
        !(legacy ? begin_legacy(ev, &w, a, b, &shape, error) : begin(&w, a, b, &shape, error)))
        return FALSE;
    Tensor *y = eval_output(ev, 0, a->dtype, &shape, error);
    if (y)
        apply_into(fn, a, b, y, w);
    return y != NULL;
}

gboolean elementwise_binary(Eval *ev, const BinaryFn *fn, GError **error)
{
    return binary(ev, fn, FALSE, error);
}

gboolean elementwise_binary_legacy(Eval *ev, const BinaryFn *fn, GError **error)
{
    return binary(ev, fn, TRUE, error);
}

gboolean elementwise_variadic(Eval *ev, const BinaryFn *fn, GError **error)
{
    g_autoptr(Tensor) sum = tensor_ref(eval_input(ev, 0));
    for (gsize i = 1; i < eval_input_count(ev); i++) {
        Tensor *next = elementwise_apply(fn, sum, eval_input(ev, i), error);
        if (!next)
            return FALSE;
        tensor_unref(sum);
        sum = next;
    }
    eval_set_tensor(ev, 0, g_steal_pointer(&sum));
    return TRUE;
}

#define APPLY_UNARY(T, function, settle, load, store)                                            \
    do {                                                                                         \
        T in[BLOCK], out[BLOCK];                                                                 \
        for (int64_t first = 0; first < x->count; first += BLOCK) {                              \
            const gsize n = (gsize)MIN(x->count - first, BLOCK);                                 \
            load(x->dtype, source + (gsize)first * width, in, n);                                \
            function(in, out, n);                                                                \
            settle(out, in, in, n);                                                              \
            store(y->dtype, out, target + (gsize)first * width, n);                              \
        }                                                                                        \
    } while (0)

gboolean elementwise_unary(Eval *ev, const UnaryFn *fn, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (!supports(fn->f != NULL, fn->i != NULL, fn->u != NULL, x->dtype, error))
        return FALSE;
    Tensor *y = eval_output(ev, 0, x->dtype, &x->shape, error);
    if (!y)
        return FALSE;
    const gsize width = (gsize)dtype_info(x->dtype)->width;
    const uint8_t *source = x->data;
    uint8_t *target = y->data;
    switch (dtype_info(x->dtype)->domain) {
    case DOMAIN_FLOAT:
        if (fn->s && x->dtype == DTYPE_FLOAT) {
            fn->s(x->data, y->data, (gsize)x->count);
            return TRUE;
        }
        APPLY_UNARY(double, fn->f, make_plain, convert_to_double, convert_from_double);
        return TRUE;
    case DOMAIN_SIGNED:
        APPLY_UNARY(int64_t, fn->i, LEAVE, convert_to_int64, convert_from_int64);
        return TRUE;
    default:
        APPLY_UNARY(uint64_t, fn->u, LEAVE, convert_to_uint64, convert_from_uint64);
        return TRUE;
    }
}

#define COMPARE(T, function)                                                                     \
    do {                                                                                         \
        T ra[BLOCK], rb[BLOCK];                                                                  \
        BLOCKS(w, first, n) {                                                                    \
            const T *pa = load_##T(a, w.offset[0] + first * w.step[0], w.step[0], ra, (gsize)n); \
            const T *pb = load_##T(b, w.offset[1] + first * w.step[1], w.step[1], rb, (gsize)n); \
            function(pa, pb, out + w.position + first, (gsize)n);                                \
        }                                                                                        \
    } while (0)

static gboolean compare(Eval *ev, const CompareFn *fn, gboolean legacy, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    Shape shape;
    Walk w;
    if (!supports(fn->f != NULL, fn->i != NULL, fn->u != NULL, a->dtype, error) ||
        !(legacy ? begin_legacy(ev, &w, a, b, &shape, error) : begin(&w, a, b, &shape, error)))
        return FALSE;
    Tensor *y = eval_output(ev, 0, DTYPE_BOOL, &shape, error);
    if (!y)
        return FALSE;
    uint8_t *out = y->data;
    switch (dtype_info(a->dtype)->domain) {
    case DOMAIN_FLOAT:
        COMPARE(double, fn->f);
        return TRUE;
    case DOMAIN_SIGNED:
        COMPARE(int64_t, fn->i);
        return TRUE;
    default:
        COMPARE(uint64_t, fn->u);
        return TRUE;
    }
}

gboolean elementwise_compare(Eval *ev, const CompareFn *fn, GError **error)
{
    return compare(ev, fn, FALSE, error);
}

gboolean elementwise_compare_legacy(Eval *ev, const CompareFn *fn, GError **error)
{
    return compare(ev, fn, TRUE, error);
}

gboolean elementwise_test(Eval *ev, TestFn test, gconstpointer data, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    if (!dtype_is_float(x->dtype))
        return eval_fail(error, "no test for %s", dtype_name(x->dtype));
    Tensor *y = eval_output(ev, 0, DTYPE_BOOL, &x->shape, error);
    if (!y)
        return FALSE;
    const gsize width = (gsize)dtype_info(x->dtype)->width;
    double in[BLOCK];
    for (int64_t first = 0; first < x->count; first += BLOCK) {
        const gsize n = (gsize)MIN(x->count - first, BLOCK);
        convert_to_double(x->dtype, (const uint8_t *)x->data + (gsize)first * width, in, n);
        test(in, (uint8_t *)y->data + first, n, data);
    }
    return TRUE;
}

gboolean elementwise_equal_shapes(const Eval *ev, GError **error)
{
    const Shape *first = &eval_input(ev, 0)->shape;
    for (gsize i = 1; i < eval_input_count(ev); i++)
        if (!shape_equal(first, &eval_input(ev, i)->shape))
            return no_broadcast(first, &eval_input(ev, i)->shape, error);
    return TRUE;
}

gboolean elementwise_bound_exact(Eval *ev, const char *const *attributes, GError **error)
{
    const DType dtype = eval_input(ev, 0)->dtype;
    for (; *attributes; attributes++) {
        const double given = (double)eval_float(ev, *attributes);
        uint64_t code = 0;
        double seen;
        convert_from_double(dtype, &given, &code, 1);
        convert_to_double(dtype, &code, &seen, 1);
        if (seen != given) {
            eval_set_uncertified(ev, 0);
            return TRUE;
        }
    }
    return bound_exact(ev, error);
}

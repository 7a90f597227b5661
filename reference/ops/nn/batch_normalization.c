#include "reference/bounds/rounding.h"
#include "reference/bounds/store.h"
#include "reference/eval/certify.h"
#include "reference/ops/shared/normalize.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"
#include "reference/tensor/select.h"

#include <float.h>
#include <math.h>

/* How one version's statistics lie: one a channel or, in versions before 9 with spatial=0, one for each element of a
 * batch item. */
typedef struct {
    const Tensor *x;
    int64_t       channels, inner; /* statistics, and elements in a row that share one */
    double        epsilon, momentum;
    Parameter     scale, bias, mean, variance;
} Batch;

/* The vectors are [C], or [C, D1 ...] where they are not spatial. */
static gboolean read_vector(const Eval *ev, gsize input, const char *name, const Batch *b, Parameter *p, GError **error)
{
    const Tensor *t = eval_input(ev, input);
    if (t->count != b->channels)
        return eval_fail(error, "%s has %" G_GINT64_FORMAT " elements, expected %" G_GINT64_FORMAT, name, t->count, b->channels);
    const Shape flat = SHAPE(t->count);
    g_autoptr(Tensor) vector = tensor_reshape(t, &flat, error);
    return vector && parameter_channels(vector, name, b->channels, b->inner, 0, p, error);
}

static gboolean read_batch(const Eval *ev, Batch *b, GError **error)
{
    b->x = eval_input(ev, 0);
    const Shape *x = &b->x->shape;
    if (x->rank < 1)
        return eval_fail(error, "X is a scalar, expected [N, C, ...]");
    b->epsilon = (double)eval_float(ev, "epsilon");
    b->momentum = (double)eval_float(ev, "momentum");
    const gboolean spatial = eval_version(ev) >= 9 || eval_int(ev, "spatial") != 0;
    const int64_t channels = x->rank > 1 ? x->dims[1] : 1, plane = x->rank > 1 ? shape_span(x, 2, x->rank) : 1;
    b->channels = spatial ? channels : channels * plane;
    b->inner = spatial ? plane : 1;
    return read_vector(ev, 1, "scale", b, &b->scale, error) && read_vector(ev, 2, "B", b, &b->bias, error) &&
           read_vector(ev, 3, "mean", b, &b->mean, error) && read_vector(ev, 4, "var", b, &b->variance, error);
}

CLONES static void normalize(double *restrict x, gsize n, double mean, double factor, double bias)
{
    for (gsize i = 0; i < n; i++) {
        const double value = (x[i] - mean) * factor + bias;
        x[i] = select_double(value != value, (double)NAN, value);
    }
}

#define BLOCK 512

/* Rows: the elements of one batch item that share one set of statistics. */
static void some_rows(int64_t first, int64_t last, gpointer data)
{
    const gpointer *both = data;
    const Batch *b = both[0];
    Tensor *y = both[1];
    const int64_t width = dtype_info(y->dtype)->width;
    for (int64_t row = first; row < last; row++) {
        const int64_t from = row * b->inner;
        const double factor = parameter_at(&b->scale, from) / sqrt(parameter_at(&b->variance, from) + b->epsilon);
        const double mean = parameter_at(&b->mean, from), bias = parameter_at(&b->bias, from);
        for (int64_t i = from; i < from + b->inner; i += BLOCK) {
            double block[BLOCK];
            const gsize n = (gsize)MIN(from + b->inner - i, BLOCK);
            convert_to_double(b->x->dtype, (const uint8_t *)b->x->data + i * width, block, n);
            normalize(block, n, mean, factor, bias);
            convert_from_double(y->dtype, block, (uint8_t *)y->data + i * width, n);
        }
    }
}

static gboolean infer(Eval *ev, Batch *b, GError **error)
{
    for (gsize i = 1; i < eval_output_count(ev); i++)
        if (eval_wants(ev, i))
            return eval_fail(error, "output %" G_GSIZE_FORMAT " exists only in training", i);
    Tensor *y = eval_output(ev, 0, b->x->dtype, &b->x->shape, error);
    if (!y)
        return FALSE;
    if (y->count > 0)
        eval_parallel(ev, y->count / b->inner, 1 + 65536 / b->inner, some_rows, (gpointer[]){ b, y });
    return TRUE;
}

static gboolean statistic(Eval *ev, gsize output, gsize like, const double *now, const Parameter *before, double momentum,
                          GError **error)
{
    if (!eval_wants(ev, output))
        return TRUE;
    const Tensor *input = eval_input(ev, like);
    Tensor *t = eval_output(ev, output, input->dtype, &input->shape, error);
    for (int64_t c = 0; t && c < t->count; c++)
        tensor_set_double(t, c, before ? before->values[c] * momentum + now[c] * (1 - momentum) : now[c]);
    return t != NULL;
}

/* Outputs 3 and 4 of the versions before 14 are the batch's own mean and variance. */
static gboolean train(Eval *ev, const Batch *b, GError **error)
{
    const int64_t items = b->x->shape.dims[0];
    Normalization n = { .x = b->x, .view = SHAPE(items, b->channels, b->inner), .reduced = { TRUE, FALSE, TRUE },
                        .epsilon = b->epsilon, .scale = &b->scale, .bias = &b->bias };
    if (b->x->shape.rank == 1)
        n.view = SHAPE(items, 1, 1);
    g_autofree double *means = g_try_new(double, (gsize)(b->channels + 1)), *variances = g_try_new(double, (gsize)(b->channels + 1));
    if (!means || !variances)
        return eval_fail(error, "no memory for the statistics of %" G_GINT64_FORMAT " channels", b->channels);
    n.means = means;
    n.variances = variances;
    n.y = eval_output(ev, 0, b->x->dtype, &b->x->shape, error);
    return n.y && normalize_run(ev, &n, error) && statistic(ev, 1, 3, means, &b->mean, b->momentum, error) &&
           statistic(ev, 2, 4, variances, &b->variance, b->momentum, error) && statistic(ev, 3, 3, means, NULL, 0, error) &&
           statistic(ev, 4, 4, variances, NULL, 0, error);
}

/* Training is asked for by training_mode (14 on), by the absence of is_test (up to 6), by further outputs (7 to 9). */
static gboolean training(const Eval *ev)
{
    const int version = eval_version(ev);
    if (version >= 14)
        return eval_int(ev, "training_mode") != 0;
    if (version <= 6)
        return eval_int(ev, "is_test") == 0;
    for (gsize i = 1; i < eval_output_count(ev); i++)
        if (eval_wants(ev, i))
            return TRUE;
    return FALSE;
}

static gboolean batch_normalization(Eval *ev, GError **error)
{
    Batch b = { 0 };
    const gboolean ok = read_batch(ev, &b, error) && (training(ev) ? train(ev, &b, error) : infer(ev, &b, error));
    parameter_clear(&b.scale);
    parameter_clear(&b.bias);
    parameter_clear(&b.mean);
    parameter_clear(&b.variance);
    return ok;
}

/* Inference: with a = scale / sqrt(var + epsilon) either (x - mean) a + B or x a + (B - mean a), each factor rounded. */
static gboolean infer_bound(const Batch *b, const Wide *w, Ends *ends, gboolean *open, GError **error)
{
    const DType dtype = eval_output_tensor(ends->ev, 0)->dtype;
    const double u = bounds_unit(dtype), *low = w->low[0]->data, *high = w->high[0] ? w->high[0]->data : low;
    for (int64_t i = 0; i < w->low[0]->count; i++) {
        const double x = wide_middle(low[i], high[i]), radius = wide_radius(low[i], high[i]), mean = parameter_at(&b->mean, i);
        const double a = parameter_at(&b->scale, i) / sqrt(parameter_at(&b->variance, i) + b->epsilon);
        const double bias = parameter_at(&b->bias, i), y = (x - mean) * a + bias;
        const double e = fabs(a) * radius + 8 * u * fabs(a) * (fabs(x) + radius + fabs(mean)) + 2 * u * fabs(bias);
        const Range r = bounds_store(dtype, y, e, eval_may_fuse(ends->ev, 0));
        *open = !isfinite(y) || !isfinite(e);
        if (*open)
            return TRUE;
        if (r.low != r.high && !ends_set(ends, i, r.low, r.high, error))
            return FALSE;
    }
    return TRUE;
}

/* The same for all of a row of float32. */
typedef struct {
    double mean, factor, bias;
} Affine;

CLONES static int64_t affine_errors(const float *restrict low, const float *restrict high, const Affine *restrict row, gsize n,
                                    double *restrict y, double *restrict e)
{
    const double u = 0x1p-24, a = row->factor, fixed = 2 * u * fabs(row->bias), mean = row->mean, bias = row->bias;
    int64_t open = 0;
    for (gsize i = 0; i < n; i++) {
        const double x = wide_middle_of_floats(low[i], high[i]), radius = wide_radius_around((double)low[i], (double)high[i], x);
        y[i] = (x - mean) * a + bias;
        e[i] = fabs(a) * radius + 8 * u * fabs(a) * (fabs(x) + radius + fabs(mean)) + fixed;
        open |= fabs(y[i]) + e[i] <= DBL_MAX ? 0 : 1;
    }
    return open;
}

typedef struct {
    const Batch  *b;
    const float  *low, *high, *points;
    float        *lower, *upper;
    gint          open, apart;
} Floats;

static void some_float_rows(int64_t first, int64_t last, gpointer data)
{
    Floats *f = data;
    const Batch *b = f->b;
    for (int64_t from = first * b->inner; from < last * b->inner; from += b->inner) {
        const Affine row = { parameter_at(&b->mean, from),
                             parameter_at(&b->scale, from) / sqrt(parameter_at(&b->variance, from) + b->epsilon),
                             parameter_at(&b->bias, from) };
        for (int64_t i = from; i < from + b->inner; i += BLOCK) {
            double y[BLOCK], e[BLOCK];
            const gsize n = (gsize)MIN(from + b->inner - i, BLOCK);
            if (affine_errors(f->low + i, f->high + i, &row, n, y, e))
                g_atomic_int_set(&f->open, 1);
            else if (bounds_store_floats(y, e, f->points + i, n, f->lower + i, f->upper + i))
                g_atomic_int_set(&f->apart, 1);
        }
    }
}

static gboolean infer_floats(const Batch *b, const Interval *x, Ends *ends, gboolean *open, GError **error)
{
    const Tensor *y = eval_output_tensor(ends->ev, 0);
    ends->lower = tensor_new_uninitialised(DTYPE_FLOAT, &y->shape, error);
    ends->upper = ends->lower ? tensor_new_uninitialised(DTYPE_FLOAT, &y->shape, error) : NULL;
    if (!ends->upper)
        return FALSE;
    Floats job = { b, (x->lower ? x->lower : b->x)->data, (x->lower ? x->upper : b->x)->data, y->data,
                   ends->lower->data, ends->upper->data, 0, 0 };
    if (y->count > 0)
        eval_parallel(ends->ev, y->count / b->inner, 1 + 65536 / b->inner, some_float_rows, &job);
    *open = job.open;
    if (!job.apart) {
        g_clear_pointer(&ends->lower, tensor_unref);
        g_clear_pointer(&ends->upper, tensor_unref);
    }
    return TRUE;
}

/* Element by element. */
static gboolean infer_all(Eval *ev, const Batch *b, Ends *ends, gboolean *open, GError **error)
{
    g_auto(Wide) w = { 0 };
    if (!wide_init(&w, ev, error))
        return FALSE;
    *open = !w.known || !w.finite;
    return *open || infer_bound(b, &w, ends, open, error);
}

/* What is no number shows where the ends are read. */
static gboolean bound_inference(Eval *ev, const Batch *b, Ends *ends, gboolean *open, GError **error)
{
    Interval x;
    *open = !eval_input_interval(ev, 0, &x);
    for (gsize i = 1; i < eval_input_count(ev); i++) {
        Interval own;
        *open |= !eval_input_interval(ev, i, &own) || own.lower;
    }
    if (*open)
        return TRUE;
    return eval_stores_floats(ev, 0) ? infer_floats(b, &x, ends, open, error) : infer_all(ev, b, ends, open, error);
}

/* Training and inexact parameters have no rule. */
static gboolean batch_normalization_bound(Eval *ev, GError **error)
{
    gboolean open = training(ev);
    Batch b = { 0 };
    Ends ends = ENDS_OF(ev, 0);
    const gboolean ok = open || (read_batch(ev, &b, error) && bound_inference(ev, &b, &ends, &open, error));
    for (gsize i = 1; i < eval_output_count(ev); i++)
        eval_set_uncertified(ev, i);
    (open || !ok ? ends_abandon : ends_finish)(&ends);
    parameter_clear(&b.scale);
    parameter_clear(&b.bias);
    parameter_clear(&b.mean);
    parameter_clear(&b.variance);
    return ok;
}

#define OLD .signature = "X:T, scale:T, B:T, mean:T, var:T -> Y:T, mean:T?, var:T?, saved_mean:T?, saved_var:T?", \
            .types = "T: floats1", .kernel = batch_normalization, \
            .bound = batch_normalization_bound
#define BASE "epsilon:float=1e-5, momentum:float=0.9"
OPERATOR_DEFINE(batch_normalization, "BatchNormalization", "",
    { .since = 1, .attributes = BASE ", consumed_inputs:ints!, is_test:int=0, spatial:int=1", OLD },
    { .since = 6, .attributes = BASE ", is_test:int=0, spatial:int=1", OLD },
    { .since = 7, .attributes = BASE ", spatial:int=1", OLD },
    { .since = 9, .attributes = BASE, OLD },
    { .since = 14, .signature = "X:T, scale:T, B:T, input_mean:U, input_var:U -> Y:T, running_mean:U?, running_var:U?",
      .types = "T: floats13 | U: floats13", .attributes = BASE ", training_mode:int=0",
      .kernel = batch_normalization, .bound = batch_normalization_bound },
    { .since = 15, .signature = "X:T, scale:T1, B:T1, input_mean:T2, input_var:T2 -> Y:T, running_mean:T2?, running_var:T2?",
      .types = "T: floats13 | T1: floats13 | T2: floats13", .attributes = BASE ", training_mode:int=0",
      .kernel = batch_normalization, .bound = batch_normalization_bound })

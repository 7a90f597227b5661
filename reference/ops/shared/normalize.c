#include "reference/ops/shared/normalize.h"

#include "reference/bounds/normalization.h"
#include "reference/bounds/relaxation.h"
#include "reference/eval/on_the_way.h"
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/wide.h"
#include "reference/tensor/convert.h"
#include "reference/tensor/float_format.h"

/* ---- parameters -------------------------------------------------------------------------------------------------------- */

static gboolean widen(const Tensor *t, Parameter *p, GError **error)
{
    p->values = g_try_new(double, (gsize)(t->count + 1));
    if (!p->values)
        return eval_fail(error, "no memory for %" G_GINT64_FORMAT " parameters", t->count);
    convert_to_double(t->dtype, t->data, p->values, (gsize)t->count);
    return TRUE;
}

gboolean parameter_channels(const Tensor *t, const char *name, int64_t channels, int64_t inner, double same, Parameter *p,
                            GError **error)
{
    *p = (Parameter){ .same = same, .inner = MAX(inner, 1), .period = MAX(channels, 1) };
    if (!t)
        return TRUE;
    if (t->shape.rank != 1 || t->count != channels) {
        g_autofree char *found = shape_to_string(&t->shape);
        return eval_fail(error, "%s has shape %s, expected [%" G_GINT64_FORMAT "]", name, found, channels);
    }
    return widen(t, p, error);
}

gboolean parameter_broadcast(const Tensor *t, const char *name, const Shape *to, double same, Parameter *p, GError **error)
{
    *p = (Parameter){ .same = same, .inner = 1, .to = *to };
    if (!t)
        return TRUE;
    if (!shape_broadcasts_to(&t->shape, to)) {
        g_autofree char *found = shape_to_string(&t->shape), *wanted = shape_to_string(to);
        return eval_fail(error, "%s has shape %s, expected one that broadcasts to %s", name, found, wanted);
    }
    p->period = MAX(t->count, 1);
    const int lead = to->rank - t->shape.rank;
    int64_t dense[SHAPE_MAX_RANK], trailing = 1;
    shape_strides(&t->shape, dense);
    for (int d = 0; d < to->rank; d++)
        p->strides[d] = d < lead || t->shape.dims[d - lead] == 1 ? 0 : dense[d - lead];
    for (int d = to->rank - 1; d >= 0 && trailing < t->count; d--)
        trailing *= to->dims[d] == (d < lead ? 1 : t->shape.dims[d - lead]) ? to->dims[d] : 0;
    if (trailing != t->count) /* not simply X's last dims */
        p->inner = 0;
    return widen(t, p, error);
}

double parameter_at(const Parameter *p, int64_t index)
{
    if (!p->values)
        return p->same;
    if (p->inner > 0)
        return p->values[index / p->inner % p->period];
    int64_t offset = 0;
    for (int d = p->to.rank - 1; d >= 0; d--) {
        offset += index % p->to.dims[d] * p->strides[d];
        index /= p->to.dims[d];
    }
    return p->values[offset];
}

void parameter_clear(Parameter *p)
{
    g_clear_pointer(&p->values, g_free);
}

/* ---- groups ------------------------------------------------------------------------------------------------------------ */

typedef struct {
    const Normalization *n;
    Shape                group, inside; /* dims between groups, dims of a group */
    int64_t              group_strides[SHAPE_MAX_RANK], inside_strides[SHAPE_MAX_RANK];
    int64_t              count, size;
    gboolean             contiguous;
    gint                 out_of_memory, open; /* open: some result may not be rounded right */
} Job;

static Job job_of(const Normalization *n)
{
    Job job = { .n = n, .contiguous = TRUE };
    int64_t strides[SHAPE_MAX_RANK];
    shape_strides(&n->view, strides);
    for (int d = 0; d < n->view.rank; d++) {
        Shape *part = n->reduced[d] ? &job.inside : &job.group;
        (n->reduced[d] ? job.inside_strides : job.group_strides)[part->rank] = strides[d];
        part->dims[part->rank++] = n->view.dims[d];
        job.contiguous &= n->reduced[d] || job.inside.rank == 0;
    }
    job.count = shape_count(&job.group);
    job.size = shape_count(&job.inside);
    return job;
}

int64_t normalize_groups(const Normalization *n)
{
    return job_of(n).count;
}

static int64_t offset_of(const Shape *shape, const int64_t *strides, int64_t index)
{
    int64_t offset = 0;
    for (int d = shape->rank - 1; d >= 0; d--) {
        offset += index % shape->dims[d] * strides[d];
        index /= shape->dims[d];
    }
    return offset;
}

static void load(const Job *job, int64_t base, const int64_t *offsets, double *row)
{
    const Tensor *x = job->n->x;
    const int64_t width = dtype_info(x->dtype)->width;
    if (job->contiguous)
        convert_to_double(x->dtype, (const uint8_t *)x->data + base * width, row, (gsize)job->size);
    else
        for (int64_t i = 0; i < job->size; i++)
            convert_to_double(x->dtype, (const uint8_t *)x->data + (base + offsets[i]) * width, &row[i], 1);
    if (job->n->stash == DTYPE_FLOAT && x->dtype == DTYPE_DOUBLE)
        for (int64_t i = 0; i < job->size; i++)
            row[i] = (double)(float)row[i];
    if (job->n->stash == DTYPE_BFLOAT16 || job->n->stash == DTYPE_FLOAT16)
        for (int64_t i = 0; i < job->size; i++) {
            uint16_t narrow;
            convert_from_double(job->n->stash, &row[i], &narrow, 1);
            convert_to_double(job->n->stash, &narrow, &row[i], 1);
        }
}

/* Row := its deviations from the mean. */
static double centre(double *row, int64_t n)
{
    Compensated s = { 0, 0 };
    for (int64_t i = 0; i < n; i++)
        compensated_add(&s, row[i]);
    s = compensated_settle(s);
    const double mean = compensated_divide(s, (double)n);
    const double rest = isfinite(mean) ? (fma(-mean, (double)n, s.sum) + s.rest) / (double)n : 0;
    for (int64_t i = 0; i < n; i++)
        row[i] = (row[i] - mean) - rest;
    return mean;
}

/* A float64 result of numbers that nothing was subtracted from. */
static gboolean is_precise(const Normalization *n)
{
    return n->y && n->y->dtype == DTYPE_DOUBLE && n->uncentred;
}

/* sqrt(mean square + epsilon) in twice the precision, and its relative error: that of the sum, which is 4 (n u)^2, and of
 * the steps after it. */
static Compensated precise_root(const Normalization *n, Compensated squares, int64_t size, double *error)
{
    const double nu = (double)(size + 2) * 0x1p-53;
    const Compensated mean = compensated_over(compensated_number(squares.sum, squares.rest), (Compensated){ (double)size, 0 });
    const Compensated root = compensated_root(compensated_plus(mean, (Compensated){ n->epsilon, 0 }));
    *error = root.sum < COMPENSATED_LEAST ? INFINITY : 4 * nu * nu + 16 * COMPENSATED_UNIT;
    return compensated_plus(root, (Compensated){ n->root_epsilon, 0 });
}

static double precise_element(const Normalization *n, double x, Compensated root, double error, int64_t at, int *open)
{
    const Compensated scale = { parameter_at(n->scale, at), 0 }, bias = { parameter_at(n->bias, at), 0 };
    const Compensated y = compensated_times(compensated_over((Compensated){ x, 0 }, root), scale);
    return compensated_decide(compensated_plus(y, bias), error * fabs(y.sum), open);
}

static void one_group(const Job *job, int64_t group, const int64_t *offsets, double *row, int *open)
{
    const Normalization *n = job->n;
    const int64_t base = offset_of(&job->group, job->group_strides, group);
    load(job, base, offsets, row);
    const double mean = n->uncentred ? 0 : centre(row, job->size);
    Compensated squares = { 0, 0 };
    for (int64_t i = 0; i < job->size; i++)
        compensated_add_product(&squares, row[i], row[i]);
    const double variance = compensated_divide(squares, (double)job->size);
    const double root = sqrt(variance + n->epsilon) + n->root_epsilon;
    double error = 0;
    const Compensated precise = is_precise(n) ? precise_root(n, squares, job->size, &error) : (Compensated){ 0, 0 };
    for (int64_t i = 0; n->y && i < job->size; i++) {
        const int64_t at = base + (job->contiguous ? i : offsets[i]);
        double y = row[i] / root * parameter_at(n->scale, at) + parameter_at(n->bias, at);
        if (is_precise(n) && isfinite(y) && y != 0)
            y = precise_element(n, row[i], precise, error, at, open);
        else
            *open |= !isfinite(y) || (row[i] != 0 && parameter_at(n->scale, at) != 0);
        tensor_set_double(n->y, at, isnan(y) ? (double)NAN : y);
    }
    if (n->means)
        n->means[group] = mean;
    if (n->variances)
        n->variances[group] = variance;
}

static void some_groups(int64_t first, int64_t last, gpointer data)
{
    Job *job = data;
    int open = 0;
    g_autofree double *row = g_try_new(double, (gsize)(job->size + 1));
    g_autofree int64_t *offsets = job->contiguous ? NULL : g_try_new(int64_t, (gsize)(job->size + 1));
    if (!row || (!offsets && !job->contiguous)) {
        g_atomic_int_set(&job->out_of_memory, 1);
        return;
    }
    for (int64_t i = 0; offsets && i < job->size; i++)
        offsets[i] = offset_of(&job->inside, job->inside_strides, i);
    for (int64_t group = first; group < last; group++)
        one_group(job, group, offsets, row, &open);
    if (open)
        g_atomic_int_set(&job->open, 1);
}

gboolean normalize_run(Eval *ev, const Normalization *n, GError **error)
{
    Job job = job_of(n);
    if (n->x->count == 0 && !n->means && !n->variances) /* any number of empty groups */
        return TRUE;
    eval_parallel(ev, job.count, 1 + 4096 / (job.size + 1), some_groups, &job);
    if (is_precise(n) && !job.open)
        eval_decide(ev);
    return !job.out_of_memory || eval_fail(error, "no memory for a group of %" G_GINT64_FORMAT " elements", job.size);
}

/* ---- bounds ------------------------------------------------------------------------------------------------------------ */

/* Inexact numbers are cast like others: the middle moves by up to half an ulp, which the radius takes in. */
static void widen_radii(DType computing, const double *x, double *radius, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (radius[i] > 0)
            radius[i] += bounds_unit(computing) * fabs(x[i]);
}

typedef struct {
    Ends    *y, *mean, *scale; /* NULL: not wanted */
    gboolean open;
} NormEnds;

static gboolean set_end(Ends *ends, int64_t at, double value, double spread, GError **error)
{
    if (!ends)
        return TRUE;
    const DType dtype = eval_output_tensor(ends->ev, ends->output)->dtype;
    const Range r = bounds_store(dtype, value, spread, eval_may_fuse(ends->ev, ends->output));
    return r.low == r.high || ends_set(ends, at, r.low, r.high, error);
}

/* The text casts the normalised element to the output's type, then scales, then shifts; a fused kernel does not. */
static gboolean bound_element(const Normalization *n, DType computing, const NormBound *b, NormEnds *ends, int64_t at, double x,
                              double radius, GError **error)
{
    const DType dtype = eval_output_tensor(ends->y->ev, 0)->dtype;
    const double scale = parameter_at(n->scale, at), bias = parameter_at(n->bias, at);
    const double own = relaxation_in_force()->unfused ? 0 : ldexp(1, -dtype_info(dtype)->format->mantissa_bits - 1);
    const double unit = MAX(bounds_unit(computing), own); /* the normalized number may be stored before it is scaled */
    double value, spread;
    bounds_normalized(computing, b, x, radius, &value, &spread);
    const double y = value * scale + bias, e = fabs(scale) * (spread + 2 * unit * (fabs(value) + spread)) + fabs(y) * 0x1p-51;
    ends->open |= !isfinite(y) || !isfinite(e);
    return ends->open || set_end(ends->y, at, y, value == 0 && spread == 0 ? 0 : e, error);
}

static gboolean bound_group(const Job *job, DType computing, const double *radii, int64_t group, const int64_t *offsets,
                            double *row, double *radius, NormEnds *ends, GError **error)
{
    const Normalization *n = job->n;
    const int64_t base = offset_of(&job->group, job->group_strides, group);
    load(job, base, offsets, row);
    for (int64_t i = 0; i < job->size; i++)
        radius[i] = radii[base + offsets[i]];
    widen_radii(computing, row, radius, job->size);
    NormBound b;
    ends->open = !bounds_normalization(computing, row, radius, (gsize)job->size, n->uncentred, n->epsilon, n->root_epsilon, &b);
    if (ends->open)
        return TRUE;
    if (!set_end(ends->mean, group, b.mean, b.mean_error, error) ||
        !set_end(ends->scale, group, b.scale, b.scale * b.scale_relative, error))
        return FALSE;
    for (int64_t i = 0; i < job->size && !ends->open; i++)
        if (!bound_element(n, computing, &b, ends, base + offsets[i], row[i], radius[i], error))
            return FALSE;
    return TRUE;
}

static gboolean bound_groups(const Normalization *n, DType computing, const Tensor *radii, NormEnds *ends, GError **error)
{
    const Job job = job_of(n);
    g_autofree double *rows = g_try_new(double, (gsize)(2 * job.size + 1));
    g_autofree int64_t *offsets = g_try_new(int64_t, (gsize)(job.size + 1));
    if (!rows || !offsets)
        return eval_fail(error, "no memory for a group of %" G_GINT64_FORMAT " elements", job.size);
    for (int64_t i = 0; i < job.size; i++)
        offsets[i] = offset_of(&job.inside, job.inside_strides, i);
    for (int64_t group = 0; group < job.count && !ends->open; group++)
        if (!bound_group(&job, computing, radii->data, group, offsets, rows, rows + job.size, ends, error))
            return FALSE;
    return TRUE;
}

static double map_radius(double low, double high, G_GNUC_UNUSED gsize input, G_GNUC_UNUSED gconstpointer data)
{
    return wide_radius(low, high);
}

static gboolean bound_exact_parameters(Eval *ev, const Wide *w, NormalizePrepare prepare, NormEnds *ends, GError **error)
{
    Normalization n = { 0 };
    g_auto(Parameter) scale = { 0 }, bias = { 0 };
    g_autoptr(Tensor) middle = wide_map(w, 0, wide_map_middle, NULL, error);
    g_autoptr(Tensor) radius = middle ? wide_map(w, 0, map_radius, NULL, error) : NULL;
    if (!radius || !prepare(ev, &n, &scale, &bias, error))
        return FALSE;
    n.scale = &scale;
    n.bias = &bias;
    const DType own = n.x->dtype;
    if (n.stash == DTYPE_BFLOAT16 || n.stash == DTYPE_FLOAT16) { /* these compute in less than float */
        ends->open = TRUE;
        return TRUE;
    }
    n.x = middle;
    if (n.stash == DTYPE_FLOAT && own != DTYPE_DOUBLE)
        n.stash = DTYPE_UNDEFINED; /* a cast that changes nothing */
    return n.x->count == 0 || bound_groups(&n, n.stash == DTYPE_FLOAT ? DTYPE_FLOAT : own, radius, ends, error);
}

gboolean normalize_bound(Eval *ev, NormalizePrepare prepare, GError **error)
{
    g_auto(Wide) w = { 0 };
    Ends outputs[3] = { ENDS_OF(ev, 0), ENDS_OF(ev, 1), ENDS_OF(ev, 2) };
    NormEnds ends = { &outputs[0], eval_output_tensor(ev, 1) ? &outputs[1] : NULL, eval_output_tensor(ev, 2) ? &outputs[2] : NULL, FALSE };
    if (!wide_init(&w, ev, error))
        return FALSE;
    ends.open = !w.known || !w.finite;
    for (gsize i = 1; i < w.n; i++)
        ends.open |= w.high[i] != NULL;
    const gboolean ok = ends.open || bound_exact_parameters(ev, &w, prepare, &ends, error);
    for (gsize i = 0; i < G_N_ELEMENTS(outputs); i++)
        if (eval_output_tensor(ev, i))
            (ends.open || !ok ? ends_abandon : ends_finish)(&outputs[i]);
    return ok;
}

gboolean normalize_stash(const Eval *ev, DType *stash, GError **error)
{
    const int64_t type = eval_int(ev, "stash_type");
    *stash = (DType)type;
    return type == DTYPE_FLOAT || type == DTYPE_BFLOAT16 || type == DTYPE_FLOAT16 || type == DTYPE_DOUBLE ||
           eval_fail(error, "stash_type is %" G_GINT64_FORMAT ", expected a float type", type);
}

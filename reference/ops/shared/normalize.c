#include "reference/ops/shared/normalize.h"

#include "reference/ops/shared/compensated.h"
#include "reference/tensor/convert.h"

/* ---- parameters -------------------------------------------------------------------------------------------------------- */

static gboolean widen(const Tensor *t, Parameter *p, GError **error)
{
    p->values = g_try_new(double, t->count + 1);
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
    gint                 out_of_memory;
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

static void one_group(const Job *job, int64_t group, const int64_t *offsets, double *row)
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
    for (int64_t i = 0; n->y && i < job->size; i++) {
        const int64_t at = base + (job->contiguous ? i : offsets[i]);
        const double y = row[i] / root * parameter_at(n->scale, at) + parameter_at(n->bias, at);
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
    g_autofree double *row = g_try_new(double, job->size + 1);
    g_autofree int64_t *offsets = job->contiguous ? NULL : g_try_new(int64_t, job->size + 1);
    if (!row || (!offsets && !job->contiguous)) {
        g_atomic_int_set(&job->out_of_memory, 1);
        return;
    }
    for (int64_t i = 0; offsets && i < job->size; i++)
        offsets[i] = offset_of(&job->inside, job->inside_strides, i);
    for (int64_t group = first; group < last; group++)
        one_group(job, group, offsets, row);
}

gboolean normalize_run(Eval *ev, const Normalization *n, GError **error)
{
    Job job = job_of(n);
    if (n->x->count == 0 && !n->means && !n->variances) /* any number of empty groups */
        return TRUE;
    eval_parallel(ev, job.count, 1 + 4096 / (job.size + 1), some_groups, &job);
    return !job.out_of_memory || eval_fail(error, "no memory for a group of %" G_GINT64_FORMAT " elements", job.size);
}

gboolean normalize_stash(const Eval *ev, DType *stash, GError **error)
{
    const int64_t type = eval_int(ev, "stash_type");
    *stash = (DType)type;
    return type == DTYPE_FLOAT || type == DTYPE_BFLOAT16 || type == DTYPE_FLOAT16 || type == DTYPE_DOUBLE ||
           eval_fail(error, "stash_type is %" G_GINT64_FORMAT ", expected a float type", type);
}

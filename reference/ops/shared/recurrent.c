#include "reference/ops/shared/recurrent.h"

#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/recurrent_activations.h"
#include "reference/tensor/convert.h"

#include <string.h>

/* Inputs of the three operators. */
enum { X, W, R, B, LENGTHS, INITIAL_H, INITIAL_C, P };

typedef struct {
    Recurrent    *r;
    const Tensor *x, *lengths, *h, *c; /* all but x may be NULL */
    Tensor       *y, *y_h, *y_c;       /* each NULL if not wanted */
    gint          out_of_memory;
} Job;

/* ---- sums ----------------------------------------------------------------------------------------------------------------- */

static double dot(const double *a, const double *b, int64_t n, double bias)
{
    Compensated s = { bias, 0 };
    for (int64_t i = 0; i < n; i++)
        compensated_add_product(&s, a[i], b[i]);
    return compensated_value(s);
}

double recurrent_input(const Recurrent *r, int64_t direction, int gate, int64_t j, const double *x)
{
    const int64_t row = (direction * r->gates + gate) * r->hidden + j;
    return dot(r->w + row * r->inputs, x, r->inputs, r->b[(direction * 2 * r->gates + gate) * r->hidden + j]);
}

double recurrent_state(const Recurrent *r, int64_t direction, int gate, int64_t j, const double *h)
{
    const int64_t row = (direction * r->gates + gate) * r->hidden + j;
    return dot(r->r + row * r->hidden, h, r->hidden, r->b[(direction * 2 * r->gates + r->gates + gate) * r->hidden + j]);
}

/* ---- reading -------------------------------------------------------------------------------------------------------------- */

static gboolean check(const Tensor *t, const char *name, const Shape *wanted, GError **error)
{
    if (!t || shape_equal(&t->shape, wanted))
        return TRUE;
    g_autofree char *found = shape_to_string(&t->shape), *expected = shape_to_string(wanted);
    return eval_fail(error, "%s has shape %s, expected %s", name, found, expected);
}

static gboolean widen(const Tensor *t, int64_t count, double **out, GError **error)
{
    *out = g_try_new0(double, count + 1);
    if (!*out)
        return eval_fail(error, "no memory for %" G_GINT64_FORMAT " weights", count);
    if (t)
        convert_to_double(t->dtype, t->data, *out, (gsize)count);
    return TRUE;
}

static gboolean read_direction(const Eval *ev, Recurrent *r, GError **error)
{
    const char *direction = eval_string(ev, "direction");
    r->reverse = strcmp(direction, "reverse") == 0;
    r->directions = strcmp(direction, "bidirectional") == 0 ? 2 : 1;
    r->batch_first = eval_int(ev, "layout") != 0;
    const double clip = eval_has(ev, "clip") ? (double)eval_float(ev, "clip") : 0;
    r->clip = clip > 0 ? clip : (double)INFINITY;
    return r->reverse || r->directions == 2 || strcmp(direction, "forward") == 0 ||
           eval_fail(error, "direction is '%s', expected forward, reverse or bidirectional", direction);
}

static Shape state_shape(const Recurrent *r)
{
    return r->batch_first ? SHAPE(r->batch, r->directions, r->hidden) : SHAPE(r->directions, r->batch, r->hidden);
}

static gboolean read_shapes(const Eval *ev, Recurrent *r, GError **error)
{
    const Tensor *x = eval_input(ev, X), *weights = eval_input(ev, R);
    if (x->shape.rank != 3 || weights->shape.rank != 3)
        return eval_fail(error, "X has rank %d and R %d, expected 3", x->shape.rank, weights->shape.rank);
    r->steps = x->shape.dims[r->batch_first ? 1 : 0];
    r->batch = x->shape.dims[r->batch_first ? 0 : 1];
    r->inputs = x->shape.dims[2];
    r->hidden = weights->shape.dims[2];
    if (eval_has(ev, "hidden_size") && eval_int(ev, "hidden_size") != r->hidden)
        return eval_fail(error, "hidden_size is %" G_GINT64_FORMAT ", R is for %" G_GINT64_FORMAT, eval_int(ev, "hidden_size"),
                         r->hidden);
    if (MAX(r->hidden, MAX(r->steps, r->batch)) > G_MAXINT32) /* possible where another dim is 0 */
        return eval_fail(error, "the hidden size, the steps or the batch are more than %d", G_MAXINT32);
    const int64_t rows = r->gates * r->hidden;
    const Shape w = SHAPE(r->directions, rows, r->inputs), rr = SHAPE(r->directions, rows, r->hidden),
                b = SHAPE(r->directions, 2 * rows), p = SHAPE(r->directions, 3 * r->hidden), lengths = SHAPE(r->batch),
                state = state_shape(r);
    return check(eval_input(ev, W), "W", &w, error) && check(weights, "R", &rr, error) && check(eval_input(ev, B), "B", &b, error) &&
           check(eval_input(ev, LENGTHS), "sequence_lens", &lengths, error) &&
           check(eval_input(ev, INITIAL_H), "initial_h", &state, error) &&
           (!r->has_cell_state || (check(eval_input(ev, INITIAL_C), "initial_c", &state, error) &&
                                   check(eval_input(ev, P), "P", &p, error)));
}

static gboolean read_weights(const Eval *ev, Recurrent *r, GError **error)
{
    const int64_t rows = r->directions * r->gates * r->hidden; /* R is in memory: nothing here overflows */
    return widen(eval_input(ev, W), rows * r->inputs, &r->w, error) && widen(eval_input(ev, R), rows * r->hidden, &r->r, error) &&
           widen(eval_input(ev, B), 2 * rows, &r->b, error) &&
           widen(r->has_cell_state ? eval_input(ev, P) : NULL, 3 * r->directions * r->hidden, &r->p, error);
}

static gboolean read_lengths(const Recurrent *r, const Tensor *lengths, GError **error)
{
    for (int64_t i = 0; lengths && i < lengths->count; i++) {
        const int64_t length = tensor_get_int(lengths, i);
        if (length < 0 || length > r->steps)
            return eval_fail(error, "sequence_lens has the entry %" G_GINT64_FORMAT ", expected 0 to %" G_GINT64_FORMAT, length,
                             r->steps);
    }
    return TRUE;
}

/* ---- running -------------------------------------------------------------------------------------------------------------- */

static int64_t state_offset(const Recurrent *r, int64_t direction, int64_t item)
{
    return (r->batch_first ? item * r->directions + direction : direction * r->batch + item) * r->hidden;
}

static void load(const Tensor *t, int64_t from, double *out, int64_t n)
{
    if (t)
        convert_to_double(t->dtype, (const uint8_t *)t->data + from * dtype_info(t->dtype)->width, out, (gsize)n);
    else
        memset(out, 0, (gsize)n * sizeof *out);
}

static void store(Tensor *t, int64_t to, const double *in, int64_t n)
{
    if (t)
        convert_from_double(t->dtype, in, (uint8_t *)t->data + to * dtype_info(t->dtype)->width, (gsize)n);
}

/* One direction of one sequence; what lies beyond the sequence's length is zero in Y. room: inputs + 7 * hidden. */
static void one_sequence(const Job *job, int64_t direction, int64_t item, double *room)
{
    const Recurrent *r = job->r;
    const int64_t n = r->hidden, length = job->lengths ? tensor_get_int(job->lengths, item) : r->steps;
    double *x = room, *h = x + r->inputs, *c = h + n, *next_h = c + n, *next_c = next_h + n, *scratch = next_c + n;
    load(job->h, state_offset(r, direction, item), h, n);
    load(job->c, state_offset(r, direction, item), c, n);
    for (int64_t i = 0; i < length; i++) {
        const int64_t t = r->reverse || direction == 1 ? length - 1 - i : i;
        load(job->x, (r->batch_first ? item * r->steps + t : t * r->batch + item) * r->inputs, x, r->inputs);
        r->cell(r, direction, x, h, c, next_h, next_c, scratch);
        memcpy(h, next_h, (gsize)n * sizeof *h);
        if (r->has_cell_state)
            memcpy(c, next_c, (gsize)n * sizeof *c);
        const int64_t row = r->batch_first ? (item * r->steps + t) * r->directions + direction
                                           : (t * r->directions + direction) * r->batch + item;
        store(job->y, row * n, h, n);
    }
    store(job->y_h, state_offset(r, direction, item), h, n);
    store(job->y_c, state_offset(r, direction, item), c, n);
}

static void some_sequences(int64_t first, int64_t last, gpointer data)
{
    Job *job = data;
    const Recurrent *r = job->r;
    g_autofree double *room = g_try_new(double, r->inputs + 8 * r->hidden + 1);
    if (!room)
        g_atomic_int_set(&job->out_of_memory, 1);
    else
        for (int64_t i = first; i < last; i++)
            one_sequence(job, i / r->batch, i % r->batch, room);
}

/* Y starts as zeros. */
static gboolean make_outputs(Eval *ev, Job *job, GError **error)
{
    const Recurrent *r = job->r;
    const DType dtype = job->x->dtype;
    const Shape y = r->batch_first ? SHAPE(r->batch, r->steps, r->directions, r->hidden)
                                   : SHAPE(r->steps, r->directions, r->batch, r->hidden);
    const Shape state = state_shape(r);
    if (eval_wants(ev, 0)) {
        job->y = eval_output(ev, 0, dtype, &y, error);
        if (!job->y)
            return FALSE;
        memset(job->y->data, 0, job->y->bytes);
    }
    if (eval_wants(ev, 1) && !(job->y_h = eval_output(ev, 1, dtype, &state, error)))
        return FALSE;
    return !r->has_cell_state || !eval_wants(ev, 2) || (job->y_c = eval_output(ev, 2, dtype, &state, error)) != NULL;
}

static gboolean run(Eval *ev, Recurrent *r, GError **error)
{
    Job job = { .r = r, .x = eval_input(ev, X), .lengths = eval_input(ev, LENGTHS), .h = eval_input(ev, INITIAL_H),
                .c = r->has_cell_state ? eval_input(ev, INITIAL_C) : NULL };
    if (!read_direction(ev, r, error) || !read_shapes(ev, r, error) || !read_lengths(r, job.lengths, error) ||
        !recurrent_read_activations(ev, r, job.x->dtype == DTYPE_DOUBLE, error) || !read_weights(ev, r, error) ||
        !make_outputs(ev, &job, error))
        return FALSE;
    eval_parallel(ev, r->directions * r->batch, 1, some_sequences, &job);
    return !job.out_of_memory || eval_fail(error, "no memory for a state of %" G_GINT64_FORMAT, r->hidden);
}

gboolean recurrent_run(Eval *ev, Recurrent *r, GError **error)
{
    const gboolean ok = run(ev, r, error);
    g_free(r->w);
    g_free(r->r);
    g_free(r->b);
    g_free(r->p);
    return ok;
}

#include "reference/ops/shared/body.h"

/* What version 9 and later need to know; entries of the lists default to 0. */
typedef struct {
    const Tensor **inputs;  /* n_scan_inputs */
    int           *axes;    /* of each scan input, normalised */
    const int64_t *input_directions, *output_directions, *output_axes; /* NULL: all 0 */
    gsize          n_state, n_inputs;
    int64_t        length;  /* of the sequence */
} Scan;

static void scan_clear(Scan *scan)
{
    g_free(scan->inputs);
    g_free(scan->axes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scan, scan_clear)

static gboolean list_of(const Eval *ev, const char *name, gsize n, const int64_t **list, GError **error)
{
    gsize found;
    *list = eval_ints(ev, name, &found);
    return !*list || found == n || eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected %" G_GSIZE_FORMAT, name,
                                             found, n);
}

static gboolean check_directions(const int64_t *directions, gsize n, GError **error)
{
    for (gsize i = 0; directions && i < n; i++)
        if (directions[i] != 0 && directions[i] != 1)
            return eval_fail(error, "direction %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT ", expected 0 or 1", i, directions[i]);
    return TRUE;
}

/* Splits the node's inputs, after the first `skip`, into state and scan inputs. */
static gboolean split_inputs(const Eval *ev, gsize skip, Scan *s, GError **error)
{
    const int64_t wanted = eval_int(ev, "num_scan_inputs");
    const gsize n = eval_input_count(ev) - MIN(skip, eval_input_count(ev));
    if (wanted < 1 || (guint64)wanted > n)
        return eval_fail(error, "num_scan_inputs is %" G_GINT64_FORMAT ", expected 1 to %" G_GSIZE_FORMAT, wanted, n);
    s->n_inputs = (gsize)wanted;
    s->n_state = n - s->n_inputs;
    s->inputs = g_new0(const Tensor *, s->n_inputs);
    s->axes = g_new0(int, s->n_inputs);
    for (gsize i = 0; i < n; i++) {
        const Tensor *x = eval_input(ev, skip + i);
        if (!x)
            return eval_fail(error, "input %" G_GSIZE_FORMAT " is not a tensor", skip + i);
        if (i >= s->n_state)
            s->inputs[i - s->n_state] = x;
    }
    return TRUE;
}

/* The scanned axis of every input; all must be of one length. */
static gboolean find_length(Scan *s, const int64_t *axes, GError **error)
{
    for (gsize i = 0; i < s->n_inputs; i++) {
        const Shape *shape = &s->inputs[i]->shape;
        const int64_t asked = axes ? axes[i] : 0;
        s->axes[i] = shape_axis(asked, shape->rank);
        if (s->axes[i] < 0)
            return eval_fail(error, "scan input %" G_GSIZE_FORMAT ": axis %" G_GINT64_FORMAT " is outside [-%d, %d)", i, asked,
                             shape->rank, shape->rank);
        const int64_t length = shape->dims[s->axes[i]];
        if (i > 0 && length != s->length)
            return eval_fail(error, "scan input %" G_GSIZE_FORMAT " has length %" G_GINT64_FORMAT ", expected %" G_GINT64_FORMAT
                                    " like scan input 0", i, length, s->length);
        s->length = length;
    }
    return TRUE;
}

/* Runs the body for one element of each scan input. */
static gboolean step(Body *body, const Scan *s, int64_t t, GError **error)
{
    const gsize n = s->n_state + s->n_inputs;
    g_autofree Value **inputs = g_new0(Value *, n + 1);
    gboolean ok = TRUE;
    for (gsize i = 0; i < s->n_state; i++)
        inputs[i] = body->state[i];
    for (gsize i = 0; ok && i < s->n_inputs; i++) {
        const gboolean backwards = s->input_directions && s->input_directions[i];
        Tensor *element = join_take(s->inputs[i], s->axes[i], backwards ? s->length - 1 - t : t, error);
        ok = element != NULL;
        inputs[s->n_state + i] = ok ? value_from_tensor(element) : NULL;
    }
    ok = ok && body_run(body, inputs, n, NULL, error);
    for (gsize i = 0; i < s->n_inputs; i++)
        value_unref(inputs[s->n_state + i]);
    return ok;
}

static gboolean scan(Eval *ev, GError **error)
{
    g_auto(Scan) s = { 0 };
    g_auto(Body) body = { 0 };
    const int64_t *axes;
    if (!split_inputs(ev, 0, &s, error) || !list_of(ev, "scan_input_axes", s.n_inputs, &axes, error) ||
        !list_of(ev, "scan_input_directions", s.n_inputs, &s.input_directions, error) ||
        !check_directions(s.input_directions, s.n_inputs, error) || !find_length(&s, axes, error) ||
        !body_open(&body, ev, s.n_state + s.n_inputs, 0, 0, s.n_state, error) ||
        !list_of(ev, "scan_output_axes", body.n_scan, &s.output_axes, error) ||
        !list_of(ev, "scan_output_directions", body.n_scan, &s.output_directions, error) ||
        !check_directions(s.output_directions, body.n_scan, error))
        return FALSE;
    for (int64_t t = 0; t < s.length; t++)
        if (!step(&body, &s, t, error))
            return FALSE;
    for (gsize k = 0; k < body.n_scan; k++) {
        Tensor *y = body_scanned(&body, k, s.output_axes ? s.output_axes[k] : 0,
                                 s.output_directions && s.output_directions[k], error);
        if (!y)
            return FALSE;
        eval_set_tensor(ev, s.n_state + k, y);
    }
    body_finish(&body);
    return TRUE;
}

/* ---- version 8: axis 0 is the batch, axis 1 the sequence ------------------------------------------------------------ */

/* How far each batch goes; NULL in *lengths if the input is omitted. */
static gboolean sequence_lengths(const Eval *ev, int64_t batches, int64_t longest, const int64_t **lengths, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    *lengths = NULL;
    if (!x)
        return TRUE;
    if (x->shape.rank != 1 || x->count != batches)
        return eval_fail(error, "sequence_lens has %" G_GINT64_FORMAT " elements, expected %" G_GINT64_FORMAT, x->count, batches);
    *lengths = x->data;
    for (int64_t b = 0; b < batches; b++)
        if ((*lengths)[b] < 0 || (*lengths)[b] > longest)
            return eval_fail(error, "sequence_lens[%" G_GINT64_FORMAT "] is %" G_GINT64_FORMAT ", expected 0 to %"
                                    G_GINT64_FORMAT, b, (*lengths)[b], longest);
    return TRUE;
}

static gboolean batch_inputs(const Eval *ev, const Scan *s, int64_t *batches, int64_t *longest, GError **error)
{
    for (gsize i = 0; i < s->n_state + s->n_inputs; i++) {
        const Shape *shape = &eval_input(ev, 1 + i)->shape;
        const int least = i < s->n_state ? 1 : 2;
        if (shape->rank < least)
            return eval_fail(error, "input %" G_GSIZE_FORMAT " has rank %d, expected %d or more", 1 + i, shape->rank, least);
        if (i == 0)
            *batches = shape->dims[0];
        if (i == s->n_state)
            *longest = shape->dims[1];
        if (shape->dims[0] != *batches || (least == 2 && shape->dims[1] != *longest))
            return eval_fail(error, "batch and length of input %" G_GSIZE_FORMAT " do not agree with the others", 1 + i);
    }
    return *batches > 0 || eval_fail(error, "the batch is empty");
}

/* The scan output of one batch, with zeros after the end of its sequence. */
static Tensor *padded(const Body *body, gsize k, int64_t longest, GError **error)
{
    g_autoptr(Tensor) y = body_scanned(body, k, 0, FALSE, error);
    if (!y || y->shape.dims[0] == longest)
        return g_steal_pointer(&y);
    Shape rest = y->shape;
    rest.dims[0] = longest - y->shape.dims[0];
    g_autoptr(Tensor) zeros = tensor_new(y->dtype, &rest, error);
    return zeros ? join_concat((const Tensor *const[]){ y, zeros }, 2, 0, error) : NULL;
}

/* Runs one batch and appends its final state and scan outputs to results, one array an output of the node. */
static gboolean scan_batch(Eval *ev, const Scan *all, int64_t b, int64_t length, GPtrArray **results, GError **error)
{
    g_auto(Body) body = { 0 };
    g_auto(Scan) s = { .n_state = all->n_state, .n_inputs = all->n_inputs, .length = length,
                       .input_directions = all->input_directions };
    if (!body_open(&body, ev, s.n_state + s.n_inputs, 0, 1, s.n_state, error))
        return FALSE;
    s.inputs = g_new0(const Tensor *, s.n_inputs);
    s.axes = g_new0(int, s.n_inputs);
    gboolean ok = TRUE;
    for (gsize i = 0; ok && i < s.n_state; i++) {
        Tensor *state = join_take(body.state[i]->tensor, 0, b, error);
        ok = state != NULL;
        if (ok) {
            value_unref(body.state[i]);
            body.state[i] = value_from_tensor(state);
        }
    }
    for (gsize i = 0; ok && i < s.n_inputs; i++)
        ok = (s.inputs[i] = join_take(all->inputs[i], 0, b, error)) != NULL;
    for (int64_t t = 0; ok && t < length; t++)
        ok = step(&body, &s, t, error);
    for (gsize i = 0; ok && i < s.n_state; i++)
        g_ptr_array_add(results[i], tensor_ref(body.state[i]->tensor));
    for (gsize k = 0; ok && k < body.n_scan; k++) {
        Tensor *y = padded(&body, k, all->length, error);
        ok = y != NULL;
        if (ok)
            g_ptr_array_add(results[s.n_state + k], y);
    }
    for (gsize i = 0; i < s.n_inputs; i++)
        tensor_unref((Tensor *)s.inputs[i]);
    return ok;
}

static void free_tensor(gpointer tensor)
{
    tensor_unref(tensor);
}

static gboolean scan_8(Eval *ev, GError **error)
{
    g_auto(Scan) s = { 0 };
    int64_t batches = 0;
    const int64_t *lengths;
    if (!split_inputs(ev, 1, &s, error) || !batch_inputs(ev, &s, &batches, &s.length, error) ||
        !sequence_lengths(ev, batches, s.length, &lengths, error) ||
        !list_of(ev, "directions", s.n_inputs, &s.input_directions, error) ||
        !check_directions(s.input_directions, s.n_inputs, error))
        return FALSE;
    const gsize n = eval_output_count(ev);
    g_autofree GPtrArray **results = g_new0(GPtrArray *, n + 1);
    for (gsize i = 0; i < n; i++)
        results[i] = g_ptr_array_new_with_free_func(free_tensor);
    gboolean ok = TRUE;
    for (int64_t b = 0; ok && b < batches; b++)
        ok = scan_batch(ev, &s, b, lengths ? lengths[b] : s.length, results, error);
    for (gsize i = 0; ok && i < n; i++) {
        Tensor *y = join_stack((const Tensor *const *)results[i]->pdata, results[i]->len, 0, error);
        ok = y != NULL;
        if (ok)
            eval_set_tensor(ev, i, y);
    }
    for (gsize i = 0; i < n; i++)
        g_ptr_array_unref(results[i]);
    return ok;
}

#define REST                                                                                                            \
    .signature = "initial_state_and_scan_inputs:any+ -> final_state_and_scan_outputs:V+",                               \
    .attributes = "body:graph!, num_scan_inputs:int!, scan_input_axes:ints, scan_input_directions:ints, "               \
                  "scan_output_axes:ints, scan_output_directions:ints",                                                 \
    .kernel = scan, .bound = bound_exact
OPERATOR_DEFINE(scan, "Scan", "",
    { .since = 8,
      .signature = "sequence_lens:int64?, initial_state_and_scan_inputs:any+ -> final_state_and_scan_outputs:V+",
      .types = "V: all1", .attributes = "body:graph!, directions:ints, num_scan_inputs:int!", .kernel = scan_8,
      .bound = bound_exact },
    { .since = 9, .types = "V: all1", REST },
    { .since = 11, .types = "V: all1", REST },
    { .since = 16, .types = "V: all13", REST },
    { .since = 19, .types = "V: all19", REST },
    { .since = 21, .types = "V: all21", REST },
    { .since = 23, .types = "V: all23", REST },
    { .since = 24, .types = "V: all24", REST },
    { .since = 25, .types = "V: all25", REST })

#include "reference/ops/shared/join.h"

#include <string.h>

/* The sizes as given, one an output, together the whole dim. */
static gboolean check_sizes(const int64_t *sizes, gsize n, gsize outputs, int64_t dim, GError **error)
{
    if (n != outputs)
        return eval_fail(error, "split has %" G_GSIZE_FORMAT " entries, the node has %" G_GSIZE_FORMAT " outputs", n, outputs);
    int64_t left = dim;
    for (gsize i = 0; i < n; i++) {
        if (sizes[i] < 0 || sizes[i] > left)
            return eval_fail(error, "split[%" G_GSIZE_FORMAT "] is %" G_GINT64_FORMAT ", expected 0 to %" G_GINT64_FORMAT, i,
                             sizes[i], left);
        left -= sizes[i];
    }
    return left == 0 || eval_fail(error, "split leaves %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " elements over", left, dim);
}

/* Equal parts. From version 18 on the last may be smaller, down to nothing. */
static gboolean equal_sizes(const Eval *ev, int64_t dim, gsize n, int64_t *sizes, GError **error)
{
    const int64_t parts = (int64_t)n, part = dim / parts + (dim % parts != 0);
    if (eval_version(ev) < 18 ? dim % parts != 0 : part * (parts - 1) > dim)
        return eval_fail(error, "a dim of %" G_GINT64_FORMAT " does not split into %" G_GINT64_FORMAT " equal parts", dim, parts);
    for (gsize i = 0; i < n; i++)
        sizes[i] = MIN(part, dim - (int64_t)i * part);
    return TRUE;
}

static gboolean given_sizes(const Eval *ev, int64_t **list, gsize *n, GError **error)
{
    const int64_t *attribute = eval_ints(ev, "split", n);
    const Tensor *input = eval_input(ev, 1);
    *list = NULL;
    if (attribute) {
        *list = g_new0(int64_t, *n + 1);
        memcpy(*list, attribute, *n * sizeof *attribute);
        return TRUE;
    }
    if (!input)
        return TRUE;
    *list = move_int_list(input, "split", n, error);
    return *list != NULL;
}

static gboolean split(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const gsize outputs = eval_output_count(ev);
    const int axis = shape_axis(eval_int(ev, "axis"), x->shape.rank);
    if (axis < 0)
        return eval_fail(error, "axis %" G_GINT64_FORMAT " is outside [-%d, %d)", eval_int(ev, "axis"), x->shape.rank,
                         x->shape.rank);
    g_autofree int64_t *sizes = NULL;
    gsize n;
    if (!given_sizes(ev, &sizes, &n, error))
        return FALSE;
    if (eval_version(ev) >= 18 && (sizes != NULL) == eval_has(ev, "num_outputs"))
        return eval_fail(error, "expected either input 'split' or attribute 'num_outputs', found %s", sizes ? "both" : "none");
    if (eval_has(ev, "num_outputs") && eval_int(ev, "num_outputs") != (int64_t)outputs)
        return eval_fail(error, "num_outputs is %" G_GINT64_FORMAT ", the node has %" G_GSIZE_FORMAT " outputs",
                         eval_int(ev, "num_outputs"), outputs);
    if (sizes) {
        if (!check_sizes(sizes, n, outputs, x->shape.dims[axis], error))
            return FALSE;
    } else {
        sizes = g_new(int64_t, outputs + 1);
        if (!equal_sizes(ev, x->shape.dims[axis], outputs, sizes, error))
            return FALSE;
    }
    int64_t from = 0;
    for (gsize i = 0; i < outputs; i++) {
        Tensor *part = eval_wants(ev, i) ? join_slice(x, axis, from, sizes[i], error) : NULL;
        if (part)
            eval_set_tensor(ev, i, part);
        else if (eval_wants(ev, i))
            return FALSE;
        from += sizes[i];
    }
    return TRUE;
}

#define REST .kernel = split, .bound = move_bound_first
#define ATTRIBUTE .signature = "input:T -> outputs:T+", .types = "T: all1", .attributes = "axis:int=0, split:ints"
#define INPUT .signature = "input:T, split:int64? -> outputs:T+", .types = "T: all13"
OPERATOR_DEFINE(split, "Split", "",
    { .since = 1, .signature = "input:T, split:T? -> outputs:T+", .types = "T: floats1",
      .attributes = "axis:int, split:ints", REST },
    { .since = 2, ATTRIBUTE, REST },
    { .since = 11, ATTRIBUTE, REST },
    { .since = 13, INPUT, .attributes = "axis:int=0", REST },
    { .since = 18, INPUT, .attributes = "axis:int=0, num_outputs:int", REST })

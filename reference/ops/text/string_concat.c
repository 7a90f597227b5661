#include "reference/eval/certify.h"

#include <string.h>

static gboolean join(const Tensor *a, int64_t i, const Tensor *b, int64_t j, Tensor *y, int64_t k, GError **error)
{
    gsize na, nb;
    const char *first = tensor_get_string(a, i, &na), *second = tensor_get_string(b, j, &nb);
    if (na > G_MAXSSIZE / 2 - nb)
        return eval_fail(error, "the joined string is too long");
    /* Twice: the text is there beside the element that is made of it. */
    g_autofree char *text = tensor_memory_allows(2 * (na + nb)) ? g_try_malloc(na + nb + 1) : NULL;
    if (!text)
        return eval_fail(error, "no memory for a string of %" G_GSIZE_FORMAT " bytes", na + nb);
    memcpy(text, first, na);
    memcpy(text + na, second, nb);
    tensor_set_string(y, k, text, (gssize)(na + nb));
    return TRUE;
}

static gboolean string_concat(Eval *ev, GError **error)
{
    const Tensor *a = eval_input(ev, 0), *b = eval_input(ev, 1);
    Shape shape;
    if (!shape_broadcast(&a->shape, &b->shape, &shape)) {
        g_autofree char *ta = shape_to_string(&a->shape), *tb = shape_to_string(&b->shape);
        return eval_fail(error, "shapes %s and %s do not broadcast", ta, tb);
    }
    Tensor *y = eval_output(ev, 0, DTYPE_STRING, &shape, error);
    if (!y)
        return FALSE;
    Walk w;
    const Shape *operands[] = { &a->shape, &b->shape };
    for (walk_begin(&w, &shape, operands, 2); walk_more(&w); walk_next(&w))
        for (int64_t k = 0; k < w.run; k++)
            if (!join(a, w.offset[0] + k * w.step[0], b, w.offset[1] + k * w.step[1], y, w.position + k, error))
                return FALSE;
    return TRUE;
}

OPERATOR_DEFINE(string_concat, "StringConcat", "",
    { .since = 20, .signature = "X:T, Y:T -> Z:T", .types = "T: string", .kernel = string_concat,
      .bound = bound_exact })

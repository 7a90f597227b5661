/* assay.subbyte::Unpack: bytes of a layout to one element a byte, in the shape that the attribute gives.
 * Rule: reference/ops/shared/subbyte_layout.h. The number of bytes must be exactly what the shape takes; how the bytes
 * are shaped does not matter. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/subbyte_layout.h"

static gboolean subbyte_unpack_op(Eval *ev, GError **error)
{
    const Tensor *codes = eval_input(ev, 0);
    SubbyteLayout layout;
    gsize rank;
    const int64_t *dims = eval_ints(ev, "shape", &rank);
    Shape shape;
    if (!subbyte_layout(ev, &layout, error) || !shape_make(dims, rank, &shape, error))
        return FALSE;
    const int64_t expected = subbyte_bytes(&layout, &shape);
    if (codes->count != expected)
        return eval_fail(error, "the input has %" G_GINT64_FORMAT " bytes, expected %" G_GINT64_FORMAT, codes->count, expected);
    Tensor *y = eval_output(ev, 0, subbyte_carrier(&layout), &shape, error);
    return y && subbyte_unpack(&layout, &shape, codes->data, y->data, error);
}

OPERATOR_DEFINE(subbyte_unpack, "Unpack", "assay.subbyte",
    { .since = 1, .signature = "codes:uint8 -> values:V", .types = "V: int8 uint8",
      .attributes = SUBBYTE_ATTRIBUTES ", shape:ints!", .kernel = subbyte_unpack_op, .bound = bound_exact })

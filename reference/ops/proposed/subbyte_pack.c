/* assay.subbyte::Pack: one element a byte to the bytes of a layout.
 * Rule: reference/ops/shared/subbyte_layout.h. The bytes form a vector; with offset_rows the last axis becomes the bytes
 * of a row and the others stay. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/subbyte_layout.h"
#include "reference/tensor/packing.h"

static gboolean subbyte_pack_op(Eval *ev, GError **error)
{
    const Tensor *values = eval_input(ev, 0);
    SubbyteLayout layout;
    if (!subbyte_layout(ev, &layout, error))
        return FALSE;
    if (values->dtype != subbyte_carrier(&layout))
        return eval_fail(error, "the values are %s, expected %s for type %s", dtype_name(values->dtype),
                         dtype_name(subbyte_carrier(&layout)), dtype_name(layout.type));
    Shape shape = SHAPE(subbyte_bytes(&layout, &values->shape));
    if (layout.packing == PACKING_OFFSET_ROWS && values->shape.rank > 0) {
        shape = values->shape;
        int64_t *last = &shape.dims[shape.rank - 1];
        *last = (int64_t)packing_size(DTYPE_UINT3, *last);
    }
    Tensor *y = eval_output(ev, 0, DTYPE_UINT8, &shape, error);
    return y && subbyte_pack(&layout, &values->shape, values->data, y->data, error);
}

OPERATOR_DEFINE(subbyte_pack, "Pack", "assay.subbyte",
    { .since = 1, .signature = "values:V -> codes:uint8", .types = "V: int8 uint8",
      .attributes = SUBBYTE_ATTRIBUTES, .kernel = subbyte_pack_op, .bound = bound_exact })

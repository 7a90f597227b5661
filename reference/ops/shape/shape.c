#include "reference/ops/shared/move.h"

/* An end of the range [start, end): negative ones count from the rank, and everything is clamped to [0, rank]. */
static int64_t range_end(int64_t end, int rank)
{
    return CLAMP(end < 0 ? end + rank : end, 0, rank);
}

static gboolean shape(Eval *ev, GError **error)
{
    const Shape *of = &eval_input(ev, 0)->shape;
    const int64_t start = range_end(eval_int(ev, "start"), of->rank);
    const int64_t end = eval_has(ev, "end") ? range_end(eval_int(ev, "end"), of->rank) : of->rank;
    const Shape list = SHAPE(MAX(end - start, 0));
    Tensor *y = eval_output(ev, 0, DTYPE_INT64, &list, error);
    for (int64_t d = 0; y && d < y->count; d++)
        tensor_set_int(y, d, of->dims[start + d]);
    return y != NULL;
}

#define REST .signature = "data:T -> shape:int64", .kernel = shape, .bound = move_bound_shape
#define RANGE .attributes = "start:int=0, end:int"
OPERATOR_DEFINE(shape, "Shape", "",
    { .since = 1, .types = "T: all1", REST },
    { .since = 13, .types = "T: all13", REST },
    { .since = 15, .types = "T: all13", RANGE, REST },
    { .since = 19, .types = "T: all19", RANGE, REST },
    { .since = 21, .types = "T: all21", RANGE, REST },
    { .since = 23, .types = "T: all23", RANGE, REST },
    { .since = 24, .types = "T: all24", RANGE, REST },
    { .since = 25, .types = "T: all25", RANGE, REST })

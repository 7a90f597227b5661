/* Upsample: Resize before there was Resize. How coordinates map the text leaves open; published data takes x / scale,
 * rounded down for nearest; linear repeats the last element beyond the end. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/resample.h"

#include <math.h>
#include <string.h>

/* One scale per dim: two attributes (1), an attribute (7) or an input (9). */
static gboolean read_scales(const Eval *ev, const Tensor *x, double *scales, GError **error)
{
    const int rank = x->shape.rank;
    gsize n = 0;
    if (eval_version(ev) == 1) {
        if (rank != 4)
            return eval_fail(error, "input has rank %d, expected [N,C,H,W]", rank);
        scales[0] = scales[1] = 1;
        scales[2] = (double)eval_float(ev, "height_scale");
        scales[3] = (double)eval_float(ev, "width_scale");
        n = 4;
    } else if (eval_version(ev) == 7) {
        const float *given = eval_floats(ev, "scales", &n);
        for (gsize d = 0; d < n && d < (gsize)rank; d++)
            scales[d] = (double)given[d];
    } else {
        const Tensor *given = eval_input(ev, 1);
        n = given->shape.rank <= 1 ? (gsize)given->count : 0;
        for (gsize d = 0; d < n && d < (gsize)rank; d++)
            scales[d] = tensor_get_double(given, (int64_t)d);
    }
    if (n != (gsize)rank)
        return eval_fail(error, "scales has %" G_GSIZE_FORMAT " entries, expected one for each of the %d dims", n,
                         rank);
    for (int d = 0; d < rank; d++)
        if (!(scales[d] >= 1 && scales[d] < 0x1p62))
            return eval_fail(error, "scale %d is %g, expected 1 or more", d, scales[d]);
    return TRUE;
}

static gboolean run(Eval *ev, const Tensor *x, const double *scales, const ResampleFilter *filter, ResampleAxis *axes,
                    GError **error)
{
    for (int d = 0; d < x->shape.rank; d++) {
        const double out = floor((double)x->shape.dims[d] * scales[d]);
        if (out >= 0x1p62)
            return eval_fail(error, "dim %d of the output is too large", d);
        resample_axis_init(&axes[d], x->shape.dims[d], (int64_t)out);
    }
    Tensor *y = resample_output(ev, x, axes, error);
    if (!y || y->count == 0)
        return y != NULL;
    for (int d = 0; d < x->shape.rank; d++) {
        if (scales[d] == 1)
            resample_axis_identity(&axes[d]);
        for (int64_t j = 0; j < axes[d].out && scales[d] != 1; j++)
            if (!resample_add(&axes[d], filter, (double)j / scales[d], error))
                return FALSE;
    }
    return resample_apply(x, axes, filter->mode, 0, y, error);
}

static gboolean upsample(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    const char *mode = eval_string(ev, "mode"), *linear = eval_version(ev) == 1 ? "bilinear" : "linear";
    if (strcmp(mode, "nearest") != 0 && strcmp(mode, linear) != 0)
        return eval_fail(error, "mode is '%s', expected nearest or %s", mode, linear);
    const ResampleFilter filter = { .mode = strcmp(mode, "nearest") == 0 ? RESAMPLE_NEAREST : RESAMPLE_LINEAR,
                                    .nearest = NEAREST_FLOOR, .stretch = 1 };
    double scales[SHAPE_MAX_RANK];
    ResampleAxis axes[SHAPE_MAX_RANK] = { 0 };
    const gboolean ok = read_scales(ev, x, scales, error) && run(ev, x, scales, &filter, axes, error);
    for (int d = 0; d < x->shape.rank; d++)
        resample_axis_clear(&axes[d]);
    return ok;
}

OPERATOR_DEFINE(upsample, "Upsample", "",
    { .since = 1, .signature = "X:T -> Y:T", .types = "T: bool int32 int64 floats1",
      .attributes = "height_scale:float!, width_scale:float!, mode:string=nearest", .kernel = upsample },
    { .since = 7, .signature = "X:T -> Y:T", .types = "T: all1", .attributes = "scales:floats!, mode:string=nearest",
      .kernel = upsample },
    { .since = 9, .signature = "X:T, scales:float -> Y:T", .types = "T: all1", .attributes = "mode:string=nearest",
      .kernel = upsample },
    { .since = 10, .deprecated = TRUE })

#include "reference/eval/certify.h"

#include <math.h>

/* A region of interest in whole pixels of the input, ends inclusive. */
typedef struct {
    int64_t batch, top, left, height, width;
} Region;

/* Coordinates times scale, rounded half away from zero (ORT's and Caffe's std::round). */
static gboolean region_read(const Tensor *rois, int64_t r, double scale, int64_t batches, Region *region, GError **error)
{
    double v[5];
    for (int i = 0; i < 5; i++) {
        v[i] = tensor_get_double(rois, r * 5 + i) * (i > 0 ? scale : 1);
        if (!(fabs(v[i]) < 0x1p31))
            return eval_fail(error, "roi %" G_GINT64_FORMAT " holds %g, expected a coordinate", r, v[i]);
        v[i] = v[i] < 0 ? -floor(-v[i] + 0.5) : floor(v[i] + 0.5);
    }
    region->batch = (int64_t)v[0];
    if (region->batch < 0 || region->batch >= batches)
        return eval_fail(error, "roi %" G_GINT64_FORMAT " is of batch %" G_GINT64_FORMAT ", expected [0, %" G_GINT64_FORMAT ")",
                         r, region->batch, batches);
    region->left = (int64_t)v[1];
    region->top = (int64_t)v[2];
    region->width = MAX((int64_t)v[3] - region->left + 1, 1);
    region->height = MAX((int64_t)v[4] - region->top + 1, 1);
    return TRUE;
}

/* Bin `i` of `n` along a dim: from floor(i * size / n) to ceil((i + 1) * size / n), cut to the input. */
static void bin(int64_t start, int64_t size, int64_t i, int64_t n, int64_t limit, int64_t *first, int64_t *last)
{
    *first = CLAMP(start + i * size / n, 0, limit);
    *last = CLAMP(start + ((i + 1) * size + n - 1) / n, 0, limit);
}

static void pool_region(const Tensor *x, const Region *region, int64_t c, const int64_t pooled[2], Tensor *y, int64_t at)
{
    const int64_t height = x->shape.dims[2], width = x->shape.dims[3];
    const int64_t plane = (region->batch * x->shape.dims[1] + c) * height * width;
    for (int64_t i = 0; i < pooled[0]; i++)
        for (int64_t j = 0; j < pooled[1]; j++) {
            int64_t top, bottom, left, right;
            bin(region->top, region->height, i, pooled[0], height, &top, &bottom);
            bin(region->left, region->width, j, pooled[1], width, &left, &right);
            double best = top < bottom && left < right ? -(double)INFINITY : 0; /* an empty bin gives zero */
            for (int64_t h = top; h < bottom; h++)
                for (int64_t w = left; w < right; w++) {
                    const double value = tensor_get_double(x, plane + h * width + w);
                    best = isnan(best) || best >= value ? best : value;
                }
            tensor_set_double(y, at++, best);
        }
}

static gboolean max_roi_pool(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0), *rois = eval_input(ev, 1);
    gsize n;
    const int64_t *pooled = eval_ints(ev, "pooled_shape", &n);
    if (x->shape.rank != 4)
        return eval_fail(error, "X has rank %d, expected 4", x->shape.rank);
    if (rois->shape.rank != 2 || rois->shape.dims[1] != 5)
        return eval_fail(error, "rois must have the shape [number of rois, 5]");
    if (n != 2 || MIN(pooled[0], pooled[1]) < 1 || MAX(pooled[0], pooled[1]) > G_MAXINT32)
        return eval_fail(error, "pooled_shape must be two positive numbers");
    const double scale = (double)eval_float(ev, "spatial_scale");
    const int64_t count = rois->shape.dims[0], channels = x->shape.dims[1];
    const Shape shape = SHAPE(count, channels, pooled[0], pooled[1]);
    Tensor *y = eval_output(ev, 0, x->dtype, &shape, error);
    if (!y)
        return FALSE;
    for (int64_t r = 0; r < count; r++) {
        Region region = { 0 };
        if (!region_read(rois, r, scale, x->shape.dims[0], &region, error))
            return FALSE;
        for (int64_t c = 0; c < channels; c++)
            pool_region(x, &region, c, pooled, y, (r * channels + c) * pooled[0] * pooled[1]);
    }
    return TRUE;
}

#define REST .signature = "X:T, rois:T -> Y:T", .attributes = "pooled_shape:ints!, spatial_scale:float=1", \
             .kernel = max_roi_pool, .bound = bound_exact
OPERATOR_DEFINE(max_roi_pool, "MaxRoiPool", "",
    { .since = 1, .types = "T: floats1", REST },
    { .since = 22, .types = "T: floats13", REST })

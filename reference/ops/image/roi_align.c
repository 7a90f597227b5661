/* RoiAlign. A sample's value is interpolated between the four nearest elements ("the value of the sampled locations are
 * computed directly through bilinear interpolation"), then samples are averaged, or the largest is taken.
 *
 * The text is silent on samples outside the map; the paper's implementations count one that is more than one element
 * outside as 0, and move a nearer one to the edge. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/numbers.h"

#include <math.h>
#include <string.h>

typedef struct {
    gboolean      maximum, half_pixel;
    int64_t       height, width; /* of the output */
    int64_t       ratio;
    double        scale;
    const Tensor *x, *rois;
    const double *values;
} RoiAlign;

/* Where a bin's samples lie along one axis: start + (i + 0.5) * step. */
typedef struct {
    double  start, bin;
    int64_t samples;
} RoiAxis;

static gboolean lay_axis(const RoiAlign *r, double low, double high, int64_t bins, RoiAxis *axis, GError **error)
{
    const double offset = r->half_pixel ? 0.5 : 0, start = low * r->scale - offset;
    double length = high * r->scale - offset - start;
    if (!r->half_pixel)
        length = MAX(length, 1); /* malformed regions count as one element wide */
    *axis = (RoiAxis){ start, length / (double)bins, r->ratio };
    if (!isfinite(axis->start) || !isfinite(axis->bin))
        return eval_fail(error, "a region reaches from %g to %g", low, high);
    if (r->ratio == 0) {
        const double samples = ceil(axis->bin);
        if (samples > 0x1p20)
            return eval_fail(error, "a region would take %g samples a bin", samples);
        axis->samples = (int64_t)MAX(samples, 0);
    }
    return TRUE;
}

static double interpolate(const RoiAlign *r, const double *map, double y, double x)
{
    const int64_t h = r->x->shape.dims[2], w = r->x->shape.dims[3];
    if (y < -1 || y > (double)h || x < -1 || x > (double)w)
        return 0;
    y = CLAMP(y, 0, (double)(h - 1));
    x = CLAMP(x, 0, (double)(w - 1));
    const int64_t top = (int64_t)y, left = (int64_t)x, bottom = MIN(top + 1, h - 1), right = MIN(left + 1, w - 1);
    const double fy = y - (double)top, fx = x - (double)left;
    return (1 - fy) * (1 - fx) * map[top * w + left] + (1 - fy) * fx * map[top * w + right] +
           fy * (1 - fx) * map[bottom * w + left] + fy * fx * map[bottom * w + right];
}

/* A bin without samples is 0. */
static double pool(const RoiAlign *r, const double *map, const RoiAxis *ay, int64_t by, const RoiAxis *ax, int64_t bx)
{
    double sum = 0, most = -INFINITY;
    for (int64_t i = 0; i < ay->samples; i++)
        for (int64_t j = 0; j < ax->samples; j++) {
            const double y = ay->start + ay->bin * ((double)by + ((double)i + 0.5) / (double)ay->samples);
            const double x = ax->start + ax->bin * ((double)bx + ((double)j + 0.5) / (double)ax->samples);
            const double value = interpolate(r, map, y, x);
            sum += value;
            most = value > most || isnan(value) ? value : most;
        }
    const int64_t samples = ay->samples * ax->samples;
    return samples == 0 ? 0 : r->maximum ? most : sum / (double)samples;
}

static gboolean align_region(Eval *ev, const RoiAlign *r, int64_t region, int64_t image, Tensor *y, GError **error)
{
    const int64_t channels = r->x->shape.dims[1], plane = r->x->shape.dims[2] * r->x->shape.dims[3];
    double corner[4];
    for (int k = 0; k < 4; k++)
        corner[k] = tensor_get_double(r->rois, region * 4 + k);
    RoiAxis ay, ax;
    if (!lay_axis(r, corner[0], corner[2], r->width, &ax, error) ||
        !lay_axis(r, corner[1], corner[3], r->height, &ay, error))
        return FALSE;
    int64_t to = region * channels * r->height * r->width;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t by = 0; by < r->height; by++)
            for (int64_t bx = 0; bx < r->width; bx++) {
                if (!eval_tick(ev, error))
                    return FALSE;
                const double *map = r->values + (image * channels + c) * plane;
                tensor_set_double(y, to++, pool(r, map, &ay, by, &ax, bx));
            }
    return TRUE;
}

static gboolean read_attributes(const Eval *ev, RoiAlign *r, GError **error)
{
    const char *mode = eval_string(ev, "mode");
    if (strcmp(mode, "avg") != 0 && strcmp(mode, "max") != 0)
        return eval_fail(error, "mode is '%s', expected avg or max", mode);
    const char *transform =
        eval_version(ev) >= 16 ? eval_string(ev, "coordinate_transformation_mode") : "output_half_pixel";
    if (strcmp(transform, "half_pixel") != 0 && strcmp(transform, "output_half_pixel") != 0)
        return eval_fail(error, "coordinate_transformation_mode is '%s', expected half_pixel or output_half_pixel",
                         transform);
    r->maximum = strcmp(mode, "max") == 0;
    r->half_pixel = strcmp(transform, "half_pixel") == 0;
    r->height = eval_int(ev, "output_height");
    r->width = eval_int(ev, "output_width");
    r->ratio = eval_int(ev, "sampling_ratio");
    r->scale = (double)eval_float(ev, "spatial_scale");
    if (r->height < 1 || r->width < 1 || r->ratio < 0 || r->ratio > 1 << 20)
        return eval_fail(error, "output_height %" G_GINT64_FORMAT ", output_width %" G_GINT64_FORMAT
                         " and sampling_ratio %" G_GINT64_FORMAT " must be positive (the last may be 0)",
                         r->height, r->width, r->ratio);
    return TRUE;
}

static gboolean check_shapes(const RoiAlign *r, const Tensor *batches, GError **error)
{
    const Shape *x = &r->x->shape, *rois = &r->rois->shape, *b = &batches->shape;
    if (x->rank != 4)
        return eval_fail(error, "X has rank %d, expected (N, C, H, W)", x->rank);
    if (rois->rank != 2 || rois->dims[1] != 4 || b->rank != 1 || b->dims[0] != rois->dims[0]) {
        g_autofree char *first = shape_to_string(rois), *second = shape_to_string(b);
        return eval_fail(error, "rois %s and batch_indices %s, expected [num_rois,4] and [num_rois]", first, second);
    }
    if ((x->dims[2] == 0 || x->dims[3] == 0) && rois->dims[0] > 0)
        return eval_fail(error, "X has no elements to pool");
    for (int64_t i = 0; i < batches->count; i++) {
        const int64_t image = tensor_get_int(batches, i);
        if (image < 0 || image >= x->dims[0])
            return eval_fail(
                error, "batch index %" G_GINT64_FORMAT " is %" G_GINT64_FORMAT ", X has %" G_GINT64_FORMAT " images", i,
                image, x->dims[0]);
    }
    return TRUE;
}

static gboolean roi_align(Eval *ev, GError **error)
{
    RoiAlign r = { .x = eval_input(ev, 0), .rois = eval_input(ev, 1) };
    const Tensor *batches = eval_input(ev, 2);
    if (!read_attributes(ev, &r, error) || !check_shapes(&r, batches, error))
        return FALSE;
    const Shape shape = SHAPE(batches->count, r.x->shape.dims[1], r.height, r.width);
    Tensor *y = eval_output(ev, 0, r.x->dtype, &shape, error);
    g_autofree double *values = y ? numbers_load(r.x, error) : NULL;
    if (!values)
        return FALSE;
    r.values = values;
    for (int64_t region = 0; region < batches->count; region++)
        if (!align_region(ev, &r, region, tensor_get_int(batches, region), y, error))
            return FALSE;
    return TRUE;
}

#define SIGNATURE .signature = "X:T1, rois:T1, batch_indices:T2 -> Y:T1", .kernel = roi_align
#define ATTRIBUTES \
    "mode:string=avg, output_height:int=1, output_width:int=1, sampling_ratio:int=0, spatial_scale:float=1"
#define TRANSFORM ", coordinate_transformation_mode:string=half_pixel"
OPERATOR_DEFINE(roi_align, "RoiAlign", "",
    { .since = 10, SIGNATURE, .types = "T1: floats1 | T2: int64", .attributes = ATTRIBUTES },
    { .since = 16, SIGNATURE, .types = "T1: floats1 | T2: int64", .attributes = ATTRIBUTES TRANSFORM },
    { .since = 22, SIGNATURE, .types = "T1: floats13 | T2: int64", .attributes = ATTRIBUTES TRANSFORM })

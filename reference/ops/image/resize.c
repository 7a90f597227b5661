/* Resize. Where the text and the published data disagree, the text is followed: with align_corners and
 * tf_crop_and_resize, length_resized is "the length of the resized tensor", an integer, also where it came from a
 * scale. Opset 10 says nothing about coordinates: x / scale, and for nearest the element below when the axis grows and
 * the one above when it shrinks, as its published examples have it. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/move.h"
#include "reference/ops/shared/resample.h"

#include <math.h>
#include <string.h>

typedef enum {
    HALF_PIXEL,
    PYTORCH_HALF_PIXEL,
    ALIGN_CORNERS,
    ASYMMETRIC,
    TF_CROP_AND_RESIZE,
    TF_HALF_PIXEL_FOR_NN, /* 11 only */
    HALF_PIXEL_SYMMETRIC  /* from 19 */
} Transform;

/* One axis: scale = num / den, kept apart so that coordinates are rounded once. */
typedef struct {
    gboolean listed;
    int64_t  in, out;
    double   num, den, start, end; /* roi */
} Axis;

typedef struct {
    Transform      transform;
    ResampleFilter filter;
    gboolean       antialias;
    int            rank;
    Axis           axes[SHAPE_MAX_RANK];
    int            order[SHAPE_MAX_RANK], listed; /* the axes that roi, scales and sizes refer to, in their order */
} Resize;

static gboolean parse(const Eval *ev, const char *attribute, const char *const *names, int *value, GError **error)
{
    const char *given = eval_string(ev, attribute);
    for (*value = 0; names[*value]; ++*value)
        if (strcmp(names[*value], given) == 0)
            return TRUE;
    g_autofree char *all = g_strjoinv(", ", (char **)names);
    return eval_fail(error, "%s is '%s', expected one of: %s", attribute, given, all);
}

static gboolean read_modes(const Eval *ev, Resize *r, GError **error)
{
    static const char *const modes[] = { "nearest", "linear", "cubic", NULL };
    static const char *const nearest[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL };
    static const char *const transforms[] = { "half_pixel",           "pytorch_half_pixel",
                                              "align_corners",        "asymmetric",
                                              "tf_crop_and_resize",   "tf_half_pixel_for_nn",
                                              "half_pixel_symmetric", NULL };
    int mode, rounding = NEAREST_FLOOR, transform = ASYMMETRIC;
    const int version = eval_version(ev);
    if (!parse(ev, "mode", modes, &mode, error))
        return FALSE;
    if (version >= 11 && (!parse(ev, "nearest_mode", nearest, &rounding, error) ||
                          !parse(ev, "coordinate_transformation_mode", transforms, &transform, error)))
        return FALSE;
    if ((transform == TF_HALF_PIXEL_FOR_NN && version != 11) || (transform == HALF_PIXEL_SYMMETRIC && version < 19) ||
        (mode == RESAMPLE_CUBIC && version == 10))
        return eval_fail(error, "mode '%s' with coordinate_transformation_mode '%s' is not known to opset %d",
                         modes[mode], transforms[transform], version);
    r->transform = (Transform)transform;
    r->antialias = version >= 18 && eval_int(ev, "antialias") != 0;
    r->filter = (ResampleFilter){ .mode = (ResampleMode)mode, .nearest = (NearestMode)rounding, .stretch = 1 };
    if (version >= 11) {
        r->filter.cubic_a = (double)eval_float(ev, "cubic_coeff_a");
        r->filter.exclude_outside = eval_int(ev, "exclude_outside") != 0;
    }
    return TRUE;
}

static gboolean list_axes(const Eval *ev, const Shape *x, Resize *r, GError **error)
{
    g_autofree int *axes = NULL;
    gsize n = 0;
    if (eval_version(ev) >= 18 && !move_axes(ev, "axes", G_MAXSIZE, x->rank, &axes, &n, error))
        return FALSE;
    r->rank = x->rank;
    r->listed = axes ? (int)n : x->rank;
    for (int i = 0; i < r->listed; i++) {
        r->order[i] = axes ? axes[i] : i;
        r->axes[r->order[i]].listed = TRUE;
    }
    for (int d = 0; d < r->rank; d++) {
        Axis *a = &r->axes[d];
        a->in = a->out = x->dims[d];
        a->num = a->den = a->end = 1;
    }
    return TRUE;
}

static gboolean check_length(const Tensor *tensor, const char *name, int64_t expected, GError **error)
{
    return tensor->count == expected ||
           eval_fail(error, "%s has %" G_GINT64_FORMAT " entries, expected %" G_GINT64_FORMAT, name, tensor->count,
                     expected);
}

static gboolean read_roi(const Tensor *roi, Resize *r, GError **error)
{
    if (r->transform != TF_CROP_AND_RESIZE)
        return TRUE;
    if (!roi)
        return eval_fail(error, "tf_crop_and_resize needs roi");
    if (!check_length(roi, "roi", 2 * r->listed, error))
        return FALSE;
    for (int i = 0; i < r->listed; i++) {
        Axis *a = &r->axes[r->order[i]];
        a->start = tensor_get_double(roi, i);
        a->end = tensor_get_double(roi, r->listed + i);
        if (!isfinite(a->start) || !isfinite(a->end))
            return eval_fail(error, "roi of axis %d is [%g, %g]", r->order[i], a->start, a->end);
    }
    return TRUE;
}

/* out = floor(in * (roi_end - roi_start) * scale). */
static gboolean use_scales(const Tensor *scales, Resize *r, GError **error)
{
    if (!check_length(scales, "scales", r->listed, error))
        return FALSE;
    for (int i = 0; i < r->listed; i++) {
        Axis *a = &r->axes[r->order[i]];
        a->num = tensor_get_double(scales, i);
        if (!(a->num > 0 && isfinite(a->num)))
            return eval_fail(error, "scale %d is %g, expected more than 0", i, a->num);
        const double out = floor((double)a->in * a->num * (a->end - a->start));
        if (!(out >= 0 && out < 0x1p62))
            return eval_fail(error, "axis %d would get length %g", r->order[i], out);
        a->out = (int64_t)out;
    }
    return TRUE;
}

/* not_larger, not_smaller: one scale for all listed axes, the smallest or largest of size / in. */
static gboolean keep_ratio(Resize *r, const Tensor *sizes, gboolean smallest, GError **error)
{
    double num = 0, den = 1;
    for (int i = 0; i < r->listed; i++) {
        const double size = tensor_get_double(sizes, i), in = (double)r->axes[r->order[i]].in;
        if (in == 0)
            return eval_fail(error, "axis %d has length 0: its ratio cannot be kept", r->order[i]);
        if (i == 0 || (smallest ? size * den < num * in : size * den > num * in)) {
            num = size;
            den = in;
        }
    }
    for (int i = 0; i < r->listed; i++) {
        Axis *a = &r->axes[r->order[i]];
        const double out = floor((2 * num * (double)a->in + den) / (2 * den)); /* halves up */
        if (!(out < 0x1p62))
            return eval_fail(error, "axis %d would get length %g", r->order[i], out);
        a->num = num;
        a->den = den;
        a->out = (int64_t)out;
    }
    return TRUE;
}

static gboolean use_sizes(const Eval *ev, const Tensor *sizes, Resize *r, GError **error)
{
    static const char *const policies[] = { "stretch", "not_larger", "not_smaller", NULL };
    int policy = 0;
    if (!check_length(sizes, "sizes", r->listed, error) ||
        (eval_version(ev) >= 18 && !parse(ev, "keep_aspect_ratio_policy", policies, &policy, error)))
        return FALSE;
    for (int i = 0; i < r->listed; i++) {
        Axis *a = &r->axes[r->order[i]];
        a->out = tensor_get_int(sizes, i);
        if (a->out < 0 || a->out > INT64_MAX / 4)
            return eval_fail(error, "size %d is %" G_GINT64_FORMAT, i, a->out);
        a->num = (double)a->out;
        a->den = (double)a->in;
    }
    return policy == 0 || keep_ratio(r, sizes, policy == 1, error);
}

static const Tensor *given(const Eval *ev, gsize i) /* opset 11 has empty tensors for absent ones */
{
    const Tensor *tensor = eval_input(ev, i);
    return tensor && tensor->count > 0 ? tensor : NULL;
}

static gboolean read_lengths(const Eval *ev, Resize *r, GError **error)
{
    if (eval_version(ev) == 10)
        return use_scales(eval_input(ev, 1), r, error);
    const Tensor *scales = given(ev, 2), *sizes = given(ev, 3);
    if (!read_roi(given(ev, 1), r, error))
        return FALSE;
    if (r->listed == 0)
        return TRUE;
    if (!scales == !sizes)
        return eval_fail(error, "exactly one of scales and sizes must be given");
    return scales ? use_scales(scales, r, error) : use_sizes(ev, sizes, r, error);
}

/* The place in the input that output coordinate j of the axis shows. */
static double original(const Resize *r, const Axis *a, double j)
{
    const double in = (double)a->in, out = (double)a->out;
    switch (r->transform) {
    case HALF_PIXEL:
        return (j + 0.5) * a->den / a->num - 0.5;
    case PYTORCH_HALF_PIXEL:
        return a->out > 1 ? (j + 0.5) * a->den / a->num - 0.5 : 0;
    case ALIGN_CORNERS:
        return a->out > 1 ? j * (in - 1) / (out - 1) : 0;
    case ASYMMETRIC:
        return j * a->den / a->num;
    case TF_HALF_PIXEL_FOR_NN:
        return (j + 0.5) * a->den / a->num;
    case TF_CROP_AND_RESIZE:
        return a->out > 1 ? a->start * (in - 1) + j * (a->end - a->start) * (in - 1) / (out - 1)
                          : 0.5 * (a->start + a->end) * (in - 1);
    default: { /* HALF_PIXEL_SYMMETRIC: out / (in * scale) of the length that the scale asks for is there */
        const double adjustment = out * a->den / (in * a->num);
        return in / 2 * (1 - adjustment) + (j + 0.5) * a->den / a->num - 0.5;
    }
    }
}

static gboolean fill_axis(const Eval *ev, const Resize *r, const Axis *a, ResampleAxis *axis, GError **error)
{
    ResampleFilter filter = r->filter;
    if (!a->listed || (a->out == a->in && a->num == a->den && r->transform != TF_CROP_AND_RESIZE &&
                       r->transform != TF_HALF_PIXEL_FOR_NN)) {
        resample_axis_identity(axis);
        return TRUE;
    }
    if (r->antialias && filter.mode != RESAMPLE_NEAREST)
        filter.stretch = MAX(1, a->den / a->num);
    if (eval_version(ev) == 10)
        filter.nearest = a->num < a->den ? NEAREST_CEIL : NEAREST_FLOOR;
    for (int64_t j = 0; j < a->out; j++) {
        const double x = original(r, a, (double)j);
        if (r->transform == TF_CROP_AND_RESIZE && (x < 0 || x > (double)(a->in - 1)))
            resample_add_outside(axis);
        else if (!resample_add(axis, &filter, x, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean run(Eval *ev, const Tensor *x, const Resize *r, ResampleAxis *axes, GError **error)
{
    for (int d = 0; d < r->rank; d++)
        resample_axis_init(&axes[d], r->axes[d].in, r->axes[d].out);
    Tensor *y = resample_output(ev, x, axes, error);
    if (!y || y->count == 0)
        return y != NULL;
    for (int d = 0; d < r->rank; d++)
        if (!fill_axis(ev, r, &r->axes[d], &axes[d], error))
            return FALSE;
    const double extrapolation = eval_version(ev) >= 11 ? (double)eval_float(ev, "extrapolation_value") : 0;
    return resample_apply(x, axes, r->filter.mode, extrapolation, y, error);
}

static gboolean resize(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    Resize r = { 0 };
    if (!read_modes(ev, &r, error) || !list_axes(ev, &x->shape, &r, error) || !read_lengths(ev, &r, error))
        return FALSE;
    ResampleAxis axes[SHAPE_MAX_RANK] = { 0 };
    const gboolean ok = run(ev, x, &r, axes, error);
    for (int d = 0; d < r.rank; d++)
        resample_axis_clear(&axes[d]);
    return ok;
}

#define ATTRIBUTES_11                                                                                              \
    "coordinate_transformation_mode:string=half_pixel, cubic_coeff_a:float=-0.75, exclude_outside:int=0, "         \
    "extrapolation_value:float=0, mode:string=nearest, nearest_mode:string=round_prefer_floor"
#define ATTRIBUTES_18 ATTRIBUTES_11 ", antialias:int=0, axes:ints, keep_aspect_ratio_policy:string=stretch"
#define OPTIONAL \
    .signature = "X:T1, roi:T2?, scales:float?, sizes:int64? -> Y:T1", .types = "T1: all13 | T2: floats1"
OPERATOR_DEFINE(resize, "Resize", "",
    { .since = 10, .signature = "X:T, scales:float -> Y:T", .types = "T: all1", .attributes = "mode:string=nearest",
      .kernel = resize },
    { .since = 11, .signature = "X:T1, roi:T2, scales:float, sizes:int64? -> Y:T1", .types = "T1: all1 | T2: floats1",
      .attributes = ATTRIBUTES_11, .kernel = resize },
    { .since = 13, OPTIONAL, .attributes = ATTRIBUTES_11, .kernel = resize },
    { .since = 18, OPTIONAL, .attributes = ATTRIBUTES_18, .kernel = resize },
    { .since = 19, OPTIONAL, .attributes = ATTRIBUTES_18, .kernel = resize })

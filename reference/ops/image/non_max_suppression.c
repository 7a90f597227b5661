/* NonMaxSuppression: per batch and class, boxes by falling score (equal scores by index, NaN last) are selected unless
 * their overlap with a selected one exceeds iou_threshold. "Boxes with score less than score_threshold are removed":
 * an equal score stays. */
#include "reference/eval/certify.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    double  score;
    int64_t index;
} Candidate;

typedef struct {
    double low[2], high[2]; /* corners */
} Box;

typedef struct {
    const float *boxes, *scores;
    int64_t      batches, classes, count, most;
    double       iou, least; /* least: -infinity if there is no threshold */
    gboolean     limited, centred;
} Suppression;

static int by_score(const void *a, const void *b)
{
    const Candidate *p = a, *q = b;
    if (isnan(p->score) != isnan(q->score))
        return isnan(p->score) ? 1 : -1;
    if (!isnan(p->score) && p->score != q->score)
        return p->score > q->score ? -1 : 1;
    return (p->index > q->index) - (p->index < q->index);
}

static Box read_box(const Suppression *s, int64_t batch, int64_t index)
{
    const float *f = s->boxes + (batch * s->count + index) * 4;
    const double v[4] = { (double)f[0], (double)f[1], (double)f[2], (double)f[3] };
    if (s->centred)
        return (Box){ { v[0] - v[2] / 2, v[1] - v[3] / 2 }, { v[0] + v[2] / 2, v[1] + v[3] / 2 } };
    return (Box){ { MIN(v[0], v[2]), MIN(v[1], v[3]) }, { MAX(v[0], v[2]), MAX(v[1], v[3]) } };
}

static double area(const Box *b)
{
    return (b->high[0] - b->low[0]) * (b->high[1] - b->low[1]);
}

static gboolean overlap_too_much(const Box *a, const Box *b, double threshold)
{
    const Box both = { { MAX(a->low[0], b->low[0]), MAX(a->low[1], b->low[1]) },
                       { MIN(a->high[0], b->high[0]), MIN(a->high[1], b->high[1]) } };
    if (!(both.high[0] > both.low[0] && both.high[1] > both.low[1]))
        return FALSE;
    const double common = area(&both), all = area(a) + area(b) - common;
    return common > 0 && all > 0 && common / all > threshold;
}

static gboolean scalar(const Tensor *tensor, const char *name, double *value, GError **error)
{
    if (!tensor || tensor->count == 0)
        return TRUE;
    if (tensor->count != 1)
        return eval_fail(error, "%s has %" G_GINT64_FORMAT " elements, expected a scalar", name, tensor->count);
    *value = tensor_get_double(tensor, 0);
    return TRUE;
}

static gboolean read_inputs(const Eval *ev, Suppression *s, GError **error)
{
    const Tensor *boxes = eval_input(ev, 0), *scores = eval_input(ev, 1), *most = eval_input(ev, 2);
    const Shape *b = &boxes->shape, *c = &scores->shape;
    if (b->rank != 3 || c->rank != 3 || b->dims[2] != 4 || c->dims[0] != b->dims[0] || c->dims[2] != b->dims[1]) {
        g_autofree char *found = shape_to_string(b), *other = shape_to_string(c);
        return eval_fail(error, "boxes %s and scores %s, expected [batches, count, 4] and [batches, classes, count]",
                         found, other);
    }
    const int64_t centred = eval_int(ev, "center_point_box");
    if (centred != 0 && centred != 1)
        return eval_fail(error, "center_point_box is %" G_GINT64_FORMAT ", expected 0 or 1", centred);
    *s = (Suppression){ boxes->data, scores->data, b->dims[0], c->dims[1],  b->dims[1], 0,
                        0,           -INFINITY,    FALSE,      centred == 1 };
    if (most && most->count > 1)
        return eval_fail(error, "max_output_boxes_per_class has %" G_GINT64_FORMAT " elements, expected a scalar",
                         most->count);
    s->most = most && most->count == 1 ? tensor_get_int(most, 0) : 0;
    s->limited = eval_input(ev, 4) && eval_input(ev, 4)->count > 0;
    if (!scalar(eval_input(ev, 3), "iou_threshold", &s->iou, error) ||
        !scalar(eval_input(ev, 4), "score_threshold", &s->least, error))
        return FALSE;
    return (s->iou >= 0 && s->iou <= 1) || eval_fail(error, "iou_threshold is %g, expected a value in [0, 1]", s->iou);
}

/* Appends the selected boxes of one batch and class to `out`, three numbers each. */
static gboolean select_class(Eval *ev, const Suppression *s, int64_t batch, int64_t class, Candidate *candidates,
                             GArray *out, GError **error)
{
    const float *scores = s->scores + (batch * s->classes + class) * s->count;
    int64_t n = 0;
    for (int64_t i = 0; i < s->count; i++)
        if (!s->limited || (double)scores[i] >= s->least)
            candidates[n++] = (Candidate){ (double)scores[i], i };
    qsort(candidates, (size_t)n, sizeof *candidates, by_score);
    const guint first = out->len;
    for (int64_t k = 0; k < n && (out->len - first) / 3 < (uint64_t)MAX(s->most, 0); k++) {
        if (!eval_tick(ev, error))
            return FALSE;
        const Box box = read_box(s, batch, candidates[k].index);
        gboolean keep = TRUE;
        for (guint j = first; keep && j < out->len; j += 3) {
            const Box other = read_box(s, batch, g_array_index(out, int64_t, j + 2));
            keep = !overlap_too_much(&box, &other, s->iou);
        }
        const int64_t selected[3] = { batch, class, candidates[k].index };
        if (keep)
            g_array_append_vals(out, selected, 3);
    }
    return TRUE;
}

static gboolean non_max_suppression(Eval *ev, GError **error)
{
    Suppression s = { 0 };
    if (!read_inputs(ev, &s, error))
        return FALSE;
    g_autofree Candidate *candidates = g_try_new(Candidate, (gsize)s.count + 1);
    g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (!candidates)
        return eval_fail(error, "no memory for %" G_GINT64_FORMAT " candidates", s.count);
    for (int64_t batch = 0; batch < s.batches && s.count > 0; batch++)
        for (int64_t class = 0; class < s.classes; class++)
            if (!select_class(ev, &s, batch, class, candidates, out, error))
                return FALSE;
    const Shape shape = SHAPE((int64_t)out->len / 3, 3);
    Tensor *y = tensor_from_data(DTYPE_INT64, &shape, out->data ? out->data : (const void *)"", error);
    if (y)
        eval_set_tensor(ev, 0, y);
    return y != NULL;
}

#define REST                                                                                                     \
    .signature = "boxes:float, scores:float, max_output_boxes_per_class:int64?, iou_threshold:float?, "          \
                 "score_threshold:float? -> selected_indices:int64",                                             \
    .attributes = "center_point_box:int=0", .kernel = non_max_suppression
OPERATOR_DEFINE(non_max_suppression, "NonMaxSuppression", "",
    { .since = 10, REST },
    { .since = 11, REST })

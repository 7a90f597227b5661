/* GridSample over any number of spatial dims. Coordinates of a grid vector run from the innermost dim outwards.
 *
 * A coordinate that is no number stands for no place: like an outside one with padding zeros, index 0 otherwise. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/move.h"
#include "reference/ops/shared/numbers.h"

#include <math.h>
#include <string.h>

typedef enum { PAD_ZEROS, PAD_BORDER, PAD_REFLECTION } Padding;
typedef enum { GRID_NEAREST, GRID_LINEAR, GRID_CUBIC } GridMode;

/* What one place takes along one dim. index -1: outside, counts as zero. */
typedef struct {
    int     n;
    int64_t index[4];
    double  weight[4];
} Taps;

typedef struct {
    GridMode      mode;
    Padding       padding;
    gboolean      corners;
    int           dims; /* spatial */
    const Tensor *x, *grid;
    const double *values; /* x's elements; NULL for nearest */
    Tensor       *y;
    double       *results; /* y's elements before the rounding; NULL for nearest */
} GridSample;

/* ---- where ------------------------------------------------------------------------------------------------------- */

static double denormalise(double v, int64_t n, gboolean corners)
{
    return corners ? (v + 1) / 2 * (double)(n - 1) : ((v + 1) * (double)n - 1) / 2;
}

/* Into [low, high] by mirroring at both ends. */
static double reflect(double x, double low, double high)
{
    const double range = high - low;
    if (range <= 0 || !isfinite(x))
        return low < 0 ? 0 : low;
    const double distance = fmod(fabs(x - low), 2 * range); /* mirrored at low, and periodic */
    return distance <= range ? low + distance : high - (distance - range);
}

static double mirror(const GridSample *g, double x, int64_t n)
{
    return g->corners ? reflect(x, 0, (double)(n - 1)) : reflect(x, -0.5, (double)n - 0.5);
}

/* The element that index i of a dim of length n means. */
static int64_t element(const GridSample *g, double i, int64_t n)
{
    if (i >= 0 && i < (double)n)
        return (int64_t)i;
    if (g->padding == PAD_ZEROS)
        return -1;
    const double inside = g->padding == PAD_BORDER ? i : mirror(g, i, n);
    return isnan(inside) || inside < 0 ? 0 : MIN((int64_t)MIN(inside, 0x1p62), n - 1);
}

static void cubic_weights(double t, double *w)
{
    static const double a = -0.75;
    w[0] = ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a;
    w[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
    w[2] = ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1;
    w[3] = ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a;
}

static Taps find_taps(const GridSample *g, double v, int64_t n)
{
    double x = denormalise(v, n, g->corners);
    if (g->mode == GRID_NEAREST)
        x = rint(x); /* halves to even */
    if (g->padding == PAD_BORDER)
        x = x < 0 ? 0 : MIN(x, (double)(n - 1));
    else if (g->padding == PAD_REFLECTION)
        x = mirror(g, x, n);
    if (!isfinite(x))
        x = g->padding == PAD_ZEROS ? -4 : 0;
    if (g->mode == GRID_NEAREST)
        return (Taps){ 1, { element(g, x, n) }, { 1 } };
    const double base = floor(x), t = x - base;
    Taps taps = { .n = g->mode == GRID_LINEAR ? 2 : 4 };
    if (g->mode == GRID_LINEAR) {
        taps.weight[0] = 1 - t;
        taps.weight[1] = t;
    } else {
        cubic_weights(t, taps.weight);
    }
    for (int i = 0; i < taps.n; i++)
        taps.index[i] = element(g, base + i - (g->mode == GRID_CUBIC), n);
    return taps;
}

/* ---- what -------------------------------------------------------------------------------------------------------- */

static double sum_taps(const GridSample *g, const Taps *taps, const int64_t *strides, int64_t parts, int64_t at,
                       int64_t part)
{
    int pick[SHAPE_MAX_RANK] = { 0 };
    double sum = 0;
    for (;;) {
        double weight = 1;
        int64_t from = at;
        for (int d = 0; d < g->dims && weight != 0; d++) {
            const int64_t index = taps[d].index[pick[d]];
            weight = index < 0 ? 0 : weight * taps[d].weight[pick[d]];
            from += index * strides[d];
        }
        if (weight != 0) /* zero must not meet an infinity */
            sum += weight * g->values[from * parts + part];
        int d = g->dims - 1;
        while (d >= 0 && ++pick[d] == taps[d].n)
            pick[d--] = 0;
        if (d < 0)
            return sum;
    }
}

static void take(const GridSample *g, const Taps *taps, const int64_t *strides, int64_t at, int64_t to)
{
    for (int d = 0; d < g->dims; d++) {
        if (taps[d].index[0] < 0) { /* an element of zero bits, or an empty string */
            const gsize width = (gsize)dtype_info(g->y->dtype)->width;
            memset((uint8_t *)g->y->data + (gsize)to * width, 0, width);
            return;
        }
        at += taps[d].index[0] * strides[d];
    }
    move_run(g->x, at, g->y, to, 1);
}

/* All channels of one place. */
static void sample(const GridSample *g, int64_t batch, int64_t place, int64_t places)
{
    int64_t all[SHAPE_MAX_RANK];
    Taps taps[SHAPE_MAX_RANK];
    shape_strides(&g->x->shape, all);
    for (int d = 0; d < g->dims; d++)
        taps[d] = find_taps(g, tensor_get_double(g->grid, (batch * places + place) * g->dims + g->dims - 1 - d),
                            g->x->shape.dims[d + 2]);
    const int64_t channels = g->x->shape.dims[1], parts = numbers_parts(g->x->dtype);
    for (int64_t c = 0; c < channels; c++) {
        const int64_t at = batch * all[0] + c * all[1], to = (batch * channels + c) * places + place;
        if (!g->values)
            take(g, taps, all + 2, at, to);
        for (int64_t part = 0; g->values && part < parts; part++)
            g->results[to * parts + part] = sum_taps(g, taps, all + 2, parts, at, part);
    }
}

/* ---- the operator ------------------------------------------------------------------------------------------------ */

static gboolean read_modes(const Eval *ev, GridSample *g, GError **error)
{
    const char *mode = eval_string(ev, "mode"), *padding = eval_string(ev, "padding_mode");
    const gboolean old = eval_version(ev) < 20;
    const char *const modes[] = { "nearest", old ? "bilinear" : "linear", old ? "bicubic" : "cubic" };
    static const char *const paddings[] = { "zeros", "border", "reflection" };
    int m = 0, p = 0;
    while (m < 3 && strcmp(modes[m], mode) != 0)
        m++;
    while (p < 3 && strcmp(paddings[p], padding) != 0)
        p++;
    if (m == 3)
        return eval_fail(error, "mode is '%s', expected %s, %s or %s", mode, modes[0], modes[1], modes[2]);
    if (p == 3)
        return eval_fail(error, "padding_mode is '%s', expected zeros, border or reflection", padding);
    g->mode = (GridMode)m;
    g->padding = (Padding)p;
    g->corners = eval_int(ev, "align_corners") != 0;
    return TRUE;
}

static gboolean check_shapes(const Eval *ev, GridSample *g, Shape *shape, GError **error)
{
    const Shape *x = &g->x->shape, *grid = &g->grid->shape;
    g->dims = x->rank - 2;
    if (x->rank < 3 || (eval_version(ev) < 20 && x->rank != 4))
        return eval_fail(error, "X has rank %d, expected %s", x->rank, eval_version(ev) < 20 ? "4" : "3 or more");
    if (grid->rank != x->rank || grid->dims[0] != x->dims[0] || grid->dims[grid->rank - 1] != g->dims) {
        g_autofree char *a = shape_to_string(x), *b = shape_to_string(grid);
        return eval_fail(error, "grid has shape %s, which does not fit X of shape %s", b, a);
    }
    *shape = *grid;
    memmove(shape->dims + 2, grid->dims + 1, (gsize)g->dims * sizeof *shape->dims);
    shape->dims[1] = x->dims[1];
    for (int d = 2; d < x->rank; d++)
        if (x->dims[d] == 0 && shape_count(shape) != 0)
            return eval_fail(error, "spatial dim %d of X is 0: there is nothing to sample", d);
    return TRUE;
}

static gboolean grid_sample(Eval *ev, GError **error)
{
    GridSample g = { .x = eval_input(ev, 0), .grid = eval_input(ev, 1) };
    Shape shape;
    if (!read_modes(ev, &g, error) || !check_shapes(ev, &g, &shape, error))
        return FALSE;
    g.y = eval_output(ev, 0, g.x->dtype, &shape, error);
    if (!g.y || g.y->count == 0)
        return g.y != NULL;
    g_autofree double *values = NULL, *results = NULL;
    if (g.mode != GRID_NEAREST) {
        g.values = values = numbers_load(g.x, error);
        g.results = results = g_try_new(double, (gsize)(g.y->count * numbers_parts(g.y->dtype)));
        if (!values || !results)
            return values ? eval_fail(error, "no memory for the results") : FALSE;
    }
    const int64_t places = shape_span(&shape, 2, shape.rank);
    for (int64_t batch = 0; batch < shape.dims[0]; batch++)
        for (int64_t place = 0; place < places; place++) {
            if (!eval_tick(ev, error))
                return FALSE;
            sample(&g, batch, place, places);
        }
    if (results)
        numbers_store_all(g.y, results);
    else
        tensor_adopt_strings(g.y);
    return TRUE;
}

#define REST(MODE)                                                                                      \
    .signature = "X:T1, grid:T2 -> Y:T1",                                                               \
    .attributes = "align_corners:int=0, mode:string=" MODE ", padding_mode:string=zeros", .kernel = grid_sample
OPERATOR_DEFINE(grid_sample, "GridSample", "",
    { .since = 16, .types = "T1: all1 | T2: floats1", REST("bilinear") },
    { .since = 20, .types = "T1: all1 | T2: floats1", REST("linear") },
    { .since = 22, .types = "T1: all13 | T2: floats13", REST("linear") })

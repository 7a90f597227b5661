#include "reference/ops/shared/contraction.h"

#include "reference/ops/shared/gemm.h"
#include "reference/tensor/convert.h"

/* BATCH: in both operands and the result; ROW, COLUMN: in the result and one operand; DEPTH: summed. */
enum { BATCH, ROW, COLUMN, DEPTH, KINDS };

/* Offsets in each tensor of every combination of the axes of one kind. */
typedef struct {
    int64_t  count;
    int64_t *a, *b, *y;
} Table;

typedef struct {
    const Tensor  *a, *b;
    Tensor        *y;
    GemmArithmetic arithmetic;
    Table          tables[KINDS];
} Contraction;

static int kind_of(const ContractionAxis *axis)
{
    if (axis->summed)
        return DEPTH;
    return axis->b == 0 ? ROW : axis->a == 0 ? COLUMN : BATCH;
}

static gboolean fill(Table *t, int kind, const ContractionAxis *axes, int n, GError **error)
{
    t->count = 1;
    for (int i = 0; i < n; i++)
        if (kind_of(&axes[i]) == kind && __builtin_mul_overflow(t->count, axes[i].size, &t->count))
            return eval_fail(error, "more than 2^63 products");
    t->a = g_try_new0(int64_t, t->count + 1);
    t->b = g_try_new0(int64_t, t->count + 1);
    t->y = g_try_new0(int64_t, t->count + 1);
    if (!t->a || !t->b || !t->y)
        return eval_fail(error, "no memory for the offsets of %" G_GINT64_FORMAT " elements", t->count);
    for (int64_t at = 0; at < t->count; at++) {
        int64_t rest = at;
        for (int i = n - 1; i >= 0; i--) {
            if (kind_of(&axes[i]) != kind)
                continue;
            const int64_t index = rest % axes[i].size;
            t->a[at] += index * axes[i].a;
            t->b[at] += index * axes[i].b;
            t->y[at] += index * axes[i].y;
            rest /= axes[i].size;
        }
    }
    return TRUE;
}

static void read_cells(GemmArithmetic arithmetic, const Tensor *t, int64_t base, const int64_t *outer, int64_t n,
                       const int64_t *inner, int64_t depth, void *cells, int64_t width)
{
    const int64_t bytes = dtype_info(t->dtype)->width;
    for (int64_t j = 0; j < depth; j++)
        for (int64_t i = 0; i < n; i++) {
            const void *element = (const uint8_t *)t->data + (base + outer[i] + inner[j]) * bytes;
            if (arithmetic == GEMM_INTEGER)
                convert_to_uint64(t->dtype, element, (uint64_t *)cells + j * width + i, 1);
            else
                convert_to_double(t->dtype, element, (double *)cells + j * width + i, 1);
        }
}

static void left(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const Contraction *c = data;
    const Table *t = c->tables;
    read_cells(c->arithmetic, c->a, t[BATCH].a[item], t[ROW].a + first, n, t[DEPTH].a + from, depth, cells, width);
}

static void right(gpointer data, int64_t item, int64_t first, int64_t n, int64_t from, int64_t depth, void *cells, int64_t width)
{
    const Contraction *c = data;
    const Table *t = c->tables;
    read_cells(c->arithmetic, c->b, t[BATCH].b[item], t[COLUMN].b + first, n, t[DEPTH].b + from, depth, cells, width);
}

static void store(gpointer data, int64_t item, int64_t row, int64_t column, int64_t n, const void *values, const double *rests)
{
    const Contraction *c = data;
    const int64_t base = c->tables[BATCH].y[item] + c->tables[ROW].y[row], bytes = dtype_info(c->y->dtype)->width;
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = base + c->tables[COLUMN].y[column + i];
        if (c->arithmetic == GEMM_INTEGER)
            convert_from_uint64(c->y->dtype, (const uint64_t *)values + i, (uint8_t *)c->y->data + at * bytes, 1);
        else
            tensor_set_double(c->y, at, ((const double *)values)[i] + (rests ? rests[i] : 0));
    }
}

gboolean contraction_run(Eval *ev, const Tensor *a, const Tensor *b, Tensor *y, const ContractionAxis *axes, int n, GError **error)
{
    Contraction c = { .a = a, .b = b, .y = y, .arithmetic = gemm_arithmetic(y->dtype) };
    gboolean ok = TRUE;
    for (int kind = 0; y->count > 0 && ok && kind < KINDS; kind++)
        ok = fill(&c.tables[kind], kind, axes, n, error);
    if (ok && y->count > 0) {
        const Gemm product = { c.arithmetic, c.tables[BATCH].count, c.tables[ROW].count, c.tables[COLUMN].count,
                               c.tables[DEPTH].count, left, right, store, &c };
        gemm_run(ev, &product);
    }
    for (int kind = 0; kind < KINDS; kind++) {
        g_free(c.tables[kind].a);
        g_free(c.tables[kind].b);
        g_free(c.tables[kind].y);
    }
    return ok;
}

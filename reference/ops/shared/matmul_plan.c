#include "reference/ops/shared/matmul_plan.h"

#include "reference/eval/operator.h"

gboolean matmul_plan(const Shape *a, const Shape *b, MatMulPlan *p, GError **error)
{
    g_autofree char *ta = shape_to_string(a), *tb = shape_to_string(b);
    if (a->rank == 0 || b->rank == 0)
        return eval_fail(error, "operands are %s and %s, expected a rank of at least 1", ta, tb);
    p->k = a->dims[a->rank - 1];
    p->m = a->rank > 1 ? a->dims[a->rank - 2] : 1;
    p->n = b->rank > 1 ? b->dims[b->rank - 1] : 1;
    if (b->dims[b->rank > 1 ? b->rank - 2 : 0] != p->k)
        return eval_fail(error, "shapes %s and %s do not multiply: inner dims differ", ta, tb);
    p->batch_a = shape_of(a->dims, MAX(a->rank - 2, 0));
    p->batch_b = shape_of(b->dims, MAX(b->rank - 2, 0));
    if (!shape_broadcast(&p->batch_a, &p->batch_b, &p->batch))
        return eval_fail(error, "shapes %s and %s do not multiply: batch dims do not broadcast", ta, tb);
    p->y = p->batch;
    if (a->rank > 1)
        p->y.dims[p->y.rank++] = p->m;
    if (b->rank > 1)
        p->y.dims[p->y.rank++] = p->n;
    return TRUE;
}

void matmul_batches(const MatMulPlan *p, int64_t *a, int64_t *b)
{
    const Shape *operands[] = { &p->batch_a, &p->batch_b };
    Walk w;
    for (walk_begin(&w, &p->batch, operands, 2); walk_more(&w); walk_next(&w))
        for (int64_t i = 0; i < w.run; i++) {
            a[w.position + i] = w.offset[0] + i * w.step[0];
            b[w.position + i] = w.offset[1] + i * w.step[1];
        }
}

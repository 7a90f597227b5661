#include "reference/ops/shared/linear_reach.h"

#include "reference/eval/certify.h"
#include "reference/tensor/clones.h"
#include "reference/tensor/select.h"

#include <math.h>

#define FACTORS 2

gboolean linear_reach_find(const Eval *ev, gsize *factor)
{
    gsize n = 0;
    *factor = 0;
    for (gsize i = 0; i < eval_input_count(ev); i++) {
        Interval ends;
        if (!eval_input_interval(ev, i, &ends) || (ends.lower && i >= FACTORS))
            return FALSE;
        *factor = ends.lower ? i : *factor;
        n += ends.lower != NULL;
    }
    return n == 1;
}

typedef struct {
    const float *x, *low, *high;
    float       *reach;
    double       share;
    gint         unbounded;
} Job;

/* Rounded up: by more than what rounding to float32 takes off, and where that is subnormal. */
CLONES static int64_t reaches(const float *restrict x, const float *restrict low, const float *restrict high, double share,
                              int64_t n, float *restrict reach)
{
    int64_t unbounded = 0;
    for (int64_t i = 0; i < n; i++) {
        const double at = (double)x[i], up = (double)high[i] - at, down = at - (double)low[i];
        const double r = select_double(up > down, up, down);
        const double total = share * (fabs(at) + r) + r;
        reach[i] = (float)(total * (1 + 0x1p-23) + select_double(total > 0, 0x1p-149, 0));
        unbounded |= total <= 0x1p127 ? 0 : 1;
    }
    return unbounded;
}

static void some_reaches(int64_t first, int64_t last, gpointer data)
{
    Job *job = data;
    if (reaches(job->x + first, job->low + first, job->high + first, job->share, last - first, job->reach + first))
        g_atomic_int_set(&job->unbounded, 1);
}

Tensor *linear_reach(Eval *ev, gsize factor, double share)
{
    Interval      ends;
    const Tensor *x = eval_input(ev, factor);
    eval_input_interval(ev, factor, &ends);
    g_autoptr(Tensor) reach = tensor_new_uninitialised(DTYPE_FLOAT, &x->shape, NULL);
    if (!reach)
        return NULL;
    Job job = { x->data, ends.lower->data, ends.upper->data, reach->data, share, 0 };
    eval_parallel(ev, x->count, 1 << 16, some_reaches, &job);
    return job.unbounded ? NULL : g_steal_pointer(&reach);
}

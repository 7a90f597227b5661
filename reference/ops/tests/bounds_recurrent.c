/* Certified intervals of LinearAttention: float32 backends that go token by token, or through all tokens at once, stay inside;
 * one that leaves out the decay does not. */
#include "reference/ops/tests/enclosed.h"

#include <criterion/criterion.h>
#include <math.h>

enum { TOKENS = 6, DEPTH = 8, WIDTH = 4 };

typedef struct {
    const float *q, *k, *v, *past, *decay, *beta; /* decay and beta: NULL where the rule has none */
    gboolean     reversed, fused;                 /* order of sums; fused products */
} Run;

static float step(const Run *r, float a, float b, float sum)
{
    return r->fused ? fmaf(a, b, sum) : sum + a * b;
}

static float column(const Run *r, const float *x, const float *state, int j)
{
    float sum = 0;
    for (int i = 0; i < DEPTH; i++) {
        const int at = r->reversed ? DEPTH - 1 - i : i;
        sum = step(r, x[at], state[at * WIDTH + j], sum);
    }
    return sum;
}

static void by_tokens(const Run *r, float *y, float *state)
{
    const float scale = 1 / sqrtf(DEPTH);
    for (int i = 0; i < DEPTH * WIDTH; i++)
        state[i] = r->past[i];
    for (int t = 0; t < TOKENS; t++) {
        const float *q = r->q + t * DEPTH, *k = r->k + t * DEPTH, *v = r->v + t * WIDTH, factor = r->decay ? expf(r->decay[t]) : 1;
        float u[WIDTH];
        for (int i = 0; i < DEPTH * WIDTH; i++)
            state[i] *= factor;
        for (int j = 0; j < WIDTH; j++)
            u[j] = r->beta ? r->beta[t] * (v[j] - column(r, k, state, j)) : v[j];
        for (int i = 0; i < DEPTH; i++)
            for (int j = 0; j < WIDTH; j++)
                state[i * WIDTH + j] = step(r, k[i], u[j], state[i * WIDTH + j]);
        for (int j = 0; j < WIDTH; j++)
            y[t * WIDTH + j] = scale * column(r, q, state, j);
    }
}

/* Without the delta rule: y_t = scale (q_t exp(g_1 + .. + g_t) past + sum over s <= t of (q_t k_s) exp(g_s+1 + .. + g_t) v_s). */
static void at_once(const Run *r, float *y)
{
    const float scale = 1 / sqrtf(DEPTH);
    for (int t = 0; t < TOKENS; t++)
        for (int j = 0; j < WIDTH; j++) {
            float all = 0, sum = 0;
            for (int s = t; s >= 0; s--) { /* all: the decays after s */
                float product = 0;
                for (int i = 0; i < DEPTH; i++)
                    product = step(r, r->q[t * DEPTH + i], r->k[s * DEPTH + i], product);
                sum += product * expf(all) * r->v[s * WIDTH + j];
                all += r->decay ? r->decay[s] : 0;
            }
            y[t * WIDTH + j] = scale * (sum + expf(all) * column(r, r->q + t * DEPTH, r->past, j));
        }
}

typedef struct {
    const char *rule;
    gboolean    decays, delta;
} Rule;

static const Rule rules[] = { { "linear", FALSE, FALSE }, { "gated", TRUE, FALSE }, { "delta", FALSE, TRUE }, { "gated_delta", TRUE, TRUE } };

static Enclosed *node(const Rule *r)
{
    g_autofree char *graph = g_strdup_printf(
        "g (float[1,6,8] q, float[1,6,8] k, float[1,6,4] v, float[1,1,8,4] past%s%s) => (float[1,6,4] y, float[1,1,8,4] state) "
        "{ y, state = LinearAttention <q_num_heads = 1, kv_num_heads = 1, update_rule = \"%s\"> (q, k, v, past, %s, %s) }",
        r->decays ? ", float[1,6,1] g" : "", r->delta ? ", float[1,6,1] b" : "", r->rule, r->decays ? "g" : "", r->delta ? "b" : "");
    return enclosed_new(graph, 27);
}

/* Keys and values of a size at which the delta rule stays bounded; decays from -2 to 0, betas from 0 to 1. */
static Tensor *scaled(GRand *rand, DataKind kind, const Shape *shape, double factor)
{
    Tensor *t = enclosed_data(rand, kind, DTYPE_FLOAT, shape);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, tensor_get_double(t, i) * factor);
    return t;
}

static Tensor *between(GRand *rand, double low, double high)
{
    Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(1, TOKENS, 1), NULL);
    for (int64_t i = 0; i < TOKENS; i++)
        tensor_set_double(t, i, g_rand_double_range(rand, low, high));
    return t;
}

static void expect_all(const Enclosed *m, const float *y, const float *state, const char *how)
{
    for (int i = 0; i < TOKENS * WIDTH; i++)
        enclosed_expect(m, 0, i, (double)y[i], how);
    for (int i = 0; state && i < DEPTH * WIDTH; i++)
        enclosed_expect(m, 1, i, (double)state[i], how);
}

Test(bounds_recurrent, every_way_stays_inside)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(31);
    for (gsize r = 0; r < G_N_ELEMENTS(rules); r++) {
        const Rule *rule = &rules[r];
        g_autoptr(Enclosed) m = node(rule);
        guint certified = 0, wrong = 0, rounds = enclosed_rounds(30);
        for (guint round = 0; round < rounds; round++) {
            const DataKind kind = round % 3 == 0 ? DATA_CANCEL : round % 3 == 1 ? DATA_INTEGERS : DATA_NORMAL;
            g_autoptr(Tensor) q = enclosed_data(rand, kind, DTYPE_FLOAT, &SHAPE(1, TOKENS, DEPTH));
            g_autoptr(Tensor) k = scaled(rand, DATA_NORMAL, &SHAPE(1, TOKENS, DEPTH), 0.25);
            g_autoptr(Tensor) v = scaled(rand, kind, &SHAPE(1, TOKENS, WIDTH), 1);
            g_autoptr(Tensor) past = scaled(rand, DATA_NORMAL, &SHAPE(1, 1, DEPTH, WIDTH), 1);
            g_autoptr(Tensor) g = between(rand, -2, 0), b = between(rand, 0, 1);
            Tensor *inputs[6] = { q, k, v, past };
            gsize n = 4;
            if (rule->decays)
                inputs[n++] = g;
            if (rule->delta)
                inputs[n++] = b;
            enclosed_run(m, inputs, n);
            if (!enclosed_certified(m, 0))
                continue;
            certified++;
            Run run = { q->data, k->data, v->data, past->data, rule->decays ? g->data : NULL, rule->delta ? b->data : NULL, FALSE, FALSE };
            float y[TOKENS * WIDTH], state[DEPTH * WIDTH];
            for (int way = 0; way < 4; way++) {
                run.reversed = way & 1;
                run.fused = way >> 1;
                by_tokens(&run, y, state);
                expect_all(m, y, state, run.fused ? "token by token, fused" : "token by token");
                if (rule->delta)
                    continue;
                at_once(&run, y);
                expect_all(m, y, NULL, "all tokens at once");
            }
            run.decay = NULL;
            by_tokens(&run, y, state);
            wrong += rule->decays && !enclosed_holds(m, 0, TOKENS * WIDTH - 1, (double)y[TOKENS * WIDTH - 1]);
        }
        cr_expect_eq(certified, rounds, "%s", rule->rule);
        cr_expect(!rule->decays || wrong >= rounds - rounds / 20, /* a last key that replaces all it meets hides the rest */
                  "%s: without decay inside %u times of %u", rule->rule, rounds - wrong, rounds);
    }
}

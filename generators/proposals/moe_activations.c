/* What happens between the two projections. */
#include "generators/proposals/moe.h"

static void plain(Generator *g)
{
    for (MoeActivation a = MOE_RELU; a <= MOE_SILU; a++)
        for (int linear = 0; linear < 2; linear++)
            for (int bias = 0; bias < 2; bias++) {
                const MoeLayer l = { .router = ROUTER_EXACT, .activation = a, .fc3 = linear, .bias = bias };
                g_autofree char *name =
                    g_strdup_printf("act-%s%s%s", moe_activation_name(a), linear ? "-fc3" : "", bias ? "-bias" : "");
                moe_emit(g, &l, a == MOE_GELU_ERF ? MOE_OPEN : MOE_ALL, name, linear ? "R9 R12 R13 R50" : "R9 R13 R50",
                         "The activation between the projections, from negative to large arguments.");
            }
}

static void gated(Generator *g)
{
    static const struct {
        const char *tag, *requirements;
        double limit, alpha, beta;
    } rows[] = {
        { "plain", "R10 R11 R19 R50", 0, 0, 0 },       { "alpha", "R10 R11 R19 R50", 0, 1.702, 0 },
        { "beta", "R10 R11 R19 R50", 0, 0, 1 },        { "limit", "R10 R11 R19 R50", 7, 0, 0 },
        { "gpt-oss", "R10 R11 R19 R50", 7, 1.702, 1 }, { "tight", "R10 R11 R19 R50", 1, 0, 0 },
    };
    static const char *const fusions[] = { "separate", "interleaved", "halves" };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        for (int fusion = 0; fusion < 3; fusion++)
            for (int bias = 0; bias < 2; bias++) {
                const MoeLayer l = { .router = ROUTER_EXACT,
                                     .activation = MOE_SWIGLU,
                                     .fusion = fusion,
                                     .bias = bias,
                                     .limit = rows[i].limit,
                                     .alpha = rows[i].alpha,
                                     .beta = rows[i].beta };
                g_autofree char *name =
                    g_strdup_printf("swiglu-%s-%s%s", rows[i].tag, fusions[fusion], bias ? "-bias" : "");
                moe_emit(g, &l, MOE_ALL, name, rows[i].requirements,
                         "Swish of the gate times the linear part; both reach beyond the limit where there is one.");
            }
}

/* Sigmoids that are 0 or 1, so that narrow types and any order of operations agree to the bit. */
static void saturated(Generator *g)
{
    static const DType dtypes[] = { DTYPE_FLOAT, DTYPE_FLOAT16 };
    for (gsize t = 0; t < G_N_ELEMENTS(dtypes); t++)
        for (int fusion = 0; fusion < 3; fusion++) {
            const MoeLayer l = { .router = ROUTER_EXACT,
                                 .dtype = dtypes[t],
                                 .activation = MOE_SWIGLU,
                                 .fusion = fusion,
                                 .saturated = TRUE,
                                 .experts = 2,
                                 .hidden = 5,
                                 .inner = 3 };
            g_autofree char *name = g_strdup_printf("swiglu-saturated-%s-%d", dtype_name(dtypes[t]), fusion);
            moe_emit(g, &l, dtypes[t] == DTYPE_FLOAT ? MOE_ALL : 1u << MOE_ATTRIBUTE, name, "R10 R11 R19 R50",
                     "Gates so large that their sigmoid is 0 or 1: a swapped gate and linear part changes the result's "
                     "size.");
        }
}

/* As many inputs as outputs: the order of the weights' dims cannot be guessed from the shapes. */
static void square(Generator *g)
{
    for (int bias = 0; bias < 2; bias++) {
        const MoeLayer l = { .router = ROUTER_EXACT, .activation = MOE_RELU, .hidden = 5, .inner = 5, .bias = bias };
        g_autofree char *name = g_strdup_printf("square-relu%s", bias ? "-bias" : "");
        moe_emit(g, &l, MOE_ALL, name, "R2 R50", "Hidden and inner features are as many.");
    }
}

void moe_activations(Generator *g)
{
    square(g);
    plain(g);
    gated(g);
    saturated(g);
}

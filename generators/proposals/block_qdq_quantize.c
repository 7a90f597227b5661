/* QuantizeLinear of the default domain: types x granularities x zero points, ties, limits, precision. */
#include "generators/proposals/block_qdq_node.h"

#include <math.h>

static void quantize_one(Generator *g, const QdqLayout *l, DType quantized, DType scale, gboolean zero_point)
{
    const QdqNode n = { .granularity = l->granularity, .shape = l->shape, .axis = l->axis, .block = l->block,
                        .quantized = quantized, .scale = scale, .zero_point = zero_point,
                        .output = zero_point ? 0 : quantized };
    Scenario *s = scenario_new(g, "q-%s-%s-%s%s", dtype_name(quantized), dtype_name(scale), l->tag, zero_point ? "-zp" : "");
    const gboolean is_float = dtype_is_float(quantized);
    g_autofree char *requirements =
        g_strconcat(l->requirements, " R15 R24", is_float ? (quantized == DTYPE_FLOAT4E2M1 ? " R19" : " R18") : " R11 R13",
                    zero_point ? " R12 R9" : "", scale == DTYPE_FLOAT8E8M0 ? " R20" : "", NULL);
    scenario_about(s, "standard", requirements, "QuantizeLinear to %s with %s scales: %s%s; quotients are quarters, ties included.",
                   dtype_name(quantized), dtype_name(scale), l->what, zero_point ? ", with odd and even zero points" : "");
    scenario_tag(s, granularity_name(l->granularity));
    scenario_tag(s, "ties");
    qdq_quantize(s, &n, NULL, NULL, NULL);
    scenario_emit(s);
}

static void quantize_types(Generator *g)
{
    for (gsize t = 0; t < QDQ_INTEGERS; t++)
        for (gsize k = 0; k < QDQ_SCALES; k++)
            for (gsize l = 0; l < QDQ_LAYOUTS; l++)
                for (int zero_point = 0; zero_point < 2; zero_point++)
                    if (qdq_scales[k] == DTYPE_FLOAT || (l + t + (gsize)zero_point) % 4 == 0)
                        quantize_one(g, &qdq_layouts[l], qdq_integers[t], qdq_scales[k], zero_point);
    for (gsize t = 0; t < QDQ_FLOATS; t++)
        for (gsize k = 0; k < QDQ_SCALES; k++)
            for (gsize l = 0; l < QDQ_LAYOUTS; l++)
                if (qdq_scales[k] == DTYPE_FLOAT || (l + t) % 4 == 0)
                    quantize_one(g, &qdq_layouts[l], qdq_floats[t], qdq_scales[k], FALSE);
}

/* Every tie and limit of a type in one row, with a scale of 1/4. */
static void quantize_limits(Generator *g)
{
    for (gsize t = 0; t < QDQ_INTEGERS; t++)
        for (int zero = 0; zero < 2; zero++) {
            const DType q = qdq_integers[t];
            g_autoptr(Tensor) quotients = data_boundaries(DTYPE_FLOAT, q, FALSE);
            const double far[] = { 3e9, -3e9, 0x1p31, -0x1p31, 0x1p32, 1e30, -1e30, (double)INFINITY, -(double)INFINITY };
            const int64_t n = quotients->count, all = n + (int64_t)G_N_ELEMENTS(far);
            Tensor *x = data_constant(DTYPE_FLOAT, &SHAPE(all), 0);
            for (int64_t i = 0; i < all; i++)
                tensor_set_double(x, i, (i < n ? tensor_get_double(quotients, i) : far[i - n]) / 4);
            const QdqNode node = { .granularity = PER_TENSOR, .shape = SHAPE(all), .quantized = q, .scale = DTYPE_FLOAT,
                                   .zero_point = TRUE };
            Scenario *s = scenario_new(g, "q-%s-limits%s", dtype_name(q), zero ? "-odd-zp" : "");
            scenario_about(s, "standard", "R1 R11 R12 R13", "Ties, both ends of %s and quotients far beyond int32, zero point %d.",
                           dtype_name(q), zero);
            scenario_tag(s, "limits");
            qdq_quantize(s, &node, x, data_scalar(DTYPE_FLOAT, 0.25), data_scalar(q, zero));
            scenario_emit(s);
        }
}

/* Scales that are no powers of two: quotients are inexact, and only values near a tie admit two answers. */
static void quantize_arbitrary(Generator *g)
{
    for (gsize t = 0; t < QDQ_INTEGERS; t++) {
        const QdqNode n = { .granularity = BLOCKED, .shape = SHAPE(4, 37), .axis = 1, .block = 8, .quantized = qdq_integers[t],
                            .scale = DTYPE_FLOAT, .zero_point = TRUE, .arbitrary = TRUE };
        Scenario *s = scenario_new(g, "q-%s-arbitrary-scales", dtype_name(qdq_integers[t]));
        scenario_about(s, "standard", "R3 R4 R11 R12 R13", "Bell-shaped values and scales that are no powers of two.");
        scenario_tag(s, "interval");
        qdq_quantize(s, &n, NULL, NULL, NULL);
        scenario_emit(s);
    }
}

/* x / s differs between float and float16: 1025 / 3 in float16 is 341.75 (a step of a quarter), in float 341.67. */
static void quantize_precision(Generator *g)
{
    static const DType precisions[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize p = 0; p < G_N_ELEMENTS(precisions); p++)
        for (gsize k = 0; k < 3; k++) {
            const QdqNode n = { .granularity = PER_TENSOR, .shape = SHAPE(6), .quantized = DTYPE_UINT16, .scale = qdq_scales[k],
                                .real = DTYPE_FLOAT, .precision = precisions[p], .output = DTYPE_UINT16 };
            Scenario *s = scenario_new(g, "q-precision-%s-scale-%s", dtype_name(precisions[p]), dtype_name(qdq_scales[k]));
            scenario_about(s, "standard", "R14 R15", "precision %s decides where the quotient is rounded, whatever the types of x and scale.",
                           dtype_name(precisions[p]));
            qdq_quantize(s, &n, DATA_LIST(DTYPE_FLOAT, 1536, 1024, 2048, 96, 40, 3), data_scalar(qdq_scales[k], 3), NULL);
            scenario_emit(s);
        }
}

static void quantize_float8(Generator *g)
{
    for (gsize t = 0; t < 4; t++)
        for (int wrap = 0; wrap < 2; wrap++) {
            g_autoptr(Tensor) quotients = data_boundaries(DTYPE_FLOAT, qdq_floats[t], FALSE);
            Tensor *x = data_constant(DTYPE_FLOAT, &quotients->shape, 0);
            for (int64_t i = 0; i < x->count; i++) /* a subnormal quarter would not be exact */
                tensor_set_double(x, i, ABS(tensor_get_double(quotients, i)) < 0x1p-100 ? 0 : tensor_get_double(quotients, i) / 4);
            const QdqNode n = { .granularity = PER_TENSOR, .shape = quotients->shape, .quantized = qdq_floats[t],
                                .scale = DTYPE_FLOAT, .output = qdq_floats[t], .wrap_overflow = wrap };
            Scenario *s = scenario_new(g, "q-%s-boundaries%s", dtype_name(qdq_floats[t]), wrap ? "-no-saturate" : "");
            scenario_about(s, "standard", "R1 R18", "Every value of %s, every midpoint and their neighbours as quotients, saturate=%d.",
                           dtype_name(qdq_floats[t]), !wrap);
            qdq_quantize(s, &n, x, data_scalar(DTYPE_FLOAT, 0.25), NULL);
            scenario_emit(s);
        }
}

static void quantize_defaults(Generator *g)
{
    const QdqNode n = { .granularity = PER_TENSOR, .shape = SHAPE(3, 5), .quantized = DTYPE_UINT8, .scale = DTYPE_FLOAT };
    Scenario *s = scenario_new(g, "q-default-type");
    scenario_about(s, "standard", "R1 R11 R15", "Without output_dtype and zero point the output is uint8.");
    qdq_quantize(s, &n, NULL, NULL, NULL);
    scenario_emit(s);
    const QdqNode both = { .granularity = PER_TENSOR, .shape = SHAPE(3, 5), .quantized = DTYPE_INT4, .scale = DTYPE_FLOAT,
                           .zero_point = TRUE, .output = DTYPE_INT4 };
    s = scenario_new(g, "q-output-and-zero-point");
    scenario_about(s, "standard", "R1 R12 R15", "output_dtype and the zero point's type may both be given when they agree.");
    qdq_quantize(s, &both, NULL, NULL, NULL);
    scenario_emit(s);
    for (gsize t = 0; t < QDQ_INTEGERS; t++) {
        const QdqNode empty = { .granularity = PER_TENSOR, .shape = SHAPE(2, 0), .quantized = qdq_integers[t],
                                .scale = DTYPE_FLOAT, .zero_point = TRUE };
        s = scenario_new(g, "q-%s-empty", dtype_name(qdq_integers[t]));
        scenario_about(s, "standard", "R1 R22", "No element, but a shape and a type to keep.");
        qdq_quantize(s, &empty, NULL, NULL, NULL);
        scenario_emit(s);
    }
}

void block_qdq_quantize(Generator *g)
{
    quantize_types(g);
    quantize_limits(g);
    quantize_arbitrary(g);
    quantize_precision(g);
    quantize_float8(g);
    quantize_defaults(g);
}

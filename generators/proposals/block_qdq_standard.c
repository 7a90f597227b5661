/* DequantizeLinear of the default domain: types x granularities x zero points; and the published versions. */
#include "generators/proposals/block_qdq_node.h"

static gboolean scale_fits(DType quantized, DType scale)
{
    /* Products must round once: 16-bit codes times a float16 scale already need more than float's 24 bits. */
    return !(dtype_info(quantized)->bits == 16 && scale != DTYPE_FLOAT);
}

static void dequantize_one(Generator *g, const QdqLayout *l, DType quantized, DType scale, gboolean zero_point)
{
    const QdqNode n = { .granularity = l->granularity, .shape = l->shape, .axis = l->axis, .block = l->block,
                        .quantized = quantized, .scale = scale, .zero_point = zero_point,
                        .output = scale == DTYPE_FLOAT8E8M0 ? DTYPE_FLOAT : 0 };
    Scenario *s = scenario_new(g, "dq-%s-%s-%s%s", dtype_name(quantized), dtype_name(scale), l->tag, zero_point ? "-zp" : "");
    g_autofree char *requirements = g_strconcat(l->requirements, " R16 R24", zero_point ? " R9" : "",
                                                scale == DTYPE_FLOAT8E8M0 ? " R17 R20" : "", NULL);
    scenario_about(s, "standard", requirements, "DequantizeLinear of %s with %s scales: %s%s.", dtype_name(quantized),
                   dtype_name(scale), l->what, zero_point ? ", with zero points" : "");
    scenario_tag(s, granularity_name(l->granularity));
    qdq_dequantize(s, &n, NULL, NULL, NULL);
    scenario_emit(s);
}

static void dequantize_types(Generator *g)
{
    for (gsize t = 0; t < QDQ_INTEGERS; t++)
        for (gsize k = 0; k < QDQ_SCALES; k++)
            for (gsize l = 0; scale_fits(qdq_integers[t], qdq_scales[k]) && l < QDQ_LAYOUTS; l++)
                for (int zero_point = 0; zero_point < 2; zero_point++)
                    if (qdq_scales[k] == DTYPE_FLOAT || (l + t + (gsize)zero_point) % 2 == 0) /* the others: every second one */
                        dequantize_one(g, &qdq_layouts[l], qdq_integers[t], qdq_scales[k], zero_point);
    for (gsize t = 0; t < QDQ_FLOATS; t++)
        for (gsize k = 0; k < QDQ_SCALES; k++)
            for (gsize l = 0; l < QDQ_LAYOUTS; l++)
                if (qdq_scales[k] == DTYPE_FLOAT || (l + t) % 2 == 0)
                    dequantize_one(g, &qdq_layouts[l], qdq_floats[t], qdq_scales[k], FALSE);
}

static void dequantize_special(Generator *g)
{
    static const DType outputs[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize o = 0; o < G_N_ELEMENTS(outputs); o++)
        for (gsize k = 0; k < 3; k++) {
            const QdqNode n = { .granularity = BLOCKED, .shape = SHAPE(3, 8), .axis = 1, .block = 4, .quantized = DTYPE_INT8,
                                .scale = qdq_scales[k], .output = outputs[o] };
            Scenario *s = scenario_new(g, "dq-int8-%s-to-%s", dtype_name(qdq_scales[k]), dtype_name(outputs[o]));
            scenario_about(s, "standard", "R3 R16 R17", "output_dtype %s decides the output's type, whatever the scale's.",
                           dtype_name(outputs[o]));
            qdq_dequantize(s, &n, NULL, NULL, NULL);
            scenario_emit(s);
        }
    const QdqNode wide = { .granularity = PER_TENSOR, .shape = SHAPE(7), .quantized = DTYPE_INT32, .scale = DTYPE_FLOAT };
    Scenario *s = scenario_new(g, "dq-int32-tensor");
    scenario_about(s, "standard", "R16 R21", "Accumulators of a quantized product: int32 with one scale and no zero point.");
    qdq_dequantize(s, &wide, NULL, NULL, NULL);
    scenario_emit(s);
    const QdqNode zero = { .granularity = PER_TENSOR, .shape = SHAPE(7), .quantized = DTYPE_INT32, .scale = DTYPE_FLOAT,
                           .zero_point = TRUE };
    s = scenario_new(g, "dq-int32-zero-point-0");
    scenario_about(s, "standard", "R16 R21", "A zero point of 0 is allowed for int32.");
    qdq_dequantize(s, &zero, NULL, NULL, data_scalar(DTYPE_INT32, 0));
    scenario_emit(s);
}

/* Codes that need all their bits: who brings x - zero_point to a narrow type first loses the low ones. */
static void dequantize_wide(Generator *g)
{
    static const struct {
        DType  dtype;
        double codes[6];
    } rows[] = { { DTYPE_INT16, { 32767, -32768, 12345, -12347, 4097, -2049 } },
                 { DTYPE_UINT16, { 65535, 32769, 12345, 12347, 4097, 2049 } },
                 { DTYPE_INT32, { 16777215, -16777215, 1234567, -12347, 4097, -2049 } } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const QdqNode n = { .granularity = PER_TENSOR, .shape = SHAPE(6), .quantized = rows[i].dtype, .scale = DTYPE_FLOAT };
        Scenario *s = scenario_new(g, "dq-%s-all-bits", dtype_name(rows[i].dtype));
        scenario_about(s, "standard", rows[i].dtype == DTYPE_INT32 ? "R16 R21" : "R16", "%s codes of more than eleven significant bits.",
                       dtype_name(rows[i].dtype));
        qdq_dequantize(s, &n, data_doubles(rows[i].dtype, &n.shape, rows[i].codes), data_scalar(DTYPE_FLOAT, 0.25), NULL);
        scenario_emit(s);
    }
}

/* Axes of one size: the scale's length does not say which axis is meant. */
static void dequantize_square(Generator *g)
{
    for (int axis = 0; axis < 2; axis++)
        for (int zero_point = 0; zero_point < 2; zero_point++) {
            const QdqNode n = { .granularity = PER_AXIS, .shape = SHAPE(3, 3), .axis = axis, .quantized = DTYPE_INT8, .scale = DTYPE_FLOAT,
                                .zero_point = zero_point };
            Scenario *s = scenario_new(g, "dq-square-axis%d%s", axis, zero_point ? "-zp" : "");
            scenario_about(s, "standard", "R2 R24", "As many rows as columns: axis %d decides.", axis);
            qdq_dequantize(s, &n, NULL, NULL, NULL);
            scenario_emit(s);
        }
}

static void dequantize_shapes(Generator *g)
{
    static const struct {
        const char *tag;
        Shape       shape;
        int         axis;
        const char *requirements, *what;
    } shapes[] = {
        { "scalar", { 0, { 0 } }, 0, "R1", "A tensor of rank 0." },
        { "empty", { 2, { 0, 5 } }, 0, "R1 R22", "No element, but a shape to keep." },
        { "one", { 1, { 1 } }, 0, "R1", "A single element of rank 1." },
        { "rank5", { 5, { 2, 1, 3, 2, 3 } }, 0, "R1", "Rank 5." },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(shapes); i++)
        for (gsize t = 0; t < QDQ_INTEGERS; t++) {
            const QdqNode n = { .granularity = PER_TENSOR, .shape = shapes[i].shape, .quantized = qdq_integers[t],
                                .scale = DTYPE_FLOAT, .zero_point = TRUE };
            Scenario *s = scenario_new(g, "dq-%s-shape-%s", dtype_name(qdq_integers[t]), shapes[i].tag);
            scenario_about(s, "standard", shapes[i].requirements, "%s", shapes[i].what);
            qdq_dequantize(s, &n, NULL, NULL, NULL);
            scenario_emit(s);
        }
    const QdqNode vector = { .granularity = PER_AXIS, .shape = SHAPE(5), .axis = 0, .quantized = DTYPE_INT8,
                             .scale = DTYPE_FLOAT, .zero_point = TRUE };
    Scenario *s = scenario_new(g, "dq-rank1-axis0");
    scenario_about(s, "standard", "R2 R23", "A vector with a scale an element needs axis 0, given explicitly.");
    qdq_dequantize(s, &vector, NULL, NULL, NULL);
    scenario_emit(s);
    const QdqNode mixed = { .granularity = PER_TENSOR, .shape = SHAPE(2, 3), .quantized = DTYPE_UINT4, .scale = DTYPE_FLOAT,
                            .zero_point = TRUE };
    s = scenario_new(g, "dq-one-element-zero-point");
    scenario_about(s, "standard", "R1 R9", "A scale of rank 0 goes with a zero point of shape [1].");
    qdq_dequantize(s, &mixed, NULL, NULL, data_constant(DTYPE_UINT4, &SHAPE(1), 3));
    scenario_emit(s);
}

/* Two block sizes that give the same number of scales: the one given counts, not the one that could be inferred. */
static void dequantize_block_sizes(Generator *g)
{
    static const struct {
        int64_t size, block;
    } pairs[] = { { 5, 3 }, { 5, 4 }, { 10, 4 }, { 7, 4 }, { 7, 6 }, { 9, 5 }, { 9, 8 }, { 4, 4 }, { 4, 7 }, { 6, 1 } };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        for (int quantize = 0; quantize < 2; quantize++) {
            const QdqNode n = { .granularity = BLOCKED, .shape = SHAPE(2, pairs[i].size), .axis = 1, .block = pairs[i].block,
                                .quantized = DTYPE_INT8, .scale = DTYPE_FLOAT };
            Scenario *s = scenario_new(g, "%s-block-%d-of-%d", quantize ? "q" : "dq", (int)pairs[i].block, (int)pairs[i].size);
            scenario_about(s, "standard", "R3 R5", "block_size %d on an axis of %d: every legal size is used as given.",
                           (int)pairs[i].block, (int)pairs[i].size);
            QdqNode own = n;
            own.output = quantize ? DTYPE_INT8 : 0;
            (quantize ? qdq_quantize : qdq_dequantize)(s, &own, NULL, NULL, NULL);
            scenario_emit(s);
        }
}

void block_qdq_standard(Generator *g)
{
    dequantize_types(g);
    dequantize_special(g);
    dequantize_wide(g);
    dequantize_square(g);
    dequantize_shapes(g);
    dequantize_block_sizes(g);
}

/* ---- versions ----------------------------------------------------------------------------------------------------------- */

void block_qdq_versions(Generator *g)
{
    static const struct {
        int64_t     opset;
        Granularity finest;
        DType       quantized, scale;
    } versions[] = {
        { 10, PER_TENSOR, DTYPE_UINT8, DTYPE_FLOAT },   { 13, PER_AXIS, DTYPE_INT8, DTYPE_FLOAT },
        { 19, PER_AXIS, DTYPE_INT8, DTYPE_FLOAT16 },    { 19, PER_AXIS, DTYPE_FLOAT8E4M3FN, DTYPE_FLOAT },
        { 21, BLOCKED, DTYPE_UINT4, DTYPE_BFLOAT16 },   { 21, BLOCKED, DTYPE_INT16, DTYPE_FLOAT },
        { 23, BLOCKED, DTYPE_FLOAT4E2M1, DTYPE_FLOAT }, { 24, BLOCKED, DTYPE_INT8, DTYPE_FLOAT },
        { 25, BLOCKED, DTYPE_UINT2, DTYPE_FLOAT },
    };
    for (gsize v = 0; v < G_N_ELEMENTS(versions); v++)
        for (int quantize = 0; quantize < 2; quantize++) {
            const gboolean zero_point = !dtype_is_float(versions[v].quantized);
            QdqNode n = { .granularity = versions[v].finest, .shape = SHAPE(3, 10), .axis = 1, .block = 4,
                          .quantized = versions[v].quantized, .scale = versions[v].scale, .zero_point = zero_point,
                          .opset = versions[v].opset };
            if (quantize && !zero_point && n.opset < 21) { /* the type can only be said by a zero point of 0 there */
                n.zero_point = TRUE;
            } else if (quantize && !zero_point) {
                n.output = n.quantized;
            }
            Scenario *s = scenario_new(g, "%s-opset%d-%s", quantize ? "q" : "dq", (int)n.opset, dtype_name(n.quantized));
            scenario_about(s, "standard", "R25", "%s as opset %d has it, %s.", quantize ? "QuantizeLinear" : "DequantizeLinear",
                           (int)n.opset, granularity_name(n.granularity));
            const Shape scale_shape = qdq_scale_shape(&n);
            Tensor *zero = n.zero_point && !zero_point ? data_constant(n.quantized, &scale_shape, 0) : NULL;
            (quantize ? qdq_quantize : qdq_dequantize)(s, &n, NULL, NULL, zero);
            scenario_emit_forms(s, n.opset >= 21 ? 1u << FORM_NATIVE | 1u << FORM_DECOMPOSED : 1u << FORM_NATIVE);
        }
}

/* A quantized cache: tokens are quantized when they arrive and stay as they are. Chains of steps for each type and
 * granularity of scale; the codes of a place never change again, and any split into steps gives the codes of one shot. */
#include "generators/proposals/kv_cache.h"

/* Cache [1, 2, 6, 4]. Scales are powers of two, so that quotients are exact. */
enum { HEADS = 2, PLACES = 6, DEPTH = 4 };

typedef enum { PER_TENSOR, PER_CHANNEL, PER_TOKEN } Scales;
static const char *const scales_tags[] = { "tensor", "channel", "token" };

static const DType codes[] = { DTYPE_INT8,       DTYPE_UINT8,      DTYPE_INT4, DTYPE_FLOAT8E4M3FN,
                               DTYPE_FLOAT8E5M2, DTYPE_FLOAT4E2M1, DTYPE_INT16 };

/* The part [at, at + length) of axis 2. */
static Tensor *part(const Tensor *all, int64_t at, int64_t length)
{
    Shape shape = all->shape;
    const int64_t whole = shape.dims[2], inner = shape.dims[3];
    shape.dims[2] = length;
    Tensor *t = data_constant(all->dtype, &shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_bits(t, i, tensor_get_bits(all, (i / (length * inner) * whole + at) * inner + i % (length * inner)));
    return t;
}

static Tensor *scale_of(Scales scales)
{
    switch (scales) {
    case PER_TENSOR:
        return data_scalar(DTYPE_FLOAT, 0.25);
    case PER_CHANNEL:
        return data_doubles(DTYPE_FLOAT, &SHAPE(DEPTH), (const double[]){ 0.25, 2, 0.5, 1 });
    case PER_TOKEN: default:
        return data_powers(DTYPE_FLOAT, &SHAPE(1, HEADS, PLACES, 1), data_seed("token scales"), -3, 3);
    }
}

/* Quotients up to about the type's range, multiples of a quarter: ties, and values that saturate. */
static Tensor *tokens(DType code, Scales scales, const Tensor *scale)
{
    Tensor *t = data_constant(DTYPE_FLOAT, &SHAPE(1, HEADS, PLACES, DEPTH), 0);
    const int64_t range = code == DTYPE_INT4 || code == DTYPE_FLOAT4E2M1 ? 36 : 530;
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t which = scales == PER_TENSOR ? 0 : scales == PER_CHANNEL ? i % DEPTH : i / DEPTH;
        tensor_set_double(t, i,
                          tensor_get_double(scale, which) *
                              (double)data_range(data_seed("tokens"), (uint64_t)i, -range, range) / 4);
    }
    return t;
}

typedef struct {
    const char *tag;
    int         n;
    int64_t     lengths[6];
} Split;
static const Split splits[] = {
    { "6", 1, { 6 } }, { "4-1-1", 3, { 4, 1, 1 } }, { "1-5", 2, { 1, 5 } }, { "1-1-1-1-1-1", 6, { 1, 1, 1, 1, 1, 1 } },
};

static void describe(Scenario *s, DType code, Scales scales)
{
    const char *attributes = scales == PER_TOKEN ? ", axis = -1, block_size = 4" : scales == PER_CHANNEL ? ", axis = 3" : "";
    scenario_text(s, "codes = QuantizeLinear <output_dtype = %d%s> (news, scale)  "
                     "present = TensorScatter (past, codes, at)", code,
                  attributes);
    if (scales == PER_TOKEN)
        scenario_text(s, "present_scale = TensorScatter (past_scale, scale, at)");
    scenario_text(s, "values = DequantizeLinear <%s> (present, %s)", *attributes ? attributes + 2 : "axis = 1",
                  scales == PER_TOKEN ? "present_scale" : "scale");
}

/* One chain; the first to finish says what the others must end with. */
static gboolean chain(Generator *g, DType code, Scales scales, const Split *split, Tensor **final)
{
    g_autoptr(Tensor) scale = scale_of(scales);
    g_autoptr(Tensor) all = tokens(code, scales, scale);
    Tensor *past = data_constant(code, &SHAPE(1, HEADS, PLACES, DEPTH), 0);
    Tensor *past_scale = data_constant(DTYPE_FLOAT, &SHAPE(1, HEADS, PLACES, 1), 1);
    const gsize n = scales == PER_TOKEN ? 3 : 2;
    for (int64_t step = 0, at = 0; step < split->n; at += split->lengths[step++]) {
        const int64_t length = split->lengths[step];
        Scenario *s =
            scenario_new(g, "quantized-%s-%s-%s-step%d", dtype_name(code), scales_tags[scales], split->tag, (int)step);
        scenario_about(s, "quantized", scales == PER_TOKEN ? "R24 R25 R26" : "R24 R25",
                       "Step %d of %s: %d tokens join a cache of %s with scales per %s; what is in it keeps its codes.",
                       (int)step, split->tag, (int)length, dtype_name(code), scales_tags[scales]);
        scenario_input(s, "past", past);
        scenario_input(s, "news", part(all, at, length));
        scenario_input(s, "scale", scales == PER_TOKEN ? part(scale, at, length) : tensor_ref(scale));
        scenario_input(s, "at", data_int64s(&SHAPE(1), &at));
        if (scales == PER_TOKEN)
            scenario_input(s, "past_scale", tensor_ref(past_scale));
        describe(s, code, scales);
        scenario_output(s, "present");
        scenario_output(s, "values");
        if (scales == PER_TOKEN)
            scenario_output(s, "present_scale");
        Tensor *outputs[3] = { NULL, NULL, NULL };
        if (!scenario_run(s, outputs, n))
            return FALSE;
        past = outputs[0];
        if (outputs[2]) {
            tensor_unref(past_scale);
            past_scale = outputs[2];
        }
        if (at + length == PLACES && *final)
            scenario_expect(s, 1, tensor_ref(*final));
        if (at + length == PLACES && !*final)
            *final = tensor_ref(outputs[1]);
        tensor_unref(outputs[1]);
        scenario_emit(s);
    }
    tensor_unref(past);
    tensor_unref(past_scale);
    return TRUE;
}

void kv_cache_quantized(Generator *g)
{
    for (gsize c = 0; c < G_N_ELEMENTS(codes); c++)
        for (Scales scales = PER_TENSOR; scales <= PER_TOKEN; scales++) {
            g_autoptr(Tensor) final = NULL;
            for (gsize i = 0; i < G_N_ELEMENTS(splits); i++)
                if (!chain(g, codes[c], scales, &splits[i], &final))
                    return;
        }
}

/* CausalConvWithState: taps, states, biases, activations, types; the same sequence in steps; what must be refused. */
#include "generators/proposals/linear_attention.h"

#include <math.h>
#include <string.h>

typedef struct {
    int64_t     batch, channels, length, taps;
    gboolean    bias, past, present;
    const char *activation; /* NULL: not written */
    DType       dtype;
} Causal;

static gboolean is_silu(const Causal *c)
{
    return c->activation && strcmp(c->activation, "none") != 0;
}

/* Weights are distinct odd integers, so that every exchanged or reversed tap shows. With an activation they and the inputs
 * are such that sums are multiples of 32, or -1024 and less: there silu is the identity, or zero. */
static Tensor *weights(const Causal *c)
{
    Tensor *t = data_constant(c->dtype, &SHAPE(c->channels, 1, c->taps), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(
            t, i, is_silu(c) ? (i % c->taps == c->taps - 1 ? 1 : 0) : (double)(2 * (i % 5) - 3 + (i / c->taps) % 2));
    return t;
}

static double sample(const Causal *c, uint64_t seed, int64_t i)
{
    const int64_t n = data_range(seed, (uint64_t)i, -6, 6);
    return is_silu(c) ? (n < 0 ? (double)(n - 32) * 64 : (double)n * 32) : (double)n;
}

static Tensor *samples(const Causal *c, const char *name, const Shape *shape)
{
    Tensor *t = data_constant(c->dtype, shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, sample(c, data_seed(name), i));
    return t;
}

static Node *node(Scenario *s, const Causal *c)
{
    const char *inputs[5] = { "x", "w", c->bias ? "bias" : "", "past", NULL };
    if (!c->past)
        inputs[c->bias ? 3 : 2] = NULL;
    Node *n = scenario_node(s, "", "CausalConvWithState", inputs, NAMES("y", "present"));
    if (c->activation)
        scenario_set_string(s, n, "activation", c->activation);
    return n;
}

/* Takes x and past; NULL: data as above. */
static Node *describe(Scenario *s, const Causal *c, Tensor *x, Tensor *past)
{
    scenario_opset(s, LINEAR_OPSET);
    scenario_input(s, "x", x ? x : samples(c, "x", &SHAPE(c->batch, c->channels, c->length)));
    scenario_input(s, "w", weights(c));
    if (c->bias) {
        Tensor *bias = data_constant(c->dtype, &SHAPE(c->channels), 0);
        for (int64_t i = 0; i < c->channels; i++)
            tensor_set_double(bias, i, is_silu(c) ? (double)(32 * (i % 3)) : (double)(3 * i - 4));
        scenario_input(s, "bias", bias);
    }
    if (c->past)
        scenario_input(s, "past", past ? past : samples(c, "past", &SHAPE(c->batch, c->channels, c->taps - 1)));
    Node *n = node(s, c);
    scenario_output(s, "y");
    if (c->present)
        scenario_output(s, "present");
    scenario_compare_free_zero_sign(s);
    return n;
}

static void meaning(Scenario *s, const Causal *c)
{
    g_autoptr(GString) body = g_string_new("<domain: \"\", opset_import: [\"\" : 27]> CausalConvWithState ");
    g_string_append_printf(body, "%s(x, w%s%s) => (y, present) { ", c->activation ? "<activation> " : "",
                           c->bias ? ", bias" : c->past ? ", nothing" : "", c->past ? ", past" : "");
    if (c->past)
        g_string_append(body, "before = Identity (past)  ");
    else
        g_string_append_printf(body, "dims = Constant <value = int64[3] {%d, %d, %d}> ()  "
                                     "zeros = ConstantOfShape (dims)  "
                                     "before = CastLike (zeros, x)  ", (int)c->batch, (int)c->channels, (int)c->taps - 1);
    g_string_append_printf(body, "padded = Concat <axis = 2> (before, x)  sums = Conv <group = %d> (padded, w%s)  ",
                           (int)c->channels, c->bias ? ", bias" : "");
    if (is_silu(c))
        g_string_append_printf(body, "f = Cast <to = 1> (sums)  gate = Sigmoid (f)  active = Mul (f, gate)  "
                                     "y = Cast <to = %d> (active)  ", c->dtype);
    else
        g_string_append(body, "y = Identity (sums)  ");
    g_string_append_printf(body, "from = Constant <value = int64[1] {%d}> ()  to = Constant <value = int64[1] {%d}> ()  "
                                 "axis = Constant <value = int64[1] {2}> ()  present = Slice (padded, from, to, axis) }",
                           (int)c->length, (int)(c->length + c->taps - 1));
    scenario_function(s, body->str);
}

static void shapes(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    static const int64_t lengths[] = { 1, 2, 5 };
    static const char *const activations[] = { NULL, "none", "silu", "swish" };
    for (int64_t taps = 1; taps <= 4; taps++)
        for (gsize n = 0; n < G_N_ELEMENTS(lengths); n++)
            for (int way = 0; way < 4; way++)
                for (gsize a = 0; a < G_N_ELEMENTS(activations); a++) {
                    const gsize t = (a + (gsize)way + (gsize)taps + n) % (G_N_ELEMENTS(types) + 2);
                    const Causal c = { .batch = 2,
                                       .channels = 3,
                                       .length = lengths[n],
                                       .taps = taps,
                                       .bias = way & 1,
                                       .past = way >> 1,
                                       .present = TRUE,
                                       .activation = activations[a],
                                       .dtype = types[t < G_N_ELEMENTS(types) ? t : 0] };
                    if (a == 1 && way != 3)
                        continue; /* none spelt out: once a shape */
                    Scenario *s = scenario_new(g, "conv-taps%d-length%d%s%s-%s-%s", (int)taps, (int)c.length,
                                               c.bias ? "-bias" : "", c.past ? "-past" : "",
                                               activations[a] ? activations[a] : "plain", dtype_name(c.dtype));
                    g_autofree char *requirements =
                        g_strconcat("R30 R33", c.past ? "" : " R32", c.bias ? " R31" : "", is_silu(&c) ? " R34" : "",
                                    taps == 1 ? " R36" : "", c.length < taps - 1 ? " R35" : "", NULL);
                    scenario_about(s, "conv", requirements,
                                   "%d taps over %d places of %s, %s bias, %s state, activation %s.", (int)taps,
                                   (int)c.length, dtype_name(c.dtype), c.bias ? "with" : "no", c.past ? "with" : "no",
                                   activations[a] ? activations[a] : "not written");
                    describe(s, &c, NULL, NULL);
                    meaning(s, &c);
                    scenario_emit(s);
                }
    for (int past = 0; past < 2; past++) {
        const Causal c = {
            .batch = 2, .channels = 3, .length = 0, .taps = 3, .past = past, .present = TRUE, .dtype = DTYPE_FLOAT
        };
        Scenario *s = scenario_new(g, "conv-no-places%s", past ? "-past" : "");
        scenario_about(s, "conv", "R33 R37", "No places: the state %s.", past ? "passes" : "is zero");
        scenario_tag(s, "empty");
        describe(s, &c, NULL, NULL);
        scenario_emit_forms(s, 1u << FORM_NATIVE);
    }
    const Causal c = { .batch = 1, .channels = 3, .length = 4, .taps = 3, .bias = TRUE, .past = TRUE, .dtype = DTYPE_FLOAT };
    Scenario *s = scenario_new(g, "conv-output-only");
    scenario_about(s, "conv", "R30", "Nobody reads the new state.");
    describe(s, &c, NULL, NULL);
    meaning(s, &c);
    scenario_emit(s);
}

/* General data, where sums and activations round. */
static void general(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
        for (int silu = 0; silu < 2; silu++) {
            const Causal c = { .batch = 1,
                               .channels = 3,
                               .length = 9,
                               .taps = 4,
                               .bias = TRUE,
                               .past = TRUE,
                               .present = TRUE,
                               .activation = silu ? "silu" : NULL,
                               .dtype = types[t] };
            Scenario *s = scenario_new(g, "conv-general-%s%s", dtype_name(types[t]), silu ? "-silu" : "");
            scenario_about(s, "conv", silu ? "R30 R34 R38" : "R30 R38", "General data in %s%s.", dtype_name(types[t]),
                           silu ? ", silu" : "");
            scenario_opset(s, LINEAR_OPSET);
            scenario_input(s, "x", data_normal(c.dtype, &SHAPE(1, 3, 9), data_seed("conv x")));
            scenario_input(s, "w", data_normal(c.dtype, &SHAPE(3, 1, 4), data_seed("conv w")));
            scenario_input(s, "bias", data_normal(c.dtype, &SHAPE(3), data_seed("conv bias")));
            scenario_input(s, "past", data_normal(c.dtype, &SHAPE(1, 3, 3), data_seed("conv past")));
            node(s, &c);
            scenario_output(s, "y");
            scenario_output(s, "present");
            scenario_emit_forms(s, 1u << FORM_NATIVE);
        }
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* Places [from, from + n) of t [B, C, L]. */
static Tensor *places(const Tensor *t, int64_t from, int64_t n)
{
    const int64_t length = t->shape.dims[2];
    Tensor *out = data_constant(t->dtype, &SHAPE(t->shape.dims[0], t->shape.dims[1], n), 0);
    for (int64_t i = 0; i < out->count; i++)
        tensor_set_bits(out, i, tensor_get_bits(t, i / n * length + from + i % n));
    return out;
}

static void steps(Generator *g, const char *activation)
{
    static const struct {
        const char *tag;
        int         n;
        int64_t     lengths[6];
    } splits[] = {
        { "6", 1, { 6 } }, { "3-3", 2, { 3, 3 } }, { "1-5", 2, { 1, 5 } }, { "4-1-1", 3, { 4, 1, 1 } }, { "2-0-4", 3, { 2, 0, 4 } },
        { "1-1-1-1-1-1", 6, { 1, 1, 1, 1, 1, 1 } },
    };
    Causal c = { .batch = 2,
                 .channels = 3,
                 .length = 6,
                 .taps = 4,
                 .bias = TRUE,
                 .past = TRUE,
                 .present = TRUE,
                 .activation = activation,
                 .dtype = DTYPE_FLOAT };
    g_autoptr(Tensor) x = samples(&c, "x", &SHAPE(2, 3, 6));
    g_autoptr(Tensor) y = NULL;
    g_autoptr(Tensor) last = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(splits); i++) {
        Tensor *state = samples(&c, "past", &SHAPE(2, 3, 3));
        for (int64_t step = 0, at = 0; step < splits[i].n; at += splits[i].lengths[step++]) {
            c.length = splits[i].lengths[step];
            Scenario *s = scenario_new(g, "conv-steps-%s%s%s-step%d", activation ? activation : "",
                                       activation ? "-" : "", splits[i].tag, (int)step);
            scenario_about(s, "conv", c.length ? "R30 R39" : "R30 R37 R39",
                           "Step %d of %s: %d places from the state of the step before.", (int)step, splits[i].tag,
                           (int)c.length);
            describe(s, &c, places(x, at, c.length), state);
            Tensor *outputs[2];
            if (!scenario_run(s, outputs, 2))
                return;
            state = outputs[1];
            if (i == 0) {
                y = outputs[0];
                last = tensor_ref(state);
            } else {
                tensor_unref(outputs[0]);
                scenario_expect(s, 0, places(y, at, c.length));
                if (at + c.length == 6)
                    scenario_expect(s, 1, tensor_ref(last));
            }
            if (c.length)
                meaning(s, &c);
            scenario_emit(s);
        }
        tensor_unref(state);
    }
}

void causal_conv(Generator *g)
{
    shapes(g);
    general(g);
    steps(g, NULL);
    steps(g, "silu");
}

/* ---- rejects ----------------------------------------------------------------------------------------------------- */

#define CONV_TWIN "conv-valid"

/* What differs from the twin: x [2, 3, 5], w [3, 1, 4], bias [3], past [2, 3, 3], silu. Rank 0: as the twin's. */
static const struct {
    const char *name, *requirement, *what, *because;
    Shape       x, w, bias, past;
    const char *activation;
    DType       x_type, w_type, past_type;
    int64_t     opset;
} bad[] = {
    { "x-rank-2", "R40", "x of rank 2", "rank", .x = { 2, { 3, 5 } } },
    { "x-rank-4", "R40", "x of rank 4", "rank", .x = { 4, { 2, 3, 5, 1 } } },
    { "w-rank-2", "R41", "weights of rank 2", "weight", .w = { 2, { 3, 4 } } },
    { "w-channels", "R41", "weights of 4 channels for 3", "weight", .w = { 3, { 4, 1, 4 } } },
    { "w-one-channel", "R41", "weights of one channel, which might broadcast", "weight", .w = { 3, { 1, 1, 4 } } },
    { "w-dense", "R41", "weights across channels: the convolution is depthwise", "weight", .w = { 3, { 3, 3, 4 } } },
    { "bias-short", "R42", "a bias of 2 elements for 3 channels", "bias", .bias = { 1, { 2 } } },
    { "bias-one", "R42", "a bias of one element for 3 channels", "bias", .bias = { 1, { 1 } } },
    { "bias-rank-2", "R42", "a bias of shape [1,3]", "bias", .bias = { 2, { 1, 3 } } },
    { "past-short", "R43", "a state of 2 places for 4 taps", "past_state", .past = { 3, { 2, 3, 2 } } },
    { "past-long", "R43", "a state of 4 places for 4 taps", "past_state", .past = { 3, { 2, 3, 4 } } },
    { "past-batch", "R43", "a state of one batch item for two", "past_state", .past = { 3, { 1, 3, 3 } } },
    { "past-rank-2", "R43", "a state of rank 2", "past_state", .past = { 2, { 3, 3 } } },
    { "activation-relu", "R44", "an activation that is not listed", "activation", .activation = "relu" },
    { "activation-case", "R44", "activations are lower case", "activation", .activation = "SiLU" },
    { "activation-empty", "R44", "an empty activation is not none", "activation", .activation = "" },
    { "w-type", "R45", "weights of float16 for x of float", "float16", .w_type = DTYPE_FLOAT16 },
    { "past-type", "R45", "a state of double for x of float", "double", .past_type = DTYPE_DOUBLE },
    { "x-type", "R45", "everything of double, which is not listed", "double", .x_type = DTYPE_DOUBLE, .w_type = DTYPE_DOUBLE, .past_type = DTYPE_DOUBLE },
    { "opset-26", "R46", "opset 26 has no CausalConvWithState", "CausalConvWithState", .opset = 26 },
};

static Tensor *ones(const Shape *shape, const Shape *own, DType dtype)
{
    return data_constant(dtype ? dtype : DTYPE_FLOAT, shape->rank ? shape : own, 32);
}

void causal_conv_rejects(Generator *g)
{
    Causal c = { .batch = 2,
                 .channels = 3,
                 .length = 5,
                 .taps = 4,
                 .bias = TRUE,
                 .past = TRUE,
                 .present = TRUE,
                 .activation = "silu",
                 .dtype = DTYPE_FLOAT };
    Scenario *s = scenario_new(g, CONV_TWIN);
    scenario_about(s, "conv", "R30 R40 R41 R42 R43 R44 R45 R46", "The valid twin of the cases that must be refused.");
    describe(s, &c, NULL, NULL);
    meaning(s, &c);
    scenario_emit(s);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        s = scenario_new(g, "conv-reject-%s", bad[i].name);
        scenario_about(s, "conv", bad[i].requirement, "Must be refused: %s.", bad[i].what);
        scenario_opset(s, bad[i].opset ? bad[i].opset : LINEAR_OPSET);
        scenario_input(s, "x", ones(&bad[i].x, &SHAPE(2, 3, 5), bad[i].x_type));
        scenario_input(s, "w", ones(&bad[i].w, &SHAPE(3, 1, 4), bad[i].w_type));
        scenario_input(s, "bias", ones(&bad[i].bias, &SHAPE(3), bad[i].x_type));
        scenario_input(s, "past", ones(&bad[i].past, &SHAPE(2, 3, 3), bad[i].past_type));
        c.activation = bad[i].activation ? bad[i].activation : "silu";
        node(s, &c);
        const DType dtype = bad[i].x_type ? bad[i].x_type : DTYPE_FLOAT;
        scenario_output_typed(s, "y", type_tensor(scenario_model(s), dtype, bad[i].x.rank ? &bad[i].x : &SHAPE(2, 3, 5)));
        scenario_output_typed(s, "present", type_tensor(scenario_model(s), dtype, &SHAPE(2, 3, 3)));
        scenario_reject(s, CONV_TWIN, bad[i].because);
    }
}

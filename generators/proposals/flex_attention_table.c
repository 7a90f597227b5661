/* The named modifiers of scores: what is known from practice, in ONNX's text and in C. */
#include "generators/proposals/flex_attention.h"

#include <math.h>
#include <string.h>

enum { B, H, Q, K };

#define WINDOW 2
#define STEP 2
#define RING 3
#define CAP 1024.0
#define SLOPE_STEP 4096.0

/* ---- masks --------------------------------------------------------------------------------------------------------------- */

static gboolean causal(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return at[Q] >= at[K];
}

/* The last query stands at the last key. */
static gboolean causal_end(const FlexSizes *z, const int64_t *at)
{
    return at[Q] + z->keys - z->queries >= at[K];
}

static gboolean window(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return at[Q] - at[K] >= 0 && at[Q] - at[K] <= WINDOW;
}

static int64_t document_of(int64_t batch, int64_t position)
{
    return position < 1 + batch ? 7 : position < 4 ? 3 : position < 6 ? 7 : 5; /* ids come back: 7 is split in two */
}

static gboolean document(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return document_of(at[B], at[Q]) == document_of(at[B], at[K]);
}

static int64_t prefix_of(int64_t batch)
{
    return 2 + 3 * batch;
}

static gboolean prefix(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return at[K] < prefix_of(at[B]) || at[Q] >= at[K];
}

static gboolean dilated(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return (at[Q] - at[K]) % STEP == 0;
}

static gboolean late_rows(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return at[Q] >= 2;
}

static gboolean head_keys(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return at[K] != at[H];
}

/* ---- biases -------------------------------------------------------------------------------------------------------------- */

/* Press, Smith, Lewis: slopes 2^(-8 (h+1) / H) for H a power of two; else those of the largest power of two p below H,
 * then every other one of 2 p heads. With 2, 4 and 8 heads (and 6: 4, then two of 8) all exponents are integers. */
static double slope(int64_t heads, int64_t head)
{
    int64_t p = 1;
    while (2 * p <= heads)
        p *= 2;
    const double exponent = head < p ? 8.0 * (double)(head + 1) / (double)p : 8.0 * (double)(2 * (head - p) + 1) / (double)(2 * p);
    return ldexp(1, -(int)exponent);
}

static double alibi(const FlexSizes *z, const int64_t *at)
{
    return slope(z->heads, at[H]) * (double)(at[K] - at[Q]);
}

static double relative(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return (double)(at[Q] - at[K]);
}

/* The remainder has the sign of the distance, as fmod's has. */
static double ring(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return (double)((at[Q] - at[K]) % RING);
}

static double steep(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return SLOPE_STEP * (double)(at[Q] - at[K]);
}

enum { BUCKETS = 8 };

/* Raffel et al.: half of the buckets for each direction; of these half for exact distances, the rest for spans that
 * double, up to a distance of 16. */
static int64_t bucket(int64_t distance)
{
    const int64_t far = distance < 0 ? -distance : distance, side = distance > 0 ? BUCKETS / 2 : 0;
    return side + (far < 2 ? far : far < 6 ? 2 : 3); /* 2 + floor(log(far / 2) / log(8) * 2): 6 is the first above 2 sqrt 8 */
}

static double t5(G_GNUC_UNUSED const FlexSizes *z, const int64_t *at)
{
    return (double)((at[H] * BUCKETS + bucket(at[K] - at[Q])) * 5 % 32 - 16) / 16;
}

/* ---- constants ------------------------------------------------------------------------------------------------------------ */

static Tensor *slopes(const FlexSizes *z, DType dtype)
{
    Tensor *t = data_constant(dtype, &SHAPE(z->heads), 0);
    for (int64_t h = 0; h < z->heads; h++)
        tensor_set_double(t, h, slope(z->heads, h));
    return t;
}

static Tensor *documents(const FlexSizes *z, DType dtype)
{
    Tensor *t = data_constant(dtype, &SHAPE(z->batch * z->keys), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_int(t, i, document_of(i / z->keys, i % z->keys));
    return t;
}

static Tensor *row_length(const FlexSizes *z, DType dtype)
{
    return data_scalar(dtype, (double)z->keys);
}

static Tensor *prefixes(const FlexSizes *z, DType dtype)
{
    Tensor *t = data_constant(dtype, &SHAPE(z->batch), 0);
    for (int64_t b = 0; b < z->batch; b++)
        tensor_set_int(t, b, prefix_of(b));
    return t;
}

static Tensor *surplus(const FlexSizes *z, DType dtype)
{
    return data_scalar(dtype, (double)(z->keys - z->queries));
}

/* Bucket of every distance from 1 - queries on. */
static Tensor *buckets(const FlexSizes *z, DType dtype)
{
    Tensor *t = data_constant(dtype, &SHAPE(z->queries + z->keys - 1), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_int(t, i, bucket(i - (z->queries - 1)));
    return t;
}

static Tensor *first_distance(const FlexSizes *z, DType dtype)
{
    return data_scalar(dtype, (double)(z->queries - 1));
}

static Tensor *bucket_table(const FlexSizes *z, DType dtype)
{
    Tensor *t = data_constant(dtype, &SHAPE(z->heads * BUCKETS), 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, (double)(i * 5 % 32 - 16) / 16);
    return t;
}

#define NUMBER(function, value)                                                                \
    static Tensor *function(G_GNUC_UNUSED const FlexSizes *z, DType dtype)                     \
    {                                                                                          \
        return data_scalar(dtype, (value));                                                    \
    }
NUMBER(two, 2)
NUMBER(half, 0.5)
NUMBER(cap, CAP)
NUMBER(steepness, SLOPE_STEP)
NUMBER(window_size, WINDOW)
NUMBER(step_size, STEP)
NUMBER(ring_size, RING)
NUMBER(threshold, 0.3)
NUMBER(quantum, 3.0 / 16)
NUMBER(quantum_fine, 1.0 / 8)
NUMBER(zero_point_3, 3)
NUMBER(zero_point_0, 0)

/* ---- the table ------------------------------------------------------------------------------------------------------------ */

#define INT DTYPE_INT64
#define OWN DTYPE_UNDEFINED

static const FlexModifier table[] = {
    { .name = "identity", .what = "leaves every score as it is", .indices = "", .nodes = "" },
    { .name = "causal", .what = "hides keys after the query", .indices = "qk", .visible = causal,
      .nodes = "$v = GreaterOrEqual (q, k)\n" },
    { .name = "causal-end", .what = "hides keys after the query, the last query standing at the last key", .indices = "qk",
      .visible = causal_end, .nodes = "at@ = Add (q, surplus@)\n$v = GreaterOrEqual (at@, k)\n",
      .constants = { { "surplus", INT, surplus } } },
    { .name = "window", .what = "shows the query's key and two before it", .indices = "qk", .visible = window,
      .nodes = "back@ = Sub (q, k)\nnone@ = Sub (q, q)\npast@ = GreaterOrEqual (back@, none@)\n"
               "near@ = LessOrEqual (back@, window@)\n$v = And (past@, near@)\n",
      .constants = { { "window", INT, window_size } } },
    { .name = "document", .what = "shows keys of the query's document", .indices = "bqk", .visible = document,
      .nodes = "row@ = Mul (b, row_length@)\nqat@ = Add (row@, q)\nkat@ = Add (row@, k)\nqdoc@ = Gather (documents@, qat@)\n"
               "kdoc@ = Gather (documents@, kat@)\n$v = Equal (qdoc@, kdoc@)\n",
      .constants = { { "documents", INT, documents }, { "row_length", INT, row_length } } },
    { .name = "prefix", .what = "shows a prefix, whose length differs in the batch, and what lies before the query", .indices = "bqk",
      .visible = prefix,
      .nodes = "length@ = Gather (prefixes@, b)\nearly@ = Less (k, length@)\npast@ = GreaterOrEqual (q, k)\n$v = Or (early@, past@)\n",
      .constants = { { "prefixes", INT, prefixes } } },
    { .name = "dilated", .what = "shows every second key, counted from the query", .indices = "qk", .visible = dilated,
      .nodes = "back@ = Sub (q, k)\nodd@ = Mod (back@, step@)\nnone@ = Sub (q, q)\n$v = Equal (odd@, none@)\n",
      .constants = { { "step", INT, step_size } } },
    { .name = "late-rows", .what = "hides every key from queries 0 and 1", .indices = "q", .visible = late_rows,
      .nodes = "$v = GreaterOrEqual (q, two@)\n", .constants = { { "two", INT, two } } },
    { .name = "head-keys", .what = "hides key h from query head h", .indices = "hk", .visible = head_keys,
      .nodes = "same@ = Equal (h, k)\n$v = Not (same@)\n" },
    { .name = "alibi", .what = "adds a slope of the head's times the distance", .indices = "hqk", .bias = alibi,
      .nodes = "slope@ = Gather (slopes@, h)\nahead@ = Sub (k, q)\nfloat@ = Cast <to: int = $N> (ahead@)\n"
               "bias@ = Mul (slope@, float@)\n$r = Add ($s, bias@)\n",
      .constants = { { "slopes", OWN, slopes } } },
    { .name = "relative", .what = "adds the distance", .indices = "qk", .bias = relative,
      .nodes = "back@ = Sub (q, k)\nfloat@ = Cast <to: int = $N> (back@)\n$r = Add ($s, float@)\n" },
    { .name = "ring", .what = "adds what of the distance is left by threes, with the distance's sign", .indices = "qk", .bias = ring,
      .nodes = "back@ = Sub (q, k)\nfloat@ = Cast <to: int = $N> (back@)\nleft@ = Mod <fmod: int = 1> (float@, three@)\n"
               "$r = Add ($s, left@)\n",
      .constants = { { "three", OWN, ring_size } } },
    { .name = "steep", .what = "adds 4096 times the distance", .indices = "qk", .bias = steep,
      .nodes = "back@ = Sub (q, k)\nfloat@ = Cast <to: int = $N> (back@)\nbias@ = Mul (float@, steepness@)\n$r = Add ($s, bias@)\n",
      .constants = { { "steepness", OWN, steepness } } },
    { .name = "t5", .what = "adds what a table holds for the head and the bucket of the distance", .indices = "hqk", .bias = t5,
      .nodes = "ahead@ = Sub (k, q)\nat@ = Add (ahead@, first@)\nbucket@ = Gather (buckets@, at@)\ncount@ = Constant <value_int: int = 8> ()\n"
               "row@ = Mul (h, count@)\nplace@ = Add (row@, bucket@)\nbias@ = Gather (table@, place@)\n$r = Add ($s, bias@)\n",
      .constants = { { "buckets", INT, buckets }, { "first", INT, first_distance }, { "table", OWN, bucket_table } } },
    { .name = "softcap", .what = "bounds scores by 1024 tanh(s / 1024)", .indices = "", .cap = CAP,
      .nodes = "part@ = Div ($s, cap@)\nbent@ = Tanh (part@)\n$r = Mul (cap@, bent@)\n",
      .constants = { { "cap", OWN, cap } } },
    /* of probabilities */
    { .name = "double", .what = "doubles every probability", .indices = "", .nodes = "$r = Mul ($s, two@)\n",
      .constants = { { "two", OWN, two } } },
    { .name = "halve", .what = "halves every probability", .indices = "", .nodes = "$r = Mul ($s, half@)\n",
      .constants = { { "half", OWN, half } } },
    { .name = "threshold", .what = "drops probabilities below 0.3", .indices = "",
      .nodes = "big@ = GreaterOrEqual ($s, threshold@)\nnone@ = Sub ($s, $s)\n$r = Where (big@, $s, none@)\n",
      .constants = { { "threshold", OWN, threshold } } },
    { .name = "qdq-uint8", .what = "quantizes to uint8 with scale 3/16 and zero point 3, and back", .indices = "",
      .nodes = "code@ = QuantizeLinear ($s, quantum@, zero@)\n$r = DequantizeLinear (code@, quantum@, zero@)\n",
      .constants = { { "quantum", OWN, quantum }, { "zero", DTYPE_UINT8, zero_point_3 } } },
    { .name = "qdq-int8", .what = "quantizes to int8 with scale 1/8 and back", .indices = "",
      .nodes = "code@ = QuantizeLinear ($s, quantum@, zero@)\n$r = DequantizeLinear (code@, quantum@, zero@)\n",
      .constants = { { "quantum", OWN, quantum_fine }, { "zero", DTYPE_INT8, zero_point_0 } } },
    { .name = "qdq-uint4", .what = "quantizes to uint4 with scale 1/8 and back", .indices = "",
      .nodes = "code@ = QuantizeLinear ($s, quantum@, zero@)\n$r = DequantizeLinear (code@, quantum@, zero@)\n",
      .constants = { { "quantum", OWN, quantum_fine }, { "zero", DTYPE_UINT4, zero_point_0 } } },
    { .name = "qdq-e4m3", .what = "quantizes to float8e4m3fn with scale 3/16 and back", .indices = "",
      .nodes = "code@ = QuantizeLinear ($s, quantum@, zero@)\n$r = DequantizeLinear (code@, quantum@, zero@)\n",
      .constants = { { "quantum", OWN, quantum }, { "zero", DTYPE_FLOAT8E4M3FN, zero_point_0 } } },
    { .name = "cast-e4m3", .what = "goes through float8e4m3fn", .indices = "",
      .nodes = "code@ = Cast <to: int = 17> ($s)\n$r = Cast <to: int = $N> (code@)\n" },
};

const FlexModifier *flex_modifier(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    g_error("flex-attention: no modifier '%s'", name);
}

const FlexModifier *flex_modifiers(gsize *n)
{
    *n = 15; /* up to softcap */
    return table;
}

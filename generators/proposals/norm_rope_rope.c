/* RotaryEmbedding: layouts, halves and pairs, partial rotation, positions, types, and the patterns of exporters.
 *
 * Elements are odd integers up to 7, cosines and sines odd eighths up to 7/8, different for every place and channel: all
 * products and sums are exact in every type, and every wrong pairing or position shows. */
#include "generators/proposals/norm_rope.h"

#include <math.h>

const char *const rope_pattern_tags[ROPE_PATTERNS] = { "split", "rotate-half", "matrix" };

static int64_t rotated(const Rope *r)
{
    return r->rotated ? r->rotated : r->depth;
}

Shape rope_x_shape(const Rope *r)
{
    return r->flat ? SHAPE(r->batch, r->length, r->heads * r->depth) : SHAPE(r->batch, r->heads, r->length, r->depth);
}

Shape rope_cache_shape(const Rope *r)
{
    return r->table ? SHAPE(r->table, rotated(r) / 2) : SHAPE(r->batch, r->length, rotated(r) / 2);
}

static double odd(uint64_t seed, int64_t i)
{
    return (double)(2 * data_range(seed, (uint64_t)i, -4, 3) + 1);
}

Tensor *rope_x(const Rope *r)
{
    const Shape shape = rope_x_shape(r);
    Tensor *t = data_constant(r->dtype, &shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, odd(data_seed("x"), i));
    return t;
}

Tensor *rope_cache(const Rope *r, gboolean sine)
{
    const Shape shape = rope_cache_shape(r);
    Tensor *t = data_constant(r->dtype, &shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, odd(data_seed(sine ? "sine" : "cosine"), i) / 8);
    return t;
}

/* Descending, then repeated, other ones for each batch item: no position is its index. */
Tensor *rope_positions(const Rope *r)
{
    Tensor *t = data_constant(DTYPE_INT64, &SHAPE(r->batch, r->length), 0);
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t b = i / r->length, p = i % r->length;
        tensor_set_int(t, i, r->positions ? r->positions[i] : (2 * r->table - 1 - p / 2 - 2 * b) % r->table);
    }
    return t;
}

Node *rope_node(Scenario *s, const Rope *r, const char *x, const char *y)
{
    Node *node = scenario_node(s, "", "RotaryEmbedding",
                               r->table ? NAMES(x, "cos", "sin", "positions") : NAMES(x, "cos", "sin"), NAMES(y));
    if (r->interleaved)
        scenario_set_int(s, node, "interleaved", 1);
    if (r->rotated)
        scenario_set_int(s, node, "rotary_embedding_dim", r->rotated);
    if (r->flat)
        scenario_set_int(s, node, "num_heads", r->heads);
    return node;
}

Node *rope_describe(Scenario *s, const Rope *r, Tensor *x, Tensor *cosines, Tensor *sines)
{
    scenario_input(s, "x", x ? x : rope_x(r));
    scenario_input(s, "cos", cosines ? cosines : rope_cache(r, FALSE));
    scenario_input(s, "sin", sines ? sines : rope_cache(r, TRUE));
    if (r->table)
        scenario_input(s, "positions", rope_positions(r));
    return rope_node(s, r, "x", "y");
}

/* ---- meaning ----------------------------------------------------------------------------------------------------- */

/* From `turning` [.., R] with the caches c and d (cosine, sine) [.., R / 2] to `turned`. */
static void split_pattern(GString *body, const Rope *r)
{
    const int64_t half = rotated(r) / 2;
    if (r->interleaved)
        g_string_append_printf(body,
                               "pairs = Constant <value = int64[5] {0, 0, 0, %d, 2}> ()  "
                               "paired = Reshape (turning, pairs)  "
                               "ones = Constant <value = int64[2] {1, 1}> ()  x1, x2 = Split <axis = -1> (paired, ones)  "
                               "back = Constant <value = int64[1] {-1}> ()  cc = Unsqueeze (c, back)  "
                               "dd = Unsqueeze (d, back)  ", (int)half);
    else
        g_string_append_printf(body, "halves = Constant <value = int64[2] {%d, %d}> ()  "
                                     "x1, x2 = Split <axis = -1> (turning, halves)  "
                                     "cc = Identity (c)  dd = Identity (d)  ", (int)half, (int)half);
    g_string_append(body, "cx = Mul (cc, x1)  sy = Mul (dd, x2)  real = Sub (cx, sy)  sx = Mul (dd, x1)  "
                          "cy = Mul (cc, x2)  "
                          "imaginary = Add (sx, cy)  both = Concat <axis = -1> (real, imaginary)  ");
    if (r->interleaved)
        g_string_append_printf(body, "flat = Constant <value = int64[4] {0, 0, 0, %d}> ()  "
                                     "turned = Reshape (both, flat)  ",
                               (int)rotated(r));
    else
        g_string_append(body, "turned = Identity (both)  ");
}

/* Cosines and sines for every channel: twice in a row, or each twice. */
static void doubled(GString *body, const Rope *r)
{
    if (r->interleaved)
        g_string_append_printf(body, "back = Constant <value = int64[1] {-1}> ()  c1 = Unsqueeze (c, back)  "
                                     "d1 = Unsqueeze (d, back)  "
                                     "c2 = Concat <axis = -1> (c1, c1)  d2 = Concat <axis = -1> (d1, d1)  "
                                     "flat = Constant <value = int64[4] {0, 0, 0, %d}> ()  cc = Reshape (c2, flat)  "
                                     "dd = Reshape (d2, flat)  ", (int)rotated(r));
    else
        g_string_append(body, "cc = Concat <axis = -1> (c, c)  dd = Concat <axis = -1> (d, d)  ");
}

static void rotate_half_pattern(GString *body, const Rope *r)
{
    const int64_t half = rotated(r) / 2;
    doubled(body, r);
    if (r->interleaved)
        g_string_append_printf(body, "pairs = Constant <value = int64[5] {0, 0, 0, %d, 2}> ()  "
                                     "paired = Reshape (turning, pairs)  "
                                     "ones = Constant <value = int64[2] {1, 1}> ()  "
                                     "x1, x2 = Split <axis = -1> (paired, ones)  "
                                     "minus = Neg (x2)  swapped = Concat <axis = -1> (minus, x1)  "
                                     "other = Reshape (swapped, flat)  ",
                               (int)half);
    else
        g_string_append_printf(body, "halves = Constant <value = int64[2] {%d, %d}> ()  "
                                     "x1, x2 = Split <axis = -1> (turning, halves)  "
                                     "minus = Neg (x2)  other = Concat <axis = -1> (minus, x1)  ", (int)half, (int)half);
    g_string_append(body, "cx = Mul (turning, cc)  sx = Mul (other, dd)  turned = Add (cx, sx)  ");
}

/* rotate_half as a product: column j of the matrix takes the partner of channel j with its sign. */
static void matrix_pattern(GString *body, const Rope *r)
{
    const int64_t n = rotated(r), half = n / 2;
    doubled(body, r);
    g_string_append_printf(body, "signs = Constant <value = float[%d, %d] {", (int)n, (int)n);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            const gboolean real = r->interleaved ? j % 2 == 0 : j < half; /* channel j holds a real part */
            const int64_t partner = r->interleaved ? j + (real ? 1 : -1) : j + (real ? half : -half);
            g_string_append_printf(body, "%s%s", i || j ? ", " : "", i != partner ? "0.0" : real ? "-1.0" : "1.0");
        }
    g_string_append(body, "}> ()  matrix = CastLike (signs, turning)  other = MatMul (turning, matrix)  "
                          "cx = Mul (turning, cc)  sx = Mul (other, dd)  turned = Add (cx, sx)  ");
}

void rope_meaning(Scenario *s, const Rope *r, RopePattern pattern)
{
    static void (*const patterns[ROPE_PATTERNS])(GString *, const Rope *) = { split_pattern, rotate_half_pattern,
                                                                              matrix_pattern };
    g_autoptr(GString) body = g_string_new("<domain: \"\", opset_import: [\"\" : 23]> RotaryEmbedding <");
    g_string_append_printf(body, "%s%s%s", r->interleaved ? "interleaved, " : "", r->rotated ? "rotary_embedding_dim, " : "",
                           r->flat ? "num_heads, " : "");
    if (g_str_has_suffix(body->str, ", "))
        g_string_truncate(body, body->len - 2);
    if (g_str_has_suffix(body->str, "<"))
        g_string_truncate(body, body->len - 1);
    else
        g_string_append(body, "> ");
    g_string_append_printf(body, "(x, cos, sin%s) => (y) { ", r->table ? ", positions" : "");
    if (r->flat)
        g_string_append_printf(body, "apart = Constant <value = int64[4] {0, 0, %d, -1}> ()  "
                                     "heads = Reshape (x, apart)  ", (int)r->heads);
    else
        g_string_append(body, "heads = Identity (x)  ");
    if (r->table)
        g_string_append(body, "c3 = Gather <axis = 0> (cos, positions)  d3 = Gather <axis = 0> (sin, positions)  ");
    else
        g_string_append(body, "c3 = Identity (cos)  d3 = Identity (sin)  ");
    g_string_append_printf(body, "where = Constant <value = int64[1] {%d}> ()  c = Unsqueeze (c3, where)  "
                                 "d = Unsqueeze (d3, where)  ",
                           r->flat ? 2 : 1);
    const gboolean partial = rotated(r) < r->depth;
    if (partial)
        g_string_append_printf(body, "parts = Constant <value = int64[2] {%d, %d}> ()  "
                                     "turning, still = Split <axis = -1> (heads, parts)  ",
                               (int)rotated(r), (int)(r->depth - rotated(r)));
    else
        g_string_append(body, "turning = Identity (heads)  ");
    patterns[pattern](body, r);
    g_string_append(body, partial ? "whole = Concat <axis = -1> (turned, still)  " : "whole = Identity (turned)  ");
    if (r->flat)
        g_string_append_printf(body, "together = Constant <value = int64[3] {0, 0, %d}> ()  "
                                     "y = Reshape (whole, together) }",
                               (int)(r->heads * r->depth));
    else
        g_string_append(body, "y = Identity (whole) }");
    scenario_function(s, body->str);
}

/* ---- the sweep --------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *tag;
    int64_t     batch, heads, length, depth, rotated;
    const char *what;
} Size;

static const Size sizes[] = {
    { "full", 2, 3, 5, 8, 0, "all of 8 channels rotate" },
    { "explicit", 2, 3, 5, 8, 8, "all of 8 channels rotate, and the attribute says so" },
    { "partial4", 2, 3, 5, 8, 4, "4 of 8 channels rotate" },
    { "partial6", 1, 2, 3, 10, 6, "6 of 10 channels rotate" },
    { "partial2-odd", 2, 1, 3, 7, 2, "2 of 7 channels rotate" },
    { "smallest", 1, 1, 1, 2, 0, "one head, one place, two channels" },
    { "decode", 3, 5, 1, 4, 0, "one place for each of three batch items" },
    { "heads-odd", 1, 7, 2, 6, 0, "seven heads of 6 channels" },
};

static void one(Generator *g, const Size *z, gboolean flat, gboolean interleaved, gboolean positions, DType dtype,
                RopePattern p)
{
    const Rope r = { .batch = z->batch,
                     .heads = z->heads,
                     .length = z->length,
                     .depth = z->depth,
                     .rotated = z->rotated,
                     .flat = flat,
                     .interleaved = interleaved,
                     .table = positions ? 9 : 0,
                     .dtype = dtype };
    Scenario *s = scenario_new(g, "rope-%s-%s-%s-%s-%s%s%s", z->tag, flat ? "3d" : "4d",
                               interleaved ? "pairs" : "halves", positions ? "positions" : "places", dtype_name(dtype),
                               p ? "-" : "", p ? rope_pattern_tags[p] : "");
    g_autofree char *requirements =
        g_strconcat("R20 ", interleaved ? "R22" : "R21", flat ? " R25" : " R24", positions ? " R26" : " R27",
                    z->rotated ? " R23" : "", dtype != DTYPE_FLOAT ? " R28" : "", p ? " R29" : "", NULL);
    scenario_about(s, p ? "export" : "rope", requirements, "RotaryEmbedding of %s, %s, %s: %s, %s%s%s.",
                   dtype_name(dtype), flat ? "heads within the channels" : "heads as an axis",
                   interleaved ? "neighbours are pairs" : "halves are pairs", z->what,
                   positions ? "caches looked up by position" : "caches by place", p ? "; as exported, " : "",
                   p ? rope_pattern_tags[p] : "");
    rope_describe(s, &r, NULL, NULL, NULL);
    rope_meaning(s, &r, p);
    scenario_output(s, "y");
    scenario_emit_forms(s, p ? 1u << FORM_DECOMPOSED : 1u << FORM_NATIVE | 1u << FORM_DECOMPOSED);
}

void norm_rope_rope(Generator *g)
{
    static const DType types[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize z = 0; z < G_N_ELEMENTS(sizes); z++)
        for (int way = 0; way < 8; way++)
            for (gsize t = 0; t < G_N_ELEMENTS(types); t++)
                for (RopePattern p = 0; p < ROPE_PATTERNS; p++)
                    if ((p == ROPE_SPLIT && (t == 0 || (z + (gsize)way + t) % 2 == 0)) ||
                        (p && (z + (gsize)way + t + p) % 6 == 0))
                        one(g, &sizes[z], way & 1, way >> 1 & 1, way >> 2, types[t], p);
}

/* RMSNormalization: axes, shapes of scale, types, special rows, and the patterns in which exporters write it.
 *
 * Mean squares plus epsilon are powers of four, so that root and quotient are exact in every type and every order of
 * operations: what differs is structure. */
#include "generators/proposals/norm_rope.h"

#include <math.h>

const char *const rms_pattern_tags[RMS_PATTERNS] = { "body", "pow", "reciprocal", "late-cast" };

static const DType floats[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16, DTYPE_DOUBLE };

Node *rms_node(Scenario *s, const Rms *r)
{
    Node *node = scenario_node(s, "", "RMSNormalization", NAMES("x", "scale"), NAMES("y"));
    if (r->axis != RMS_DEFAULT_AXIS)
        scenario_set_int(s, node, "axis", r->axis);
    scenario_set_float(s, node, "epsilon", r->epsilon);
    if (r->stash)
        scenario_set_int(s, node, "stash_type", r->stash);
    return node;
}

/* The axes from `axis` to the last one, negative, as text. */
static char *axes_text(const Rms *r)
{
    GString *text = g_string_new(NULL);
    const int axis = shape_axis(r->axis == RMS_DEFAULT_AXIS ? -1 : r->axis, r->x.rank);
    for (int d = axis; d < r->x.rank; d++)
        g_string_append_printf(text, "%s%d", d > axis ? ", " : "", d - r->x.rank);
    return g_string_free(text, FALSE);
}

void rms_meaning(Scenario *s, const Rms *r, RmsPattern pattern)
{
    static const char *const ends[RMS_PATTERNS] = {
        "normal = Div (v, root)  back = Cast <to = %d> (normal)  y = Mul (back, scale)",
        "normal = Div (v, root)  back = Cast <to = %d> (normal)  y = Mul (back, scale)",
        "inverse = Reciprocal (root)  normal = Mul (v, inverse)  back = Cast <to = %d> (normal)  y = Mul (scale, back)",
        /* the scale is applied before the result leaves the wider type */
        ("normal = Div (v, root)  weight = CastLike (scale, normal)  scaled = Mul (normal, weight)  "
         "y = Cast <to = %d> (scaled)"),
    };
    const int stash = r->stash ? (int)r->stash : DTYPE_FLOAT;
    g_autofree char *axes = axes_text(r);
    g_autofree char *square =
        pattern != RMS_POW ? g_strdup("squares = Mul (v, v)")
                           : g_strdup_printf("two = Constant <value = float {2.0}> ()  exponent = Cast <to = %d> (two)  "
                                             "squares = Pow (v, exponent)", stash);
    g_autoptr(GString) end = g_string_new(ends[pattern]);
    g_autofree char *dtype = g_strdup_printf("%d", (int)r->dtype);
    g_string_replace(end, "%d", dtype, 0);
    char epsilon[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(epsilon, sizeof epsilon, "%.9e", (double)r->epsilon);
    g_autofree char *text = g_strdup_printf(
        "<domain: \"\", opset_import: [\"\" : 23]> RMSNormalization <%sepsilon%s>(x, scale) => (y) { v = Cast <to = %d> (x)  %s  "
        "axes = Constant <value = int64[%d] {%s}> ()  mean = ReduceMean (squares, axes)  "
        "small = Constant <value = float {%s}> ()  epsilon = Cast <to = %d> (small)  sum = Add (mean, epsilon)  "
        "root = Sqrt (sum)  %s }",
        r->axis != RMS_DEFAULT_AXIS ? "axis, " : "", r->stash ? ", stash_type" : "", stash, square,
        r->x.rank - shape_axis(r->axis == RMS_DEFAULT_AXIS ? -1 : r->axis, r->x.rank), axes, epsilon, stash, end->str);
    scenario_function(s, text);
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

Tensor *rms_rows(DType dtype, const Shape *shape, int64_t group)
{
    Tensor *t = data_constant(dtype, shape, 1);
    for (int64_t i = 0; i < t->count; i++) {
        const int64_t row = i / group, at = i % group;
        /* 3 where (at + row * 5) mod 4 is 0: row by row another quarter; signs by bits of the place */
        const double size = group % 4 == 0 && (at + 5 * row) % 4 == 0 ? 3 : 1;
        tensor_set_double(t, i, data_bits(data_seed("signs"), (uint64_t)i) & 1 ? -size : size);
    }
    return t;
}

float rms_epsilon(int64_t group)
{
    return group % 4 == 0 ? 1 : 3;
}

/* Distinct in every place: 2, 4, 6, ... so that halves are integers. */
static Tensor *scales(DType dtype, const Shape *shape)
{
    Tensor *t = data_constant(dtype, shape, 0);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, (double)(2 * (i + 1) * (i % 3 == 2 ? -1 : 1)));
    return t;
}

static int64_t group_of(const Rms *r)
{
    return shape_span(&r->x, shape_axis(r->axis == RMS_DEFAULT_AXIS ? -1 : r->axis, r->x.rank), r->x.rank);
}

/* ---- shapes ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *tag;
    Shape       x, scale;
    int         axis;
    const char *requirements, *what;
} Layout;

static const Layout layouts[] = {
    { "r1", { 1, { 8 } }, { 1, { 8 } }, 0, "R1 R2", "a vector" },
    { "r2-default", { 2, { 3, 8 } }, { 1, { 8 } }, RMS_DEFAULT_AXIS, "R1 R2", "rows, the axis left to its default" },
    { "r2-axis0", { 2, { 3, 8 } }, { 2, { 3, 8 } }, 0, "R1 R2", "a matrix as one group" },
    { "r2-axis-2", { 2, { 2, 6 } }, { 1, { 6 } }, -2, "R1 R2 R3", "a matrix as one group, a scale for its columns" },
    { "r3-axis-1", { 3, { 2, 3, 4 } }, { 1, { 4 } }, -1, "R1 R2", "[batch, places, channels]" },
    { "r3-axis1", { 3, { 2, 3, 4 } }, { 2, { 3, 4 } }, 1, "R1 R2", "two axes normalised, a scale for each element" },
    { "r3-axis1-columns", { 3, { 2, 3, 4 } }, { 2, { 3, 1 } }, 1, "R1 R2 R3", "two axes normalised, a scale for the first of them" },
    { "r3-axis0", { 3, { 2, 3, 4 } }, { 3, { 2, 3, 4 } }, 0, "R1 R2", "everything normalised" },
    { "r3-scale-scalar", { 3, { 2, 3, 4 } }, { 0, { 0 } }, -1, "R1 R3", "a scale of rank 0" },
    { "r3-scale-one", { 3, { 2, 3, 4 } }, { 1, { 1 } }, -1, "R1 R3", "a scale of one element" },
    { "r3-scale-batch", { 3, { 2, 3, 4 } }, { 3, { 2, 1, 4 } }, -1, "R1 R3", "a scale for each batch item, beyond the normalised axes" },
    { "r4-heads", { 4, { 2, 3, 5, 4 } }, { 1, { 4 } }, -1, "R1 R2", "normalisation of each head's query" },
    { "r4-axis-2", { 4, { 2, 3, 5, 4 } }, { 2, { 5, 4 } }, -2, "R1 R2", "the last two of four axes" },
    { "r4-head-scale", { 4, { 2, 3, 5, 4 } }, { 3, { 3, 1, 4 } }, 3, "R1 R3", "a scale for each head" },
    { "r5", { 5, { 2, 1, 3, 2, 4 } }, { 1, { 4 } }, 4, "R1 R2", "rank 5" },
    { "odd", { 2, { 5, 7 } }, { 1, { 7 } }, -1, "R1 R2", "rows of seven" },
    { "single", { 2, { 3, 1 } }, { 1, { 1 } }, -1, "R1 R2", "rows of one" },
    { "wide", { 2, { 2, 100 } }, { 1, { 100 } }, -1, "R1 R2", "rows of a hundred" },
    { "empty-rows", { 2, { 0, 8 } }, { 1, { 8 } }, -1, "R8", "no rows" },
};

static void one(Generator *g, const Layout *l, DType dtype, RmsPattern pattern)
{
    Rms r = { .x = l->x, .scale = l->scale, .axis = l->axis, .dtype = dtype };
    const int64_t group = group_of(&r);
    r.epsilon = rms_epsilon(group);
    Scenario *s = scenario_new(g, "rms-%s-%s%s%s", l->tag, dtype_name(dtype), pattern ? "-" : "",
                               pattern ? rms_pattern_tags[pattern] : "");
    g_autofree char *requirements =
        g_strconcat(l->requirements, " R4", pattern ? " R9" : "", dtype != DTYPE_FLOAT ? " R5" : "", NULL);
    scenario_about(s, pattern ? "export" : "rms", requirements, "RMSNormalization of %s: %s%s%s.", dtype_name(dtype),
                   l->what, pattern ? "; as exported, " : "", pattern ? rms_pattern_tags[pattern] : "");
    scenario_input(s, "x", rms_rows(dtype, &l->x, group));
    scenario_input(s, "scale", scales(dtype, &l->scale));
    rms_node(s, &r);
    rms_meaning(s, &r, pattern);
    scenario_output(s, "y");
    scenario_emit_forms(s, pattern ? 1u << FORM_DECOMPOSED : 1u << FORM_NATIVE | 1u << FORM_DECOMPOSED);
}

/* ---- special rows ------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *tag;
    double      row[4];
    float       epsilon;
    const char *requirements, *what;
    gboolean    no_reciprocal; /* the root's is not exact */
} Row;

static const Row rows[] = {
    { "constant", { 5, 5, 5, 5 }, 0, "R6", "a constant row gives the scale, whatever the constant", TRUE },
    { "constant-negative", { -0.75, -0.75, -0.75, -0.75 }, 0, "R6", "a constant negative row gives the negated scale", TRUE },
    { "constant-signs", { 3, -3, -3, 3 }, 0, "R6", "a constant size gives the signs", TRUE },
    { "one-hot", { 0, 0, 8, 0 }, 0, "R1", "one element of four: its size does not matter", FALSE },
    { "one-hot-negative", { -0.25, 0, 0, 0 }, 0, "R1", "one negative element of four", FALSE },
    { "zeros", { 0, 0, 0, 0 }, 1, "R4 R7", "zeros stay zeros", FALSE },
    { "negative-zeros", { -0.0, 0, -0.0, 0 }, 1, "R4 R7", "zeros keep their signs", FALSE },
    { "epsilon-half", { 0.5, 0.5, 0.5, 1.5 }, 0.25f, "R4", "epsilon is added to the mean, not to the sum or the root", FALSE },
    { "epsilon-large", { 2, 2, 2, 6 }, 52, "R4", "an epsilon larger than the mean", FALSE },
    { "scaled", { 64, 64, 64, 64 }, 0, "R6", "the row's magnitude does not matter", FALSE },
};

static void special_rows(Generator *g)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        for (gsize t = 0; t < G_N_ELEMENTS(floats); t++)
            for (RmsPattern p = 0; p <= RMS_RECIPROCAL; p += RMS_RECIPROCAL) {
                const Rms r = {
                    .x = SHAPE(1, 4), .scale = SHAPE(4), .axis = -1, .epsilon = rows[i].epsilon, .dtype = floats[t]
                };
                if (p && rows[i].no_reciprocal)
                    continue;
                Scenario *s = scenario_new(g, "rms-row-%s-%s%s%s", rows[i].tag, dtype_name(floats[t]), p ? "-" : "",
                                           p ? rms_pattern_tags[p] : "");
                g_autofree char *requirements = g_strconcat(rows[i].requirements, p ? " R9" : "", NULL);
                scenario_about(s, p ? "export" : "rms", requirements, "%s: %s.", dtype_name(floats[t]), rows[i].what);
                scenario_input(s, "x", data_doubles(floats[t], &r.x, rows[i].row));
                scenario_input(s, "scale", scales(floats[t], &r.scale));
                rms_node(s, &r);
                rms_meaning(s, &r, p);
                scenario_output(s, "y");
                scenario_emit_forms(s, p ? 1u << FORM_DECOMPOSED : 1u << FORM_NATIVE | 1u << FORM_DECOMPOSED);
            }
}

/* ---- stash_type -------------------------------------------------------------------------------------------------- */

/* Squares of 512 leave float16; the text computes them in float. */
static void stash(Generator *g)
{
    static const struct {
        const char *tag;
        DType       dtype, stash;
        double      size;
        double      own; /* 1 / root if squares are computed in the own type, where they leave its range; -1: they do not */
    } cases[] = {
        { "float16-large", DTYPE_FLOAT16, 0, 512, 0 },        { "float16-large-explicit", DTYPE_FLOAT16, DTYPE_FLOAT, 512, 0 },
        { "float16-largest", DTYPE_FLOAT16, 0, 32768, 0 },    { "float16-small", DTYPE_FLOAT16, 0, 0x1p-14, (double)INFINITY },
        { "float-explicit", DTYPE_FLOAT, DTYPE_FLOAT, 4, -1 }, { "bfloat16-explicit", DTYPE_BFLOAT16, DTYPE_FLOAT, 4, -1 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Rms r = { .x = SHAPE(2, 4),
                        .scale = SHAPE(4),
                        .axis = -1,
                        .epsilon = 0,
                        .dtype = cases[i].dtype,
                        .stash = cases[i].stash };
        Scenario *s = scenario_new(g, "rms-stash-%s", cases[i].tag);
        scenario_about(s, "rms", "R5 R6", "Rows of %g in %s, computed in %s.", cases[i].size, dtype_name(r.dtype),
                       dtype_name(r.stash ? r.stash : DTYPE_FLOAT));
        Tensor *x = rms_rows(r.dtype, &r.x, 3); /* ones with signs */
        for (int64_t e = 0; e < x->count; e++)
            tensor_set_double(x, e, tensor_get_double(x, e) * cases[i].size);
        if (cases[i].own >= 0) {
            Tensor *own = data_constant(r.dtype, &r.x, 0);
            for (int64_t e = 0; e < x->count; e++) /* the third scale is negative */
                tensor_set_double(own, e, copysign(cases[i].own, tensor_get_double(x, e) * (e % 4 == 2 ? -1 : 1)));
            scenario_alternative(s, "the published evaluator squares in the own type, where the squares overflow or vanish",
                                 (Tensor *[]){ own }, 1);
        }
        scenario_input(s, "x", x);
        scenario_input(s, "scale", scales(r.dtype, &r.scale));
        rms_node(s, &r);
        rms_meaning(s, &r, RMS_BODY);
        scenario_output(s, "y");
        scenario_emit(s);
    }
}

/* Data as models have it; the certificate says how far an answer may be off. Native only: the patterns round at each node. */
static void general(Generator *g)
{
    static const struct {
        const char *tag;
        Shape       x;
        int         axis;
        float       epsilon; /* 0: not written */
    } cases[] = {
        { "rows", { 2, { 3, 37 } }, -1, 0 }, { "default", { 3, { 2, 3, 16 } }, RMS_DEFAULT_AXIS, 0 },
        { "large-epsilon", { 2, { 3, 16 } }, -1, 0.5f }, { "two-axes", { 3, { 2, 5, 7 } }, 1, 1e-6f }, { "wide", { 2, { 1, 256 } }, -1, 0 },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (gsize t = 0; t < G_N_ELEMENTS(floats); t++) {
            const Rms r = { .x = cases[i].x, .axis = cases[i].axis, .dtype = floats[t] };
            const Shape scale = SHAPE(r.x.dims[r.x.rank - 1]);
            Scenario *s = scenario_new(g, "rms-general-%s-%s", cases[i].tag, dtype_name(floats[t]));
            scenario_about(s, "rms", cases[i].epsilon > 0 ? "R1 R15" : "R1 R15 R16", "General data in %s, %s epsilon.",
                           dtype_name(floats[t]), cases[i].epsilon > 0 ? "a given" : "the default");
            scenario_input(s, "x", data_normal(floats[t], &r.x, data_seed(cases[i].tag)));
            scenario_input(s, "scale", data_normal(floats[t], &scale, data_seed("scale")));
            Node *node = scenario_node(s, "", "RMSNormalization", NAMES("x", "scale"), NAMES("y"));
            if (r.axis != RMS_DEFAULT_AXIS)
                scenario_set_int(s, node, "axis", r.axis);
            if (cases[i].epsilon > 0)
                scenario_set_float(s, node, "epsilon", cases[i].epsilon);
            scenario_output(s, "y");
            scenario_emit_forms(s, 1u << FORM_NATIVE);
        }
    const Shape one = SHAPE(4, 4);
    Scenario *s = scenario_new(g, "rms-epsilon-default-small");
    scenario_about(s, "rms", "R16", "Rows so small that the default epsilon of 1e-5 decides.");
    scenario_input(s, "x", data_scaled(DTYPE_FLOAT, &one, data_seed("small"), -15, 15, -14));
    scenario_input(s, "scale", data_constant(DTYPE_FLOAT, &SHAPE(4), 1));
    scenario_text(s, "y = RMSNormalization (x, scale)");
    scenario_output(s, "y");
    scenario_emit_forms(s, 1u << FORM_NATIVE);
}

void norm_rope_rms(Generator *g)
{
    for (gsize l = 0; l < G_N_ELEMENTS(layouts); l++)
        for (gsize t = 0; t < G_N_ELEMENTS(floats); t++)
            for (RmsPattern p = 0; p < RMS_PATTERNS; p++)
                if (p == RMS_BODY || (l + t + p) % 3 == 0) /* patterns take turns */
                    one(g, &layouts[l], floats[t], p);
    special_rows(g);
    stash(g);
    general(g);
}

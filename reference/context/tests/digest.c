/* The digest of a subgraph is the one that spec/proposals/backend-context/README.md describes, byte by byte, and covers what it
 * says. Boundaries and convexity of regions. */
#include "reference/context/context.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <string.h>

#define HEAD "<ir_version: 8, opset_import: [\"\" : 17]>\n"

static Model *model_of(const char *text)
{
    GError *error = NULL;
    g_autofree char *full = g_strconcat(HEAD, text, NULL);
    Model *model = model_from_text(full, &error);
    cr_assert_not_null(model, "%s", error ? error->message : "");
    return model;
}

static char *digest_of(const char *text)
{
    g_autoptr(Model) model = model_of(text);
    const gsize nodes[] = { 0, 1, 2, 3 };
    return context_digest(model->graph, nodes, model->graph->nodes.n - 1); /* all but the last node */
}

/* ---- the bytes ------------------------------------------------------------------------------------------------------------ */

static void number(GChecksum *sum, guint64 value)
{
    guint8 bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (guint8)(value >> (8 * i));
    g_checksum_update(sum, bytes, 8);
}

static void text(GChecksum *sum, const char *value)
{
    number(sum, strlen(value));
    g_checksum_update(sum, (const guchar *)value, (gssize)strlen(value));
}

Test(digest, is_over_the_bytes_that_the_proposal_describes)
{
    g_autofree char *own = digest_of("g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {\n"
                                     "a = Clip (x, \"\", w)\nb = Softmax <axis = -1> (a)\ny = Neg (b)\n}");
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    number(sum, 2); /* boundary inputs: x, w */
    number(sum, 2); /* nodes */
    text(sum, ""), text(sum, "Clip"), text(sum, "");
    number(sum, 0); /* attributes */
    number(sum, 3), number(sum, 0), number(sum, G_MAXUINT64), number(sum, 1);
    number(sum, 1), number(sum, 2); /* the first output comes after the inputs */
    text(sum, ""), text(sum, "Softmax"), text(sum, "");
    number(sum, 1), text(sum, "axis"), number(sum, 2 /* INT */), number(sum, (guint64)-1);
    number(sum, 1), number(sum, 2);
    number(sum, 1), number(sum, 3);
    cr_expect_str_eq(own, g_checksum_get_string(sum));
    g_checksum_free(sum);
}

/* ---- what it covers --------------------------------------------------------------------------------------------------------- */

static void expect(const char *a, const char *b, gboolean same)
{
    g_autofree char *first = digest_of(a), *second = digest_of(b);
    cr_expect_eq(strcmp(first, second) == 0, same, "%s\n%s", a, b);
}

#define BASE "g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {\na = Neg (x)\nb = Sub (a, w)\ny = Neg (b)\n}"

Test(digest, does_not_cover_names_and_weights)
{
    expect(BASE, "h (float[2] p) => (float[2] q) <float[2] v = {1.0, 2.0}> {\nr = Neg (p)\ns = Sub (r, v)\nq = Neg (s)\n}", TRUE);
    expect(BASE, "g (float[2] x) => (float[2] y) <float[2] w = {5.0, 6.0}> {\na = Neg (x)\nb = Sub (a, w)\ny = Neg (b)\n}", TRUE);
    expect(BASE, "g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {\na = Neg (x)\nb = Sub (a, w)\ny = Abs (b)\n}", TRUE);
}

Test(digest, covers_the_computation)
{
    expect(BASE, "g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {\na = Abs (x)\nb = Sub (a, w)\ny = Neg (b)\n}", FALSE);
    expect(BASE, "g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {\na = Neg (x)\nb = Sub (w, a)\ny = Neg (b)\n}", FALSE);
    expect(BASE, "g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {\na = Neg (x)\nb = Sub (a, a)\ny = Neg (b)\n}", FALSE);
    expect(BASE, "g (float[2] x) => (float[2] y) {\na = Neg (x)\ny = Neg (a)\n}", FALSE);
    expect("g (float[2,2] x) => (float[2,2] y) {\na = Softmax <axis = 0> (x)\ny = Neg (a)\n}",
           "g (float[2,2] x) => (float[2,2] y) {\na = Softmax <axis = 1> (x)\ny = Neg (a)\n}", FALSE);
    expect("g (float[2] x, bool c) => (float[2] y) {\na = If (c) <then_branch = t () => (float[2] p) {\np = Neg (x)\n}, else_branch = e () => (float[2] q) {\nq = Abs (x)\n}>\ny = Neg (a)\n}",
           "g (float[2] x, bool c) => (float[2] y) {\na = If (c) <then_branch = t () => (float[2] p) {\np = Neg (x)\n}, else_branch = e () => (float[2] q) {\nq = Exp (x)\n}>\ny = Neg (a)\n}", FALSE);
}

/* ---- boundaries ---------------------------------------------------------------------------------------------------------------- */

static char *boundary(const Model *model, const gsize *nodes, gsize n)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new();
    GString *text = g_string_new(NULL);
    context_boundary(model->graph, nodes, n, inputs, outputs);
    for (guint i = 0; i < inputs->len; i++)
        g_string_append_printf(text, "%s ", (const char *)inputs->pdata[i]);
    g_string_append(text, "->");
    for (guint i = 0; i < outputs->len; i++)
        g_string_append_printf(text, " %s", (const char *)outputs->pdata[i]);
    return g_string_free(text, FALSE);
}

Test(regions, boundaries_are_in_the_order_of_first_use_and_of_production)
{
    g_autoptr(Model) model = model_of("g (float[2] x, bool c) => (float[2] y, float[2] b) <float[2] w = {1.0, 2.0}, float[2] v = {3.0, 4.0}> {\n"
                                  "a = Add (w, x)\nb = Mul (a, w)\n"
                                  "d = If (c) <then_branch = t () => (float[2] p) {\np = Add (b, v)\n}, else_branch = e () => (float[2] q) {\nq = Sub (x, v)\n}>\n"
                                  "y = Sub (d, a)\n}");
    const struct {
        gsize       nodes[3], n;
        const char *expected;
    } rows[] = { { { 0 }, 1, "w x -> a" }, { { 0, 1 }, 2, "w x -> a b" }, { { 2 }, 1, "c b v x -> d" }, { { 0, 1, 2 }, 3, "w x c v -> a b d" },
                 { { 3 }, 1, "d a -> y" } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = boundary(model, rows[i].nodes, rows[i].n);
        cr_expect_str_eq(found, rows[i].expected);
    }
    cr_expect(context_convex(model->graph, (const gsize[]){ 0, 1, 2 }, 3));
    cr_expect(!context_convex(model->graph, (const gsize[]){ 0, 2 }, 2), "0 -> 1 -> 2 leaves and comes back");
    cr_expect(!context_convex(model->graph, (const gsize[]){ 1, 3 }, 2), "1 -> 2 -> 3 leaves and comes back, by what a branch captures");
}

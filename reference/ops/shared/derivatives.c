#include "reference/ops/shared/derivatives.h"

#include "reference/onnx/text.h"

#include <string.h>

#define HEAD "<domain: \"" DERIVATIVE_DOMAIN "\", opset_import: [\"\" : 18, \"" DERIVATIVE_DOMAIN "\" : 1]> "
#define SUM_TO DERIVATIVE_DOMAIN ".SumTo"
#define SAME_SHAPE "s = Shape (a) da = Reshape <allowzero = 1> (dy, s)"
#define TRANSPOSED(to, from) to " = Transpose <perm = [1, 0]> (" from ") "
/* `to` is `from`, transposed if the attribute says so */
#define TRANSPOSED_IF(to, from, attribute) \
    to "_flag = Constant <value_int: int = @" attribute "> () " to "_yes = Cast <to = 9> (" to "_flag) " \
    to " = If (" to "_yes) <then_branch = t () => (v) { v = Transpose <perm = [1, 0]> (" from ") }, " \
    "else_branch = e () => (w) { w = Identity (" from ") }> "

/* Broadcasting since opset 7: an operand's gradient is summed over what it was repeated along. */
static const Derivative rules[] = {
    { "Abs", 1, 6, "", "", "s = Sign (a) da = Mul (dy, s)" },
    { "Add", 2, 7, "", "", "da = " SUM_TO " (dy, a) db = " SUM_TO " (dy, b)" },
    { "Cos", 1, 7, "", "", "s = Sin (a) n = Neg (s) da = Mul (dy, n)" },
    { "Div", 2, 7, "", "",
      "ga = Div (dy, b) da = " SUM_TO " (ga, a) q = Mul (ga, y) n = Neg (q) db = " SUM_TO " (n, b)" },
    { "Erf", 1, 9, "", "",
      "k = Constant <value = float {1.1283791670955126}> () c = CastLike (k, a) s = Mul (a, a) n = Neg (s) e = Exp (n) "
      "f = Mul (c, e) da = Mul (dy, f)" },
    { "Exp", 1, 6, "", "", "da = Mul (dy, y)" },
    { "Flatten", 1, 1, "axis", "", SAME_SHAPE },
    { "Gemm", 2, 7, "alpha transA transB", "<alpha: float = 1.0, transA: int = 0, transB: int = 0>",
      "k = Constant <value_float: float = @alpha> () l = CastLike (k, dy) g = Mul (dy, l) "
      TRANSPOSED_IF("p", "a", "transA") TRANSPOSED_IF("q", "b", "transB")
      TRANSPOSED("qt", "q") "dp = MatMul (g, qt) " TRANSPOSED_IF("da", "dp", "transA")
      TRANSPOSED("pt", "p") "dq = MatMul (pt, g) " TRANSPOSED_IF("db", "dq", "transB") },
    { "Gemm", 3, 7, "alpha beta transA transB", "<alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0>",
      "k = Constant <value_float: float = @alpha> () l = CastLike (k, dy) g = Mul (dy, l) "
      TRANSPOSED_IF("p", "a", "transA") TRANSPOSED_IF("q", "b", "transB")
      TRANSPOSED("qt", "q") "dp = MatMul (g, qt) " TRANSPOSED_IF("da", "dp", "transA")
      TRANSPOSED("pt", "p") "dq = MatMul (pt, g) " TRANSPOSED_IF("db", "dq", "transB")
      "m = Constant <value_float: float = @beta> () n = CastLike (m, dy) h = Mul (dy, n) dc = " SUM_TO " (h, c)" },
    { "Identity", 1, 1, "", "", "da = Identity (dy)" },
    { "Log", 1, 6, "", "", "da = Div (dy, a)" },
    /* operands of rank 2 and more */
    { "MatMul", 2, 1, "", "",
      "bt = " DERIVATIVE_DOMAIN ".TransposeLast (b) ga = MatMul (dy, bt) da = " SUM_TO " (ga, a) "
      "at = " DERIVATIVE_DOMAIN ".TransposeLast (a) gb = MatMul (at, dy) db = " SUM_TO " (gb, b)" },
    { "Mul", 2, 7, "", "", "ga = Mul (dy, b) da = " SUM_TO " (ga, a) gb = Mul (dy, a) db = " SUM_TO " (gb, b)" },
    { "Neg", 1, 6, "", "", "da = Neg (dy)" },
    { "Pow", 2, 7, "", "",
      "k = Constant <value = float {1.0}> () e = CastLike (b, a) l = CastLike (k, a) m = Sub (e, l) p = Pow (a, m) "
      "f = Mul (e, p) ga = Mul (dy, f) da = " SUM_TO " (ga, a) "
      "o = Log (a) h = Mul (y, o) gb = Mul (dy, h) gc = CastLike (gb, b) db = " SUM_TO " (gc, b)" },
    { "Reciprocal", 1, 6, "", "", "s = Mul (y, y) n = Neg (s) da = Mul (dy, n)" },
    { "ReduceMean", 1, 1, "keepdims", "",
      "s = Shape (a) n = Size (a) c = CastLike (n, dy) k = Constant <value_ints = [1]> () f = Div (dy, c) r = Reshape (f, k) "
      "da = Expand (r, s)" },
    { "ReduceMean", 2, 18, "keepdims noop_with_empty_axes", "<noop_with_empty_axes: int = 0>",
      "t = ReduceMean <keepdims = 1, noop_with_empty_axes: int = @noop_with_empty_axes> (a, b) s = Shape (t) "
      "r = Reshape <allowzero = 1> (dy, s) m = Size (t) n = Size (a) x = CastLike (m, dy) z = CastLike (n, dy) f = Div (x, z) "
      "g = Mul (r, f) u = Shape (a) da = Expand (g, u)" },
    { "ReduceSum", 1, 1, "keepdims", "",
      "s = Shape (a) k = Constant <value_ints = [1]> () r = Reshape (dy, k) da = Expand (r, s)" },
    { "ReduceSum", 2, 13, "keepdims noop_with_empty_axes", "<noop_with_empty_axes: int = 0>",
      "t = ReduceSum <keepdims = 1, noop_with_empty_axes: int = @noop_with_empty_axes> (a, b) s = Shape (t) "
      "r = Reshape <allowzero = 1> (dy, s) u = Shape (a) da = Expand (r, u)" },
    { "Relu", 1, 6, "", "",
      "k = Constant <value = float {0.0}> () z = CastLike (k, a) p = Greater (a, z) m = CastLike (p, a) da = Mul (dy, m)" },
    { "Reshape", 2, 5, "allowzero", "", SAME_SHAPE },
    { "Sigmoid", 1, 6, "", "",
      "k = Constant <value = float {1.0}> () l = CastLike (k, y) m = Sub (l, y) d = Mul (y, m) da = Mul (dy, d)" },
    { "Sin", 1, 7, "", "", "c = Cos (a) da = Mul (dy, c)" },
    { "Softmax", 1, 13, "axis", "<axis: int = -1>",
      "x = Constant <value_int: int = @axis> () k = Constant <value_ints = [1]> () s = Reshape (x, k) p = Mul (dy, y) "
      "t = ReduceSum <keepdims = 1> (p, s) d = Sub (dy, t) da = Mul (y, d)" },
    { "Softplus", 1, 1, "", "", "s = Sigmoid (a) da = Mul (dy, s)" },
    { "Sqrt", 1, 6, "", "", "t = Add (y, y) da = Div (dy, t)" },
    { "Squeeze", 1, 1, "axes", "", SAME_SHAPE },
    { "Squeeze", 2, 13, "", "", SAME_SHAPE },
    { "Sub", 2, 7, "", "", "da = " SUM_TO " (dy, a) n = Neg (dy) db = " SUM_TO " (n, b)" },
    { "Tanh", 1, 6, "", "",
      "k = Constant <value = float {1.0}> () l = CastLike (k, y) s = Mul (y, y) d = Sub (l, s) da = Mul (dy, d)" },
    /* Where the element went is where its gradient comes from: the positions are transposed likewise. */
    { "Transpose", 1, 1, "perm", "",
      "z = Constant <value_int = 0> () o = Constant <value_int = 1> () w = Constant <value_ints = [-1]> () n = Size (a) "
      "i = Range (z, n, o) s = Shape (a) j = Reshape <allowzero = 1> (i, s) p = Transpose <perm: ints = @perm> (j) "
      "q = Reshape (p, w) g = Reshape (dy, w) x = Reshape (a, w) t = ScatterElements (x, q, g) "
      "da = Reshape <allowzero = 1> (t, s)" },
    { "Unsqueeze", 1, 1, "axes", "", SAME_SHAPE },
    { "Unsqueeze", 2, 13, "", "", SAME_SHAPE },
};

const Derivative *derivative_find(const char *op, gsize inputs)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i].inputs == inputs && strcmp(rules[i].op, op) == 0)
            return &rules[i];
    return NULL;
}

const char *derivative_function(const Derivative *rule, Model *into, GError **error)
{
    static const char *const inputs[] = { "", "a", "a, b", "a, b, c" }, *const outputs[] = { "", "da", "da, db", "da, db, dc" };
    /* What moves elements by a second input, and reductions, have no gradient for it. */
    const gsize given = strstr(rule->body, "db =") ? rule->inputs : 1;
    g_autofree char *name = g_strdup_printf("%s%" G_GSIZE_FORMAT, rule->op, rule->inputs);
    const Function *known = model_function(into, DERIVATIVE_DOMAIN, name, "");
    if (known)
        return known->name;
    g_autofree char *text = g_strdup_printf(HEAD "%s %s (dy, y, %s) => (%s) { %s }", name, rule->parameters, inputs[rule->inputs],
                                            outputs[given], rule->body);
    const Function *function = function_from_text(into, text, error);
    return function ? function->name : NULL;
}

gboolean derivative_helpers(Model *into, GError **error)
{
    static const char *const texts[] = {
        HEAD "OnesLike (x) => (r) { s = Shape (x) o = ConstantOfShape <value = float[1] {1.0}> (s) r = CastLike (o, x) }",
        HEAD "ZerosLike (x) => (r) { s = Shape (x) o = ConstantOfShape (s) r = CastLike (o, x) }",
        HEAD "SumTo (g, like) => (r) { to = Shape (like) from = Shape (g) n = Size (from) m = Size (to) d = Sub (n, m) "
             "k = Constant <value_ints = [1]> () e = Reshape (d, k) ones = ConstantOfShape <value = int64[1] {1}> (e) "
             "padded = Concat <axis = 0> (ones, to) same = Equal (from, padded) differ = Not (same) at = NonZero (differ) "
             "z = Constant <value_ints = [0]> () axes = Squeeze (at, z) "
             "t = ReduceSum <keepdims = 1, noop_with_empty_axes = 1> (g, axes) r = Reshape <allowzero = 1> (t, to) }",
        HEAD "TransposeLast (x) => (r) { s = Shape (x) z = Constant <value_ints = [0]> () m = Constant <value_ints = [-2]> () "
             "e = Constant <value_ints = [9223372036854775807]> () lead = Slice (s, z, m) last = Slice (s, m, e) "
             "n = ReduceProd (lead) to = Concat <axis = 0> (n, last) flat = Reshape <allowzero = 1> (x, to) "
             "t = Transpose <perm = [0, 2, 1]> (flat) k = Constant <value_ints = [1, 0]> () swapped = Gather (last, k) "
             "back = Concat <axis = 0> (lead, swapped) r = Reshape <allowzero = 1> (t, back) }",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (!function_from_text(into, texts[i], error))
            return FALSE;
    return TRUE;
}

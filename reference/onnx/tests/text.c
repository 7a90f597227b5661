/* The textual syntax: what is printed reads back to the same model, and what is no text is refused with a place. */
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#define HEADER "<ir_version: 10, opset_import: [\"\" : 21]>\n"
#define BODY "g (float[N] x) => (float[N] y) { y = Relu (x) }\n"

static Model *must_read(const char *text)
{
    g_autoptr(GError) error = NULL;
    Model *model = model_from_text(text, &error);
    cr_assert(model, "%s\nin:\n%s", error ? error->message : "no error", text);
    return model;
}

static GBytes *must_save(const Model *model)
{
    g_autoptr(GError) error = NULL;
    GBytes *bytes = model_to_bytes(model, &error);
    cr_assert(bytes, "%s", error ? error->message : "no error");
    return bytes;
}

/* Text and bytes are the same after a trip through text. */
static void must_round_trip(const Model *model)
{
    g_autofree char *first = model_to_text(model, 0);
    g_autoptr(Model) again = must_read(first);
    g_autofree char *second = model_to_text(again, 0);
    cr_expect_str_eq(first, second);
    g_autoptr(GBytes) before = must_save(model), after = must_save(again);
    cr_expect(g_bytes_equal(before, after), "other bytes after:\n%s", first);
}

static void must_refuse(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_from_text(text, &error);
    cr_assert_null(model, "accepted: %s", text);
    cr_assert(error && error->domain == ONNX_ERROR, "no error for: %s", text);
    cr_expect(strstr(error->message, message), "'%s' lacks '%s'", error->message, message);
}

/* ---- round trips --------------------------------------------------------------------------------------------------- */

static const char *const models[] = {
    HEADER BODY,
    BODY, /* without header */
    "<ir_version: 8, opset_import: [\"\" : 21, \"com.x\" : 1], producer_name: \"a \\\"b\\\"\", producer_version: \"1\",\n"
    " domain: \"d\", model_version: -3, doc_string: \"two\nlines\", metadata_props: [\"k\": \"v\", \"\": \"\"]>" BODY,
    /* types */
    HEADER "g (float a, float[] b, int64[?, N, \"n/2\", 0] c, seq(optional(map(string, float16[3]))) d, bool e,\n"
           "sparse_tensor(bfloat16[2,?]) f, opaque() h, opaque(T) i, opaque(a.b, T.U) j, none() k, dtype(99)[2] l, m, seq() o, map(int64) p, optional() q,\n"
           "float8e8m0[N!\"DATA_BATCH\", 3!\"x y\", ?!\"z\"]!\"IMAGE\" n) => () {}",
    /* names */
    HEADER "\"\" (float \"float\", float \"a/b:0\", float none, float \"nan\") => (float \"\\\"\") <float[N] \"1\"> {\n"
           "[\"n/1 \xc3\xa9\"] \"a.b\", \"\", _c = com.x.\"Op-1\":\"o 1\" <\"a b\" = 1> (\"float\", \"\", none)\n"
           "= \"my-domain\".x.Op () [last] z = Op (,x,) }",
    /* attributes */
    HEADER "g () => () { y = Op <i = -9223372036854775808, f = 1e-45, f2: float = 3, nan_ = nan, inf_: float = -inf,\n"
           "s = \"\\x00a\\\\\", t = float[2] {1, 2.5}, t2: tensor = int8 name = {-128}, t3: tensor = int64[0] {}, g1 = h (float x)"
           "=> (float y) { y = If (x) <then_branch: graph = \"a b\" () => () {}> }, ty = seq(float[2]), ty2: type_proto = string,\n"
           "sp = sparse_tensor(float[4]) {float[1] v {1}, int64[1] {2}}, is: ints = [], i1 = [1, 2], fs = [1, 2.5, nan],\n"
           "fs2: floats = [1, 0x7FC00001], ss = [\"\", \"b\"], ts = [float {1}, string[2] {\"a\", \"\\\"\n\"}], gs = [a () => () {},"
           "b () => () {}], sps: sparse_tensors = [], tys = [float, map(int64, string[])], r: ints = @ref, u = @\"a b\"> () }",
    /* initializers and values */
    HEADER "g (float[2] w = {1, 2}, float[2] x) => () <float[2] b = {3, 4}, float[3] value_only, sparse_tensor(float[4,5])"
           " s = {float[2] {1, 2}, int64[2] {0, 7}}, string[2] names = {\"a\x01\xff\", \"\"}> {}",
    /* annotations */
    "#@ rest: \"\\xFA\\x06\\x00\"\n" HEADER "#@ doc_string: \"of the graph\"\n#@ metadata_props: [\"k\": \"\\x0A\"]\n"
    "g (\n#@ doc_string: \"of x\", metadata_props: [\"a\": \"b\"]\nfloat[2] x) => (float[2] y) <\n"
    "#@ storage: typed, doc_string: \"of w\"\nfloat16[2] w = {1.0, nan}, \n"
    "#@ external: [\"location\": \"w.bin\", \"offset\": \"4096\"]\nint4[3] e = {-8, 7, 0},\n"
    "#@ wire: \"\\x08\\x01\"\nfloat z = {1}> {\n"
    "#@ doc_string: \"of the node\", rest: \"\\xFA\\x06\\x00\"\n[n] y = Op <\n#@ doc_string: \"of a\"\na = \n#@ storage: typed\nint32[1] {1}> (x) }\n"
    "#@ metadata_props: [\"k\": \"v\"]\n<domain: \"com.x\", opset_import: [\"\" : 21]> f (x) => (x) {}",
    /* functions */
    HEADER BODY "<domain: \"com.x\", overload: \"o\", opset_import: [\"\" : 21, \"com.x\" : 2], doc_string: \"what\">\n"
                "f <need, also, int_: int = 1, list: floats = []> (x, float[N] y, \"a b\") => (float z) <int64[2] t>\n"
                "{ t = Op <a: int = @int_> (x) z = com.x.f (t) }\n<opset_import: []> h () => () {}",
};

Test(text, models_come_back_from_their_text)
{
    for (gsize i = 0; i < G_N_ELEMENTS(models); i++) {
        g_autoptr(Model) model = must_read(models[i]);
        must_round_trip(model);
    }
}

Test(text, the_printed_form)
{
    g_autoptr(Model) model = must_read(
        HEADER "g (float[N,2] x, int64 k) => (float[N] y) <float[2] w = {1, 0.1}, float[3] v> { "
               "[first] t = com.x.Op:o <a = 1, f = 2.0> (x, \"\", w) y = If (k) <then_branch = b () => () { z = Op () }>}");
    g_autofree char *text = model_to_text(model, 0);
    cr_expect_str_eq(text, "<\n    ir_version: 10,\n    opset_import: [\"\" : 21]\n>\n"
                           "g (float[N,2] x, int64 k) => (float[N] y) <\n"
                           "    float[2] w = {1.0, 0.1},\n"
                           "    float[3] v\n"
                           "> {\n"
                           "    [first] t = com.x.Op:o <a: int = 1, f: float = 2.0> (x, \"\", w)\n"
                           "    y = If (k) <then_branch: graph = b () => () {\n"
                           "        z = Op ()\n"
                           "    }>\n"
                           "}\n");
}

/* ---- elements ------------------------------------------------------------------------------------------------------ */

static Tensor *read_tensor(const char *text)
{
    g_autofree char *whole = g_strdup_printf(HEADER "g () => () { y = Op <t = %s> () }", text);
    g_autoptr(Model) model = must_read(whole);
    return tensor_ref(node_attribute(LIST_AT(&model->graph->nodes, Node, 0), "t")->tensor->tensor);
}

/* Every bit pattern of the types of up to 16 bits, and patterns spread over the larger ones. */
Test(text, every_type_comes_back_bit_for_bit)
{
    gsize n;
    const DTypeInfo *const *types = dtype_all(&n);
    for (gsize t = 0; t < n; t++) {
        if (types[t]->domain == DOMAIN_STRING)
            continue;
        int64_t count = types[t]->bits <= 16 ? INT64_C(1) << types[t]->bits : 4096;
        g_autoptr(GError) error = NULL;
        const Shape shape = SHAPE(count);
        g_autoptr(Tensor) tensor = tensor_new(types[t]->dtype, &shape, &error);
        cr_assert_not_null(tensor);
        uint64_t state = 1;
        for (int64_t i = 0; i < count && types[t]->bits <= 16; i++)
            tensor_set_bits(tensor, i, types[t]->domain == DOMAIN_BOOL ? (uint64_t)i & 1 : (uint64_t)i);
        for (gsize i = 0; i + 4 <= tensor->bytes && types[t]->bits > 16; i += 4) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            memcpy((char *)tensor->data + i, &(uint32_t){ (uint32_t)(state >> 32) }, 4);
        }
        g_autofree char *text = tensor_to_text(tensor, 0);
        g_autoptr(Tensor) again = read_tensor(text);
        cr_expect(tensor_equal(tensor, again), "%s", types[t]->name);
    }
}

Test(text, special_floats)
{
    static const uint32_t patterns[] = { 0,          0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7FC00001,
                                         0x7F800001, 0xFFFFFFFF, 1,          0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x3DCCCCCD };
    const Shape shape = SHAPE((int64_t)G_N_ELEMENTS(patterns));
    g_autoptr(Tensor) tensor = tensor_from_data(DTYPE_FLOAT, &shape, patterns, NULL);
    g_autofree char *text = tensor_to_text(tensor, 0);
    cr_expect_str_eq(text, "float[14] {0.0, -0.0, inf, -inf, nan, -nan, 0x7FC00001, 0x7F800001, 0xFFFFFFFF, 1e-45, "
                           "1.1754942e-38, 1.1754944e-38, 3.4028235e+38, 0.1}");
    g_autoptr(Tensor) again = read_tensor(text);
    cr_expect(tensor_equal(tensor, again));
}

Test(text, ways_to_write_numbers)
{
    g_autoptr(Tensor) half = read_tensor("float16[5] {15360, 1.0, 0x3C00, 0x1p+0, 1e0}");
    for (int64_t i = 0; i < 5; i++)
        cr_expect_eq(tensor_get_double(half, i), 1.0);
    g_autoptr(Tensor) wide = read_tensor("double[6] {1, 0x1.8p1, -Infinity, 1., 0x3FF0000000000000, -0}");
    cr_expect_eq(tensor_get_double(wide, 0), 1.0);
    cr_expect_eq(tensor_get_double(wide, 1), 3.0);
    cr_expect_eq(tensor_get_double(wide, 2), -INFINITY);
    cr_expect_eq(tensor_get_double(wide, 4), 1.0);
    cr_expect(signbit(tensor_get_double(wide, 5)));
    g_autoptr(Tensor) complex = read_tensor("complex64[2] {1, 2, 3, -4}");
    cr_expect_eq(((const float *)complex->data)[3], -4.0f);
    g_autoptr(Tensor) largest = read_tensor("uint64[2] {18446744073709551615, 0xFF}");
    cr_expect_eq(tensor_get_bits(largest, 0), UINT64_MAX);
}

Test(text, the_locale_does_not_matter)
{
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        cr_skip_test("the locale de_DE.UTF-8 is not installed");
    g_autoptr(Tensor) tensor = read_tensor("float[2] {1.5, 1e-3}");
    g_autofree char *text = tensor_to_text(tensor, 0);
    cr_expect_str_eq(text, "float[2] {1.5, 0.001}");
}

Test(text, long_tensors_are_abbreviated)
{
    g_autoptr(Tensor) tensor = read_tensor("int32[2,2] {1, 2, 3, 4}");
    g_autofree char *cut = tensor_to_text(tensor, 3), *whole = tensor_to_text(tensor, 4);
    cr_expect_str_eq(cut, "int32[2,2] {1, 2, 3, ...}");
    cr_expect_str_eq(whole, "int32[2,2] {1, 2, 3, 4}");
    must_refuse(HEADER "g () => () <int32[4] w = {1, ...}> {}", "abbreviated");
}

/* ---- functions and graphs ------------------------------------------------------------------------------------------ */

Test(text, function_bodies)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_new();
    Function *function = function_from_text(
        model, "<domain: \"\", opset_import: [\"\" : 18]> body (X, scale) => (Y) { t = Mul (X, X) \n Y = Sqrt (t) }", &error);
    cr_assert(function, "%s", error ? error->message : "no error");
    cr_expect_eq(model->functions.n, 1);
    cr_expect_eq(function->body->nodes.n, 2);
    cr_expect_eq(function->n_inputs, 2);
    cr_expect_str_eq(function->inputs[1], "scale");
    cr_expect_eq(opset_version(&function->opset_imports, ""), 18);

    cr_expect_null(function_from_text(model, "<domain: \"\"> broken (X) => (Y) { Y = Sqrt (X }", &error));
    cr_expect_eq(model->functions.n, 1, "a function that failed to parse stays in the model");
    cr_expect(g_str_has_prefix(error->message, "line 1, column 46: found '}', expected ')'"), "%s", error->message);
}

Test(text, graphs_for_attributes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_new();
    Graph *graph = graph_from_text(model, "g (float[N] x) => (float[N] y) { y = Neg (x) }", &error);
    cr_assert_not_null(graph);
    g_autofree char *text = graph_to_text(graph, 0);
    cr_expect_str_eq(text, "g (float[N] x) => (float[N] y) {\n    y = Neg (x)\n}");
    cr_expect_null(graph_from_text(model, "g () => () {} more", &error));
    cr_expect(strstr(error->message, "expected the end of the text"), "%s", error->message);
}

/* ---- errors -------------------------------------------------------------------------------------------------------- */

Test(text, errors_say_where_and_what)
{
    static const char *const cases[][2] = {
        { "", "line 1, column 1: found the end of the text, expected the name of a graph" },
        { "g", "line 1, column 2: found the end of the text, expected '('" },
        { HEADER "g (float x) -> (float y) {}", "line 2, column 13: found a malformed number" },
        { "# a comment\n  g (float[-1] x) => () {}", "line 2, column 12: found dim -1" },
        { "<ir_version: \"8\">" BODY, "expected a number" },
        { "<overload: \"x\">" BODY, "expected ir_version" },
        { "g () => () { y = Op <a = 1> (x) y }", "found '}', expected '='" },
        { "g () => () { ) }", "found ')', expected a node or '}'" },
        { "g () => () { y = Op <a = []> () }", "found an empty list" },
        { "g () => () { y = Op <a: int = [1]> () }", "expected int" },
        { "g () => () { y = Op <a: int = 1.5> () }", "found a value of type float, expected int" },
        { "g () => () { y = Op <a: number = 1> () }", "an attribute type" },
        { "g () => () { y = Op <a = [1, \"b\"]> () }", "found a value of type strings, expected ints" },
        { "g () => () { y = Op <a = 9223372036854775808> () }", "'9223372036854775808', expected an integer of type int64" },
        { "g () => () { y = Op <a = \"b> () }", "found a string without closing quote" },
        { "g () => () { y = Op <a = 1x> () }", "found a malformed number" },
        { "g () => () { \"a\\x00b\" = Op () }", "NUL" },
        { "g () => () <float[2] w = {1}> {}", "found 1 elements, expected 2" },
        { "g () => () <float[1] w = {1, 2}> {}", "found more elements, expected 1" },
        { "g () => () <float[1000000000000] w = {1}> {}", "the text ends before 1000000000000 elements" },
        { "g () => () <float[9223372036854775807,9] w = {1}> {}", "line 1, column 46: shape" },
        { "g () => () <float[N] w = {1}> {}", "unknown shape" },
        { "g () => () <seq(float) w = {1}> {}", "tensor type" },
        { "g () => () <uint8 w = {256}> {}", "found '256', expected an integer of type uint8, 0 to 255" },
        { "g () => () <int4 w = {-9}> {}", "-8 to 7" },
        { "g () => () <int8 w = {1.0}> {}", "expected an integer" },
        { "g () => () <string w = {1}> {}", "expected a quoted string" },
        { "g () => () <float w = {1e39}> {}", "a number that float can hold" },
        { "g () => () <double w = {1e999}> {}", "a number that double can hold" },
        { "g () => () <float4e2m1 w = {nan}> {}", "a number that float4e2m1 can hold" },
        { "g () => () <float8e4m3fn w = {inf}> {}", "a number that float8e4m3fn can hold" },
        { "g () => () <float8e8m0[2] w = {1.0, -1.0}> {}", "a number that float8e8m0 can hold" },
        { "g () => () <float16 w = {65536}> {}", "bit pattern of 16 bits" },
        { "g () => () <float w = [\"location\": \"w\"]> {}", "external" },
        { "#@ storage: typed\n" BODY, "an annotation that a graph cannot have" },
        { "#@ doc_string: \"x\" g () => () {}", "the end of the annotation's line" },
        { "#@ colour: 1\n" BODY, "expected doc_string" },
        { BODY "\x80", "a byte that is no part of the syntax" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        must_refuse(cases[i][0], cases[i][1]);
}

static char *repeat(const char *open, const char *middle, const char *close, guint times)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < times; i++)
        g_string_append(text, open);
    g_string_append(text, middle);
    for (guint i = 0; i < times; i++)
        g_string_append(text, close);
    return g_string_free(text, FALSE);
}

Test(text, nesting_has_a_limit)
{
    g_autofree char *types = repeat("seq(", "float", ")", 90), *type_model = g_strdup_printf("g (%s x) => () {}", types);
    g_autoptr(Model) deep = must_read(type_model);
    cr_expect_eq(LIST_AT(&deep->graph->inputs, ValueInfo, 0)->type->kind, TYPE_SEQUENCE);
    g_autofree char *more = repeat("seq(", "float", ")", 100000), *hostile = g_strdup_printf("g (%s x) => () {}", more);
    must_refuse(hostile, "nested more than");
    g_autofree char *graphs = repeat("g () => () { y = If () <b = ", "1", "> }", 100000);
    must_refuse(graphs, "nested more than");
}

/* Texts damaged at random are read or refused, and never crash; what is read prints and reads again. */
Test(text, damaged_texts_do_no_harm)
{
    static const char alphabet[] = "{}[]()<>=,:@\"\\#?!.-0129xef \ngfloat16seq\x80";
    g_autoptr(GRand) rand = g_rand_new_with_seed(20);
    guint read = 0;
    for (int round = 0; round < 20000; round++) {
        g_autofree char *text = g_strdup(models[g_rand_int_range(rand, 0, G_N_ELEMENTS(models))]);
        gsize length = strlen(text);
        for (int damage = g_rand_int_range(rand, 1, 5); damage > 0; damage--)
            text[g_rand_int_range(rand, 0, (gint32)length)] =
                alphabet[g_rand_int_range(rand, 0, (gint32)sizeof alphabet - 1)];
        if (round % 4 == 0)
            text[g_rand_int_range(rand, 0, (gint32)length)] = '\0';
        g_autoptr(GError) error = NULL;
        g_autoptr(Model) model = model_from_text(text, &error);
        cr_assert((model != NULL) == (error == NULL));
        if (!model)
            continue;
        read++;
        g_autofree char *first = model_to_text(model, 0);
        g_autoptr(Model) again = must_read(first);
        g_autofree char *second = model_to_text(again, 0);
        cr_assert_str_eq(first, second);
    }
    cr_expect(read > 100, "only %u damaged texts could be read: the test tests too little", read);
}

/* ---- published models ---------------------------------------------------------------------------------------------- */

#define PUBLISHED "/usr/lib/python3/dist-packages/onnx/backend/test/data/node"

Test(text, published_node_models_come_back)
{
    g_autoptr(GDir) folder = g_dir_open(PUBLISHED, 0, NULL);
    if (!folder)
        cr_skip_test("the published models are not installed (python3-onnx): " PUBLISHED);
    guint n = 0;
    for (const char *name = g_dir_read_name(folder); name; name = g_dir_read_name(folder)) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = g_build_filename(PUBLISHED, name, "model.onnx", NULL);
        g_autoptr(Model) model = model_load(path, NULL, &error);
        cr_assert(model, "%s", error ? error->message : "no error");
        must_round_trip(model);
        n++;
    }
    cr_expect(n > 100);
}

/* ai.onnx.ml. */
#include "reference/eval/eval.h"
#include "reference/onnx/text.h"
#include "reference/ops/tests/expect.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- tables
 * ----------------------------------------------------------------------------------------------------------- */

Test(label_encoder, every_version)
{
    expect_holds("g () => (int64[2] y, string[2] z) <string[2] x = {\"b\", \"q\"}, int64[2] i = {0, 2}, int64[2] "
                 "want_y = {1, -1}, string[2] want_z = {\"a\", \"_Unused\"}>"
                 "{ y = ai.onnx.ml.LabelEncoder<classes_strings = [\"a\", \"b\"]>(x) z = "
                 "ai.onnx.ml.LabelEncoder<classes_strings = [\"a\", \"b\"]>(i) }",
                 8);
    expect_holds("g () => (float[3] y) <int64[3] x = {5, 7, 5}, float[3] want_y = {0.5, -0.0, 0.5}>"
                 "{ y = ai.onnx.ml.LabelEncoder<keys_int64s = [5], values_floats = [0.5]>(x) }", 11);
    /* Any NaN is any NaN, -0 is +0, the last of equal keys counts. */
    expect_holds("g () => (int64[3] y) <float[3] x = {0xFFC00001, -0.0, 2.0}, int64[3] want_y = {1, 3, 9}>"
                 "{ y = ai.onnx.ml.LabelEncoder<keys_floats = [nan, 0.0, 0.0], values_int64s = [1, 2, 3], "
                 "default_int64 = 9>(x) }",
                 20);
    expect_holds(
        "g () => (int16[2] y) <double[2] x = {1.5, 2.0}, int16[2] want_y = {7, -3}> { y = ai.onnx.ml.LabelEncoder<"
        "keys_tensor = double[1] {1.5}, values_tensor = int16[1] {7}, default_tensor = int16[1] {-3}>(x) }",
        20);
}

Test(label_encoder, refuses)
{
    expect_fails("g () => (int64[1] y) <int64[1] x = {1}> { y = ai.onnx.ml.LabelEncoder<keys_int64s = [1, 2], "
                 "values_int64s = [1]>(x) }",
                 11, "2 keys, but 1 values");
    expect_fails("g () => (int64[1] y) <int64[1] x = {1}> { y = ai.onnx.ml.LabelEncoder<keys_strings = [\"1\"], "
                 "values_int64s = [1]>(x) }",
                 11, "the keys are string");
    expect_fails("g () => (int64[1] y) <int64[1] x = {1}> { y = ai.onnx.ml.LabelEncoder<values_int64s = [1]>(x) }", 11,
                 "keys_*");
}

Test(category_mapper, both_ways)
{
    expect_holds(
        "g () => (int64[2] y, string[2] z) <string[2] x = {\"cat\", \"cow\"}, int64[2] i = {8, 9}, int64[2] want_y = "
        "{9, -1}, string[2] want_z = {\"?\", \"cat\"}>"
        "{ y = ai.onnx.ml.CategoryMapper<cats_int64s = [9], cats_strings = [\"cat\"]>(x)"
        " z = ai.onnx.ml.CategoryMapper<cats_int64s = [9], cats_strings = [\"cat\"], default_string = \"?\">(i) }",
        8);
}

Test(one_hot_encoder, unknown_categories)
{
    expect_holds("g () => (float[2,3] y) <float[2] x = {2.9, 7.0}, float[2,3] want_y = {0.0, 1.0, 0.0, 0.0, 0.0, 0.0}>"
                 "{ y = ai.onnx.ml.OneHotEncoder<cats_int64s = [1, 2, 3]>(x) }", 8);
    expect_fails("g () => (float[1,1] y) <string[1] x = {\"b\"}> { y = ai.onnx.ml.OneHotEncoder<cats_strings = "
                 "[\"a\"], zeros = 0>(x) }",
                 8, "in no category");
}

/* The map {2: 3.0, 1: 4.0} through one node; the message of its failure if `error` is given. */
static Tensor *run_map(const char *node, const char *type, GError **error)
{
    g_autofree char *text = g_strdup_printf("<ir_version: 10, opset_import: [\"\" : 13, \"ai.onnx.ml\" : 2]>"
                                            "g (map(int64, float) m) => (%s y) { y = ai.onnx.ml.%s(m) }", type, node);
    g_autoptr(GError) problem = NULL;
    g_autoptr(Model) model = model_from_text(text, &problem);
    cr_assert(model, "%s", problem->message);
    g_autoptr(Evaluator) evaluator = evaluator_new(model, NULL, &problem);
    cr_assert(evaluator, "%s", problem->message);
    const int64_t keys[] = { 2, 1 };
    const float values[] = { 3, 4 };
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    for (gsize i = 0; i < G_N_ELEMENTS(values); i++)
        g_ptr_array_add(items, value_from_tensor(tensor_from_data(DTYPE_FLOAT, &SHAPE0, &values[i], NULL)));
    const Shape shape = SHAPE(2);
    g_autoptr(Value) map = value_map(tensor_from_data(DTYPE_INT64, &shape, keys, NULL), items);
    EvalOutput output = { 0 };
    Tensor *y = NULL;
    if (evaluator_run(evaluator, (Value *const[]){ map }, 1, &output, error))
        y = tensor_ref(output.value->tensor);
    eval_output_clear(&output);
    return y;
}

static void expect_map(const char *node, const char *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *type = g_strndup(wanted, strcspn(wanted, " "));
    g_autoptr(Tensor) y = run_map(node, type, &error);
    cr_assert(y, "%s", error->message);
    g_autofree char *found = tensor_to_text(y, 0);
    cr_assert_str_eq(found, wanted);
}

static void expect_map_fails(const char *node, const char *part)
{
    g_autoptr(GError) error = NULL;
    cr_assert_null(run_map(node, "float[N]", &error));
    cr_assert(strstr(error->message, part), "%s", error->message);
}

Test(maps, become_tensors)
{
    expect_map("DictVectorizer<int64_vocabulary = [1, 5, 2]>", "float[3] {4.0, 0.0, 3.0}");
    expect_map("CastMap<map_form = \"SPARSE\", max_map = 4>", "float[4] {0.0, 4.0, 3.0, 0.0}");
    expect_map("CastMap<cast_to = \"TO_STRING\">", "string[2] {\"4.0\", \"3.0\"}");
    expect_map("CastMap<cast_to = \"TO_INT64\">", "int64[2] {4, 3}");
    expect_map_fails("DictVectorizer<int64_vocabulary = [1]>", "key 0 of the map is not in the vocabulary");
    expect_map_fails("DictVectorizer<string_vocabulary = [\"1\"]>", "the keys are int64");
    expect_map_fails("CastMap<map_form = \"SPARSE\", max_map = 2>", "key 2 is outside [0, 2)");
    expect_map_fails("CastMap<cast_to = \"TO_BOOL\">", "cast_to is 'TO_BOOL'");
}

Test(maps, zipped)
{
    expect_holds("g () => (int64 n) <float[2,1] x = {1.0, 2.0}, int64 want_n = {2}>"
                 "{ maps = ai.onnx.ml.ZipMap<classlabels_strings = [\"a\"]>(x) n = SequenceLength(maps) }", 13);
    expect_fails("g () => (seq(map(int64, float)) y) <float[2] x = {1.0, 2.0}> { y = "
                 "ai.onnx.ml.ZipMap<classlabels_int64s = [1]>(x) }",
                 13, "1 labels for 2 columns");
}

/* ---- features
 * --------------------------------------------------------------------------------------------------------- */

Test(features, selected_binarised_joined)
{
    expect_holds("g () => (string[1,2] y) <string[2] x = {\"a\", \"b\"}, int64[1,2] i = {1, 1}, string[1,2] want_y = "
                 "{\"b\", \"b\"}>"
                 "{ y = ai.onnx.ml.ArrayFeatureExtractor(x, i) }",
                 8);
    expect_fails("g () => (float[1,1] y) <float[2] x = {1.0, 2.0}, int64[1] i = {2}> { y = "
                 "ai.onnx.ml.ArrayFeatureExtractor(x, i) }",
                 8, "index 2");
    expect_holds("g () => (int32[3] y) <int32[3] x = {0, 1, 2}, int32[3] want_y = {0, 0, 1}> { y = "
                 "ai.onnx.ml.Binarizer<threshold = 1.0>(x) }",
                 8);
    expect_holds("g () => (float[2,4] y) <int64[2,1] a = {1, 2}, int64[2,2] b = {3, 4, 5, 6}, float[2,4] want_y = "
                 "{1.0, 0.0, 3.0, 4.0, 2.0, 0.0, 5.0, 6.0}>"
                 "{ y = ai.onnx.ml.FeatureVectorizer<inputdimensions = [2, 2]>(a, b) }",
                 8);
    expect_fails(
        "g () => (float[2,2] y) <int64[2,1] a = {1, 2}, int64[1,1] b = {3}> { y = ai.onnx.ml.FeatureVectorizer(a, b) }",
        8, "1 rows, expected 2");
}

Test(features, imputed_scaled_normalised)
{
    expect_holds(
        "g () => (float[2,2] y) <float[2,2] x = {nan, 1.0, 2.0, 0xFFC00000}, float[2,2] want_y = {5.0, 1.0, 2.0, 6.0}>"
        "{ y = ai.onnx.ml.Imputer<imputed_value_floats = [5.0, 6.0], replaced_value_float = nan>(x) }",
        8);
    expect_fails(
        "g () => (int32[1] y) <int32[1] x = {0}> { y = ai.onnx.ml.Imputer<imputed_value_int64s = [2147483648]>(x) }", 8,
        "does not fit int32");
    expect_fails("g () => (float[1] y) <float[1] x = {0.0}> { y = ai.onnx.ml.Imputer<imputed_value_int64s = [1]>(x) }",
                 8, "imputed_value_floats");
    expect_holds("g () => (float[2,2] y) <int64[2,2] x = {1, 2, 3, 4}, float[2,2] want_y = {0.0, 4.0, 4.0, 12.0}>"
                 "{ y = ai.onnx.ml.Scaler<offset = [1.0, 1.0], scale = [2.0, 4.0]>(x) }", 8);
    expect_holds("g () => (float[2,2] a, float[2,2] b, float[2] c) <float[2,2] x = {1.0, 4.0, 0.0, 0.0}, float[2] z = "
                 "{3.0, 4.0},"
                 " float[2,2] want_a = {0.25, 1.0, 0.0, 0.0}, float[2,2] want_b = {0.2, 0.8, 0.0, 0.0}, float[2] "
                 "want_c = {0.6, 0.8}>"
                 "{ a = ai.onnx.ml.Normalizer(x) b = ai.onnx.ml.Normalizer<norm = \"L1\">(x) c = "
                 "ai.onnx.ml.Normalizer<norm = \"L2\">(z) }",
                 8);
}

/* ---- models
 * ----------------------------------------------------------------------------------------------------------- */

Test(linear_models, scores_labels_transforms)
{
    expect_holds("g () => (float[1,2] y) <float[1,2] x = {1.0, 2.0}, float[1,2] want_y = {5.5, 11.5}>"
                 "{ y = ai.onnx.ml.LinearRegressor<coefficients = [1.0, 2.0, 3.0, 4.0], intercepts = [0.5, 0.5], "
                 "targets = 2>(x) }",
                 8);
    expect_holds("g () => (int64[2] y, float[2,2] z) <float[2,1] x = {1.0, -2.0}, int64[2] want_y = {20, 10}, "
                 "float[2,2] want_z = {-3.0, 3.0, 6.0, -6.0}>"
                 "{ y, z = ai.onnx.ml.LinearClassifier<coefficients = [3.0], classlabels_ints = [10, 20]>(x) }",
                 8);
    expect_near("g () => (string[1] y, double[1,3] d) <float[1] x = {1.0}, string[1] want_y = {\"c\"}, double[1,3] "
                "want_d = {0.09003057317038046, 0.24472847105479764, 0.6652409557748218}>"
                "{ y, z = ai.onnx.ml.LinearClassifier<coefficients = [1.0, 2.0, 3.0], classlabels_strings = [\"a\", "
                "\"b\", \"c\"], post_transform = \"SOFTMAX\">(x)"
                " d = Cast<to = 11>(z) }",
                13, 3e-8);
    /* Zero scores stay zero. */
    expect_holds("g () => (float[1,2] y) <float[1] x = {1.0}, float[1,2] want_y = {0.0, 1.0}>"
                 "{ y = ai.onnx.ml.LinearRegressor<coefficients = [0.0, 3.0], targets = 2, post_transform = "
                 "\"SOFTMAX_ZERO\">(x) }",
                 8);
    expect_fails("g () => (float[1,1] y) <float[1,2] x = {1.0, 2.0}> { y = ai.onnx.ml.LinearRegressor<coefficients = "
                 "[1.0]>(x) }",
                 8, "coefficients has 1");
}

Test(linear_models, probit_is_the_inverse_of_the_normal_distribution)
{
    expect_near("g () => (float[1,5] y) <float[1] x = {1.0}, float[1,5] want_y = {-1.2815516, 0.0, 1.6448536, "
                "-4.7534243, 2.3263479}>"
                "{ y = ai.onnx.ml.LinearRegressor<coefficients = [0.1, 0.5, 0.95, 1e-6, 0.99], targets = 5, "
                "post_transform = \"PROBIT\">(x) }",
                8, 1e-6);
    expect_holds("g () => (float[1,3] y) <float[1] x = {1.0}, float[1,3] want_y = {-inf, inf, nan}>"
                 "{ y = ai.onnx.ml.LinearRegressor<coefficients = [0.0, 1.0, 2.0], targets = 3, post_transform = "
                 "\"PROBIT\">(x) }",
                 8);
}

Test(support_vector_machines, regression)
{
    /* 2 * (1.1 + 2.0) - 1 * (1.0 + 2.1) - 1, in whole numbers. */
    expect_holds("g () => (float[1,1] y) <float[1,2] x = {1.0, 2.0}, float[1,1] want_y = {-1.0}>"
                 "{ y = ai.onnx.ml.SVMRegressor<coefficients = [2.0, -1.0], support_vectors = [2.0, 0.0, 0.0, 2.0], "
                 "n_supports = 2, rho = [-1.0]>(x) }",
                 8);
    expect_holds("g () => (float[1,1] y) <float[1,2] x = {1.0, 2.0}, float[1,1] want_y = {1.0}>"
                 "{ y = ai.onnx.ml.SVMRegressor<coefficients = [1.0], support_vectors = [1.0, 2.0], n_supports = 1, "
                 "rho = [-0.5], kernel_type = \"RBF\","
                 " kernel_params = [0.5, 0.0, 0.0], one_class = 1>(x) }",
                 8);
    expect_holds("g () => (float[1,1] y) <float[1,1] x = {3.0}, float[1,1] want_y = {49.0}>"
                 "{ y = ai.onnx.ml.SVMRegressor<coefficients = [1.0], support_vectors = [2.0], n_supports = 1, rho = "
                 "[0.0], kernel_type = \"POLY\","
                 " kernel_params = [1.0, 1.0, 2.0]>(x) }",
                 8);
    expect_fails("g () => (float[1,1] y) <float[1,2] x = {1.0, 2.0}>"
                 "{ y = ai.onnx.ml.SVMRegressor<coefficients = [1.0], support_vectors = [2.0], n_supports = 1, rho = "
                 "[0.0]>(x) }",
                 8, "support_vectors has 1");
}

Test(support_vector_machines, classes_vote_in_pairs)
{
    /* Vectors -1, 0 and 1 of classes 7, 8, 9; row [j - 1] weighs the first class of the pair (i, j), row [i] the other.
     * x = 2: kernels -2, 0, 2. Pairs 01: 1 * -2 - 0 = -2; 02: 1 * -2 - 1 * 2 = -4; 12: 0 - 2 = -2: class 9 has two
     * votes. */
    expect_holds("g () => (int64[1] y, float[1,3] z) <float[1,1] x = {2.0}, int64[1] want_y = {9}, float[1,3] want_z = "
                 "{-2.0, -4.0, -2.0}>"
                 "{ y, z = ai.onnx.ml.SVMClassifier<classlabels_ints = [7, 8, 9], coefficients = [1.0, -1.0, -1.0, "
                 "1.0, 1.0, -1.0],"
                 " support_vectors = [-1.0, 0.0, 1.0], vectors_per_class = [1, 1, 1], rho = [0.0, 0.0, 0.0]>(x) }",
                 8);
    expect_fails("g () => (int64[1] y, float[1,1] z) <float[1,1] x = {2.0}>"
                 "{ y, z = ai.onnx.ml.SVMClassifier<classlabels_ints = [7, 8], coefficients = [1.0], support_vectors = "
                 "[-1.0, 0.0],"
                 " vectors_per_class = [1, 1], rho = [0.0]>(x) }",
                 8, "coefficients has 1 entries, expected 2");
}

#define TREES                                                                                                          \
    "nodes_treeids = [0, 0, 0, 1], nodes_nodeids = [0, 1, 2, 0], nodes_featureids = [0, 0, 0, 0],"                     \
    " nodes_modes = [\"BRANCH_LEQ\", \"LEAF\", \"LEAF\", \"LEAF\"], nodes_values = [1.0, 0.0, 0.0, 0.0],"                \
    " nodes_truenodeids = [1, 0, 0, 0], nodes_falsenodeids = [2, 0, 0, 0]"

Test(tree_ensembles, regression_aggregates)
{
#define VOTES                                                                          \
    "target_treeids = [0, 0, 1], target_nodeids = [1, 2, 0], target_ids = [0, 0, 0],"  \
    " target_weights = [10.0, 20.0, 4.0]"
    expect_holds("g () => (float[3,1] y, float[3,1] z, float[3,1] m) <float[3,1] x = {1.0, 1.5, nan}, float[3,1] "
                 "want_y = {14.5, 24.5, 24.5},"
                 " float[3,1] want_z = {7.0, 12.0, 12.0}, float[3,1] want_m = {4.0, 4.0, 4.0}>"
                 "{ y = ai.onnx.ml.TreeEnsembleRegressor<" TREES ", " VOTES ", n_targets = 1, base_values = [0.5]>(x)"
                 " z = ai.onnx.ml.TreeEnsembleRegressor<" TREES ", " VOTES
                 ", n_targets = 1, aggregate_function = \"AVERAGE\">(x)"
                 " m = ai.onnx.ml.TreeEnsembleRegressor<" TREES ", " VOTES
                 ", n_targets = 1, aggregate_function = \"MIN\">(x) }",
                 8);
    expect_holds("g () => (float[1,1] y) <double[1,1] x = {nan}, float[1,1] want_y = {14.0}>"
                 "{ y = ai.onnx.ml.TreeEnsembleRegressor<" TREES ", " VOTES
                 ", n_targets = 1, nodes_missing_value_tracks_true = [1, 0, 0, 0]>(x) }",
                 18);
    expect_fails("g () => (float[1,1] y) <float[1,1] x = {1.0}> { y = ai.onnx.ml.TreeEnsembleRegressor<" TREES
                 ", " VOTES ", n_targets = 1>(x) }",
                 21, "TreeEnsembleRegressor");
}

Test(tree_ensembles, hostile_trees)
{
    expect_fails("g () => (float[1,1] y) <float[1,1] x = {1.0}> { y = ai.onnx.ml.TreeEnsembleRegressor<nodes_treeids = "
                 "[0], nodes_nodeids = [0],"
                 " nodes_featureids = [0], nodes_modes = [\"BRANCH_LEQ\"], nodes_values = [1.0], nodes_truenodeids = "
                 "[0], nodes_falsenodeids = [0]>(x) }",
                 8, "its own descendant");
    expect_fails("g () => (float[1,1] y) <float[1,1] x = {1.0}> { y = ai.onnx.ml.TreeEnsembleRegressor<nodes_treeids = "
                 "[0], nodes_nodeids = [0],"
                 " nodes_featureids = [0], nodes_modes = [\"BRANCH_LEQ\"], nodes_values = [1.0], nodes_truenodeids = "
                 "[3], nodes_falsenodeids = [0]>(x) }",
                 8, "has no node 3");
    expect_fails("g () => (float[1,1] y) <float[1,1] x = {1.0}> { y = ai.onnx.ml.TreeEnsembleRegressor<" TREES
                 ", target_treeids = [0],"
                 " target_nodeids = [1], target_ids = [1], target_weights = [1.0]>(x) }",
                 8, "vote 0 is for 1");
}

Test(tree_ensembles, classes)
{
    expect_holds("g () => (string[2] y, float[2,2] z) <float[2,1] x = {1.0, 2.0}, string[2] want_y = {\"a\", \"b\"}, "
                 "float[2,2] want_z = {0.75, 0.25, 0.25, 0.75}>"
                 "{ y, z = ai.onnx.ml.TreeEnsembleClassifier<" TREES
                 ", classlabels_strings = [\"a\", \"b\"], class_treeids = [0, 0],"
                 " class_nodeids = [1, 2], class_ids = [1, 1], class_weights = [0.25, 0.75]>(x) }",
                 8);
    expect_holds("g () => (int64[1] y, float[1,3] z) <float[1,1] x = {2.0}, int64[1] want_y = {6}, float[1,3] want_z = "
                 "{0.0, 2.0, 1.0}>"
                 "{ y, z = ai.onnx.ml.TreeEnsembleClassifier<" TREES
                 ", classlabels_int64s = [5, 6, 7], class_treeids = [0, 1],"
                 " class_nodeids = [2, 0], class_ids = [1, 2], class_weights = [2.0, 1.0]>(x) }",
                 18);
}

Test(tree_ensembles, version_5)
{
    /* One node: 3 or 7 go to leaf 0 (2 for target 1), all else to leaf 1 (5 for target 0). */
    expect_holds("g () => (float16[3,2] y) <float16[3,1] x = {7.0, 4.0, nan}, float16[3,2] want_y = {0.0, 2.0, 5.0, "
                 "0.0, 5.0, 0.0}>"
                 "{ y = ai.onnx.ml.TreeEnsemble<n_targets = 2, tree_roots = [0], nodes_featureids = [0], nodes_modes = "
                 "uint8[1] {6},"
                 " nodes_splits = float16[1] {0.0}, nodes_truenodeids = [0], nodes_trueleafs = [1], nodes_falsenodeids "
                 "= [1], nodes_falseleafs = [1],"
                 " leaf_targetids = [1, 0], leaf_weights = float16[2] {2.0, 5.0}, membership_values = float16[3] {3.0, "
                 "7.0, nan}>(x) }",
                 21);
    expect_fails("g () => (float[1,1] y) <float[1,1] x = {7.0}>"
                 "{ y = ai.onnx.ml.TreeEnsemble<tree_roots = [0], nodes_featureids = [0], nodes_modes = uint8[1] {0},"
                 " nodes_splits = float[1] {0.0}, nodes_truenodeids = [9], nodes_trueleafs = [1], nodes_falsenodeids = "
                 "[0], nodes_falseleafs = [1],"
                 " leaf_targetids = [0], leaf_weights = float[1] {2.0}>(x) }",
                 21, "leaf 9");
}

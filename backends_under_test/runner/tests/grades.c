/* Grades of answers that pass: bit-equal, inside the interval, and inside it with the errors of less precision. */
#include "backends_under_test/runner/judge.h"
#include "backends_under_test/runner/tests/fixture.h"
#include "golden/write.h"
#include "reference/onnx/load.h"
#include "reference/onnx/save.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <math.h>

static Value *positive(int64_t rows, int64_t columns, guint32 seed)
{
    GRand *random = g_rand_new_with_seed(seed);
    Tensor *t = tensor_new(DTYPE_FLOAT, &SHAPE(rows, columns), NULL);
    for (int64_t i = 0; i < t->count; i++)
        tensor_set_double(t, i, g_rand_double_range(random, 0.5, 1));
    g_rand_free(random);
    return value_from_tensor(t);
}

/* y = x w, 500 sums of 64 products each. */
static Subject *add_product(Fixture *f)
{
    GError *error = NULL;
    g_autoptr(Model) model = model_new();
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    g_autoptr(Case) c = case_new();
    g_autofree char *parent = g_build_filename(f->corpus, "demo", NULL), *folder = g_build_filename(parent, "product-native", NULL);
    model_import(model, "", 25);
    graph_add_input(model->graph, "x", type_tensor(model, DTYPE_FLOAT, &SHAPE(20, 64)));
    graph_add_input(model->graph, "w", type_tensor(model, DTYPE_FLOAT, &SHAPE(64, 25)));
    graph_add_node(model->graph, "", "MatMul", NAMES("x", "w"), NAMES("y"));
    graph_add_output(model->graph, "y", NULL);
    g_ptr_array_add(inputs, positive(20, 64, 1));
    g_ptr_array_add(inputs, positive(64, 25, 2));
    char **const strings[] = { &c->proposal, &c->variant, &c->semantic, &c->summary, &c->name };
    static const char *const texts[] = { "demo", "base", "product", "a product", "product-native" };
    for (gsize i = 0; i < G_N_ELEMENTS(strings); i++)
        *strings[i] = g_strdup(texts[i]);
    c->id = g_strdup("demo/product-native");
    g_ptr_array_add(c->requirements, g_strdup("demo/R1"));
    g_mkdir_with_parents(parent, 0755);
    cr_assert(case_write(folder, c, model, inputs, &error), "%s", error ? error->message : "");
    Subject *subject = subject_read(folder, &error);
    cr_assert_not_null(subject, "%s", error ? error->message : "");
    return subject;
}

/* The golden, moved towards the upper end by this share of what is allowed, one element of `every`; negative shares: the
 * lower end for every second of them. */
static char grade_of(const Subject *s, double share, int64_t every)
{
    GError *error = NULL;
    g_autofree char *golden = case_data_path(s->folder, "output", 0), *upper = case_data_path(s->folder, "upper", 0),
                    *answer = g_strconcat(s->folder, ".answer.pb", NULL);
    g_autoptr(Tensor) g = tensor_load(golden, NULL, NULL, &error), high = tensor_load(upper, NULL, NULL, &error);
    cr_assert(g && high, "%s", error ? error->message : "");
    g_autoptr(Tensor) y = tensor_copy(g, NULL);
    for (int64_t i = 0; i < y->count; i += every) {
        const double step = tensor_get_double(high, i) - tensor_get_double(g, i);
        tensor_set_double(y, i, tensor_get_double(g, i) + (share < 0 && i / every % 2 ? share : fabs(share)) * step);
    }
    cr_assert(tensor_save(y, "y", STORAGE_RAW, answer, &error), "%s", error ? error->message : "");
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    g_ptr_array_add(paths, answer);
    const Attempt attempt = { .kind = ATTEMPT_ANSWERED, .outputs = paths };
    Judgement j = { .margin = NAN, .seconds = NAN };
    cr_assert(judge(s, &attempt, NULL, NULL, &j, &error), "%s", error ? error->message : "");
    cr_assert_eq(j.verdict, VERDICT_PASS, "%s", j.message);
    const char grade = j.grade;
    judgement_clear(&j);
    g_unlink(answer);
    return grade;
}

Test(grades, errors_that_only_less_precision_makes)
{
    Fixture f;
    fixture_open(&f);
    Subject *s = add_product(&f);
    cr_expect_eq(grade_of(s, 0, 1), 'R');
    cr_expect_eq(grade_of(s, 0.05, 1), 'A', "well inside");
    cr_expect_eq(grade_of(s, 0.9, 100), 'A', "a few large errors are no statistics");
    cr_expect_eq(grade_of(s, 0.9, 1), 'B', "all to one side");
    cr_expect_eq(grade_of(s, -0.9, 1), 'B', "to both sides, but all of them large");
    subject_free(s);
    fixture_close(&f);
}

/* Two corpora held against each other: what moved, why, and where. */
#include "golden/moved.h"
#include "reference/onnx/save.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>

static char *folder;

static void set_up(void)
{
    folder = g_dir_make_tmp("assay-moved-XXXXXX", NULL);
    cr_assert_not_null(folder);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

static void tear_down(void)
{
    remove_tree(folder);
    g_free(folder);
}

TestSuite(moved, .init = set_up, .fini = tear_down);

static char *path_of(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

static void put(const char *name, const char *text)
{
    g_autofree char *path = path_of(name), *parent = g_path_get_dirname(path);
    cr_assert_eq(g_mkdir_with_parents(parent, 0777), 0);
    cr_assert(g_file_set_contents(path, text, -1, NULL));
}

static GPtrArray *moves(guint *cases, GError **error)
{
    g_autofree char *old = path_of("old"), *now = path_of("now");
    return corpora_moves(old, now, cases, error);
}

/* What the only move says of a case whose line was `old` and is `now`. */
static void expect_why(const char *old, const char *now, gboolean expected, const char *what, const char *why)
{
    g_autofree char *a = g_strdup_printf("same m i g b c\nx %s\n", old),
                    *b = g_strdup_printf("same m i g b c\nx %s\n", now);
    put("old/p.txt", a);
    put("now/p.txt", b);
    guint cases = 0;
    g_autoptr(GPtrArray) list = moves(&cases, NULL);
    cr_assert_not_null(list);
    cr_assert_eq(list->len, 1, "%s -> %s", old, now);
    const Move *move = list->pdata[0];
    cr_assert_eq(move->kind, MOVE_CHANGED);
    cr_assert_str_eq(move->id, "p/x");
    cr_expect_eq(move->expected, expected, "%s -> %s", old, now);
    cr_expect_str_eq(move->what, what);
    cr_expect_str_eq(move->why, why);
    cr_expect_str_empty(move->where, "no files to look into");
    cr_assert_eq(cases, 2);
}

Test(moved, each_kind_of_change_is_told_apart)
{
    expect_why("m i g b c", "M i g b c", FALSE, "model",
               "the same question and answer, the model is written otherwise");
    expect_why("m i g b c", "m I g b c", FALSE, "inputs", "other inputs that lead to the same answer");
    expect_why("m i g b c", "m I G b C", TRUE, "inputs, golden, case.json",
               "other inputs, and the answer that follows from them");
    expect_why("m i g b c", "m I g B c", TRUE, "inputs, interval",
               "other inputs, and the answer that follows from them");
    expect_why("m i g b c", "m i G b c", TRUE, "golden",
               "the same question has another answer: the reference's meaning changed");
    expect_why("m i g b c", "M i G b c", TRUE, "model, golden", "the model asks something else");
    expect_why("m i g - c", "m i g B c", TRUE, "interval",
               "the same answer with another allowance: the bound's derivation changed");
    expect_why("m i g b c", "m i g b C", FALSE, "case.json", "described otherwise");
}

Test(moved, cases_come_and_go_in_the_order_of_their_ids)
{
    put("old/b.txt", "one m i g b c\n");
    put("old/a.txt", "two m i g b c\nthree m i g b c\n");
    put("old/README", "no manifest");
    put("now/b.txt", "zero m i g b c\none m i g b c\n");
    put("now/a.txt", "three m i g b X\n");
    guint cases = 0;
    g_autoptr(GPtrArray) list = moves(&cases, NULL);
    static const struct {
        const char *id;
        MoveKind kind;
    } expected[] = { { "a/three", MOVE_CHANGED }, { "a/two", MOVE_REMOVED }, { "b/zero", MOVE_ADDED } };
    cr_assert_eq(list->len, G_N_ELEMENTS(expected));
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        const Move *move = list->pdata[i];
        cr_expect_str_eq(move->id, expected[i].id);
        cr_expect_eq(move->kind, expected[i].kind);
    }
    cr_assert_eq(cases, 3);
}

Test(moved, what_is_no_corpus_is_refused)
{
    guint cases;
    g_autoptr(GError) missing = NULL, empty = NULL, malformed = NULL;
    put("old/p.txt", "x m i g b c\n");
    cr_assert_null(moves(&cases, &missing), "now is not there");
    put("now/README", "");
    cr_assert_null(moves(&cases, &empty));
    cr_assert_not_null(strstr(empty->message, "holds no case and no manifest"));
    put("now/p.txt", "x m i g b\n");
    cr_assert_null(moves(&cases, &malformed));
    cr_assert_not_null(strstr(malformed->message, "is not a manifest's"));
}

/* ---- corpora with files ---------------------------------------------------------------------------------------------
 */

static void put_tensor(const char *name, const double *values, int n)
{
    g_autofree char *path = path_of(name);
    g_autoptr(Tensor) t = tensor_new(DTYPE_FLOAT, &SHAPE(n), NULL);
    for (int i = 0; i < n; i++)
        tensor_set_double(t, i, values[i]);
    cr_assert(tensor_save(t, "y", STORAGE_RAW, path, NULL));
}

static void put_case(const char *corpus, const double *golden, int n, double upper)
{
    g_autofree char *json = g_strdup_printf("%s/p/x/case.json", corpus),
                    *input = g_strdup_printf("%s/p/x/test_data_set_0/input_0.pb", corpus);
    g_autofree char *output = g_strdup_printf("%s/p/x/test_data_set_0/output_0.pb", corpus);
    g_autofree char *bound = g_strdup_printf("%s/p/x/test_data_set_0/upper_0.pb", corpus);
    put(json, "{\"schema\": 1, \"id\": \"p/x\", \"proposal\": \"p\", \"variant\": \"v\", \"semantic\": \"x\", "
              "\"form\": \"native\", \"summary\": \"s\", "
              "\"requirements\": [\"p/R1\"], \"dtypes\": [], \"tags\": [], \"expect\": \"outputs\", \"inputs\": 1, "
              "\"outputs\": 1, "
              "\"compare\": [{\"mode\": \"interval\"}]}");
    put(input, "");
    put_tensor(output, golden, n);
    const double most[] = { upper, upper, upper };
    put_tensor(bound, most, n);
}

static char *where_of(const double *old, const double *now, int n, double upper_now)
{
    put_case("old", old, 3, 9);
    put_case("now", now, n, upper_now);
    guint cases;
    g_autoptr(GPtrArray) list = moves(&cases, NULL);
    cr_assert(list != NULL && list->len == 1);
    return g_strdup(((const Move *)list->pdata[0])->where);
}

Test(moved, which_elements_moved_is_said_where_there_are_files)
{
    static const double old[] = { 1, 2, 3 }, other[] = { 1, 2.5, 4 }, zero[] = { 1, 2, -3 };
    g_autofree char *two = where_of(old, other, 3, 9), *interval = where_of(old, old, 3, 8.5),
                    *one = where_of(old, zero, 3, 9);
    g_autofree char *shape = where_of(old, old, 2, 9);
    cr_expect_str_eq(two, "output 0: 2 of 3 elements, first number 1: was 0x1p+1, is 0x1.4p+1");
    cr_expect_str_eq(interval, "upper 0: 3 of 3 elements, first number 0: was 0x1.2p+3, is 0x1.1p+3");
    cr_expect_str_eq(one, "output 0: 1 of 3 elements, first number 2: was 0x1.8p+1, is -0x1.8p+1");
    cr_expect(g_str_has_prefix(shape, "output 0: ") && strstr(shape, "[3]") && strstr(shape, "[2]"), "%s", shape);
}

/* Packing and stripping gives back the same bytes: for models written here, for ONNX's own test data where the machine has
 * them, and for every model under the folders that ASSAY_STRIP names (separated by ':'), which a corpus may be:
 *
 *     ASSAY_STRIP=build/corpus:build/published build/tests/reference-context */
#include "reference/context/session.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct {
    guint models, unreadable, containers, packed, impossible, failures;
} Tally;

/* ---- one model ------------------------------------------------------------------------------------------------------------ */

static void fail(Tally *tally, const char *what, ContextEncoding e, const GError *error)
{
    tally->failures++;
    cr_log_error("%s, encoding %s: %s", what, context_encoding_name(e), error ? error->message : "other bytes come back");
}

static gboolean add_region(Container *c, gsize n, GError **error)
{
    g_autofree gsize *nodes = g_new(gsize, n + 1);
    for (gsize i = 0; i < n; i++)
        nodes[i] = i;
    ContextRegion *region = container_add_region(c, "region", nodes, n, error);
    g_autoptr(GBytes) payload = context_mock_payload("bias=1\n");
    gsize size;
    const void *data = g_bytes_get_data(payload, &size);
    const ContextBlob one = { .backend = "mock-a", .payload = { data, size } };
    const ContextBlob other = { .backend = "mock-b", .compatibility = "mock-b/3", .location = "object.bin", .length = 7, .priority = 2,
                                .digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" };
    return region && container_add_blob(c, region, &one) && container_add_blob(c, region, &other);
}

/* The first `n` nodes, which are a convex region since nodes are in order. */
static void there_and_back(GBytes *original, const char *folder, const char *what, ContextEncoding e, gsize n, Tally *tally)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Container) c = container_read(original, folder, what, &error);
    if (!c)
        return fail(tally, what, e, error);
    c->encoding = e;
    if (!add_region(c, n, &error)) {
        tally->impossible++; /* nothing uses what the nodes compute */
        return;
    }
    g_autoptr(GBytes) packed = container_pack(c, &error);
    g_autoptr(Container) back = packed ? container_read(packed, folder, what, &error) : NULL;
    if (!back)
        return fail(tally, what, e, error);
    if (back->encoding != e || back->regions.n != 1 || !g_bytes_equal(back->original, original))
        return fail(tally, what, e, NULL);
    tally->packed++;
}

static void try_bytes(GBytes *bytes, const char *folder, const char *what, Tally *tally)
{
    g_autoptr(Container) c = container_read(bytes, folder, what, NULL);
    tally->models++;
    if (!c) { /* what a reader refuses cannot be packed */
        tally->unreadable++;
        return;
    }
    tally->containers += c->encoding != ENCODING_NONE; /* what is in it is packed anew */
    const gsize n = c->model->graph->nodes.n;
    for (ContextEncoding e = ENCODING_A; n && e <= ENCODING_D; e++) {
        there_and_back(c->original, folder, what, e, n, tally);
        if (n > 1)
            there_and_back(c->original, folder, what, e, n / 2, tally);
    }
}

static void try_file(const char *path, Tally *tally)
{
    char *data;
    gsize size;
    g_autofree char *folder = g_path_get_dirname(path);
    if (!g_file_get_contents(path, &data, &size, NULL))
        return;
    g_autoptr(GBytes) bytes = g_bytes_new_take(data, size);
    try_bytes(bytes, folder, path, tally);
}

/* ---- folders of models ------------------------------------------------------------------------------------------------------ */

static void walk(const char *folder, guint step, guint *seen, Tally *tally)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            continue;
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            walk(path, step, seen, tally);
        else if (g_str_has_suffix(name, ".onnx") && (*seen)++ % step == 0)
            try_file(path, tally);
    }
}

static void report(const char *what, const Tally *tally)
{
    cr_log_info("%s: %u models, %u of them containers, %u unreadable; %u packed and stripped, %u regions that nothing uses, %u failures", what,
                tally->models, tally->containers, tally->unreadable, tally->packed, tally->impossible, tally->failures);
    cr_expect_eq(tally->failures, 0);
    cr_expect(tally->packed > 0, "%s: nothing was packed", what);
}

Test(strip, gives_back_every_byte_of_the_models_of_a_folder, .timeout = 3600)
{
    static const char published[] = "/usr/lib/python3/dist-packages/onnx/backend/test/data";
    const char *given = g_getenv("ASSAY_STRIP");
    g_auto(GStrv) folders = g_strsplit(given ? given : published, ":", -1);
    for (char **folder = folders; *folder; folder++) {
        Tally tally = { 0 };
        guint seen = 0;
        if (!given && !g_file_test(*folder, G_FILE_TEST_IS_DIR))
            continue; /* a machine without them */
        walk(*folder, given ? 1 : 25, &seen, &tally);
        report(*folder, &tally);
    }
}

/* ---- models written here ------------------------------------------------------------------------------------------------------- */

#define HEAD "<ir_version: 8, opset_import: [\"\" : 17]>\n"
static const char *const texts[] = {
    HEAD "g (float[2] x) => (float[2] y) {\ny = Neg (x)\n}",
    HEAD "g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}> {\na = Add (x, w)\nb = Mul (a, w)\ny = Sub (b, a)\n}",
    "<ir_version: 10, opset_import: [\"\" : 21, \"f\" : 1], producer_name: \"p\", doc_string: \"d\", metadata_props: [\"k\": \"v\", \"k2\": \"\"]>\n"
    "g (float[N] x) => (float[N] y, float[N] z) {\na = f.twice (x)\ny = Abs (a)\nz = Neg (a)\n}\n"
    "<domain: \"f\", opset_import: [\"\" : 21]> twice (v) => (w) {\nw = Add (v, v)\n}",
    HEAD "g (float[2] x, bool c) => (float[2] y) <float[2] w = {1.0, 2.0}> {\na = Neg (x)\n"
         "b = If (c) <then_branch = t () => (float[2] p) {\np = Add (a, w)\n}, else_branch = e () => (float[2] q) {\nq = Sub (a, w)\n}>\ny = Abs (b)\n}",
    HEAD "g (float[2] x) => (float[2] y) {\na = Neg (x)\nu = Abs (a)\nk = Exp (x)\nb = Add (k, a)\ny = Add (u, b)\n}",
    HEAD "g (float[2] x) => (float[2] y) {\n\"a,b\" = Neg (x)\n\"100%\" = Abs (\"a,b\")\n\"bctx.r.x\" = Exp (\"100%\")\ny = Abs (\"bctx.r.x\")\n}",
    HEAD "g (float[2] x) => (float[2] y) {\na, b = Dropout (x)\nc = Clip (a, \"\", \"\")\ny = Neg (c)\n}",
};

Test(strip, gives_back_every_byte_of_models_written_here)
{
    Tally tally = { 0 };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Model) model = model_from_text(texts[i], &error);
        g_autoptr(GBytes) bytes = model ? model_to_bytes(model, &error) : NULL;
        g_autofree char *what = g_strdup_printf("text %" G_GSIZE_FORMAT, i);
        cr_assert_not_null(bytes, "%s: %s", what, error ? error->message : "");
        try_bytes(bytes, NULL, what, &tally);
    }
    report("models written here", &tally);
    cr_expect_eq(tally.unreadable, 0);
}

/* What protobuf allows and no writer does cannot be given back: it is not packed either. */
Test(strip, packing_refuses_what_it_could_not_undo)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_from_text(texts[0], &error);
    g_autoptr(GBytes) bytes = model_to_bytes(model, &error);
    g_autoptr(GByteArray) odd = g_bytes_unref_to_array(g_bytes_ref(bytes));
    cr_assert(odd->data[0] == 0x08 && odd->data[1] == 0x08, "the first field is the IR version");
    const guint8 two_bytes[] = { 0x08, 0x88, 0x00 }; /* the same number with a byte more than it needs */
    g_byte_array_remove_range(odd, 0, 2);
    g_byte_array_prepend(odd, two_bytes, sizeof two_bytes);
    g_autoptr(GBytes) changed = g_bytes_new(odd->data, odd->len);
    g_autoptr(Container) c = container_read(changed, NULL, "odd", &error);
    cr_assert_not_null(c, "%s", error ? error->message : "");
    c->encoding = ENCODING_D;
    cr_assert(add_region(c, 1, &error));
    g_autoptr(GBytes) packed = container_pack(c, &error);
    cr_expect_null(packed);
    cr_expect(error && g_error_matches(error, CONTEXT_ERROR, CONTEXT_ERROR_ARGUMENT), "%s", error ? error->message : "packed");
}

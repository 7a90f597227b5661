/* The class that each condition has, which outputs do not show: they only show whether the object ran. */
#include "reference/context/session.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MODEL                                                                                                    \
    "<ir_version: 8, opset_import: [\"\" : 17]>\n"                                                               \
    "g (float[2] x) => (float[2] y) <float[2] w = {1.0, 2.0}, float[2] b> {\na = Neg (x)\nb = Mul (a, w)\ny = Sub (b, x)\n}"

typedef struct {
    Container     *c;
    ContextRegion *region;
    char          *folder;
} Fixture;

static void open_fixture(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Model) model = model_from_text(MODEL, &error);
    cr_assert_not_null(model, "%s", error ? error->message : "");
    g_autoptr(GBytes) bytes = model_to_bytes(model, &error);
    f->c = container_read(bytes, NULL, "model", &error);
    cr_assert_not_null(f->c, "%s", error ? error->message : "");
    f->region = container_add_region(f->c, "r", (const gsize[]){ 0, 1 }, 2, &error);
    cr_assert_not_null(f->region, "%s", error ? error->message : "");
    f->folder = g_dir_make_tmp("assay-context-XXXXXX", NULL);
}

static void close_fixture(Fixture *f)
{
    g_autofree char *file = g_build_filename(f->folder, "object.bin", NULL), *link = g_build_filename(f->folder, "link.bin", NULL);
    g_unlink(file);
    g_unlink(link);
    g_rmdir(f->folder);
    g_free(f->folder);
    container_free(f->c);
}

static ContextBlob *add(Fixture *f, const char *backend, const char *lines, const char *location)
{
    g_autoptr(GBytes) payload = context_mock_payload(lines);
    gsize size;
    const void *data = g_bytes_get_data(payload, &size);
    const ContextBlob blob = { .backend = backend, .location = location, .length = -1, .payload = { data, size } };
    ContextBlob *added = container_add_blob(f->c, f->region, &blob);
    if (location)
        added->payload = (Bytes){ 0 }; /* as it is read: the bytes are in the file */
    return added;
}

static void write_file(const Fixture *f, const char *lines)
{
    g_autofree char *path = g_build_filename(f->folder, "object.bin", NULL);
    g_autoptr(GBytes) payload = context_mock_payload(lines);
    gsize size;
    const char *data = g_bytes_get_data(payload, &size);
    cr_assert(g_file_set_contents(path, data, (gssize)size, NULL));
}

/* The outcome for the session "mock-a:1"; CLASS_SECURITY where the model is refused for that. */
static ContextClass outcome(Fixture *f, guint flaws)
{
    g_autoptr(GError) error = NULL;
    const ContextWishes wishes = { .providers = "mock-a:1", .flaws = flaws };
    g_autoptr(ContextSession) session = context_session_new(f->c->model, &wishes, &error);
    g_autoptr(GPtrArray) decisions = context_select(f->c, session, f->folder, &error);
    if (decisions)
        return ((const ContextDecision *)decisions->pdata[0])->outcome;
    cr_assert(g_error_matches(error, CONTEXT_ERROR, CONTEXT_ERROR_SECURITY), "%s", error->message);
    return CLASS_SECURITY;
}

static void expect(Fixture *f, ContextClass class, const char *what)
{
    const ContextClass got = outcome(f, 0);
    cr_expect_eq(got, class, "%s: %s, expected %s", what, context_class_name(got), context_class_name(class));
    close_fixture(f);
}

#define GOOD "bias=1\n"

Test(classes, of_inline_payloads)
{
    static const struct {
        const char  *backend, *lines, *compatibility;
        ContextClass class;
    } rows[] = { { "mock-b", GOOD, "", CLASS_ABSENT }, { "mock-a", GOOD, "", CLASS_USABLE }, { "mock-a", GOOD, "mock-a/0", CLASS_SUBOPTIMAL },
                 { "mock-a", GOOD, "mock-a/2", CLASS_UNSUPPORTED }, { "mock-a", GOOD, "mock-b/1", CLASS_NOT_APPLICABLE },
                 { "mock-a", "verdict=0\n", "", CLASS_NOT_APPLICABLE }, { "mock-a", "verdict=1\n", "", CLASS_USABLE },
                 { "mock-a", "verdict=2\n", "", CLASS_SUBOPTIMAL }, { "mock-a", "verdict=3\n", "", CLASS_UNSUPPORTED },
                 { "mock-a", "verdict=error\n", "", CLASS_LOAD_FAILURE }, { "mock-a", "mode=load_fail\n", "", CLASS_LOAD_FAILURE },
                 { "mock-a", "signature=int8->int8\n", "", CLASS_STALE }, { "mock-a", "subgraph_sha256=00\n", "", CLASS_STALE },
                 /* the earlier condition decides */
                 { "mock-a", "verdict=3\nsignature=int8->int8\n", "", CLASS_UNSUPPORTED },
                 { "mock-a", "verdict=3\nsubgraph_sha256=00\n", "", CLASS_STALE },
                 { "mock-a", "signature=int8->int8\nmode=load_fail\n", "", CLASS_STALE } };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture f;
        open_fixture(&f);
        add(&f, rows[i].backend, rows[i].lines, NULL)->compatibility = rows[i].compatibility;
        expect(&f, rows[i].class, rows[i].lines);
    }
}

Test(classes, of_payloads_in_files)
{
    Fixture f;
    open_fixture(&f);
    add(&f, "mock-a", GOOD, "object.bin");
    write_file(&f, GOOD);
    expect(&f, CLASS_USABLE, "a file");
    open_fixture(&f);
    add(&f, "mock-a", GOOD, "object.bin");
    expect(&f, CLASS_UNAVAILABLE, "no file");
    open_fixture(&f);
    add(&f, "mock-a", GOOD, "object.bin")->length = 4096;
    write_file(&f, GOOD);
    expect(&f, CLASS_UNAVAILABLE, "a range beyond the end");
    open_fixture(&f);
    add(&f, "mock-a", GOOD, "object.bin");
    write_file(&f, "bias=2\n");
    expect(&f, CLASS_CORRUPT, "other bytes");
}

Test(classes, of_paths_that_lead_elsewhere)
{
    static const char *const locations[] = { "", "/object.bin", "../object.bin", "a/../object.bin", "link.bin", ".", "object.bin/" };
    for (gsize i = 0; i < G_N_ELEMENTS(locations); i++) {
        Fixture f;
        open_fixture(&f);
        add(&f, "mock-a", GOOD, locations[i]);
        f.region->digest = "0"; /* stale too, which comes later */
        write_file(&f, GOOD);
        g_autofree char *link = g_build_filename(f.folder, "link.bin", NULL);
        cr_assert_eq(symlink("object.bin", link), 0);
        expect(&f, CLASS_SECURITY, locations[i]);
    }
}

Test(classes, of_stale_regions)
{
    Fixture f;
    open_fixture(&f);
    add(&f, "mock-a", "verdict=3\n", NULL);
    f.region->digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    expect(&f, CLASS_STALE, "another digest");
    open_fixture(&f);
    add(&f, "mock-a", GOOD, NULL);
    f.region->torn = "a node is gone";
    expect(&f, CLASS_STALE, "torn");
    open_fixture(&f);
    add(&f, "mock-a", GOOD, NULL)->digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    f.region->torn = "a node is gone";
    expect(&f, CLASS_CORRUPT, "torn and corrupt");
}

/* What a flaw changes is what it says, and nothing before. */
Test(classes, flaws_skip_their_condition)
{
    Fixture f;
    open_fixture(&f);
    add(&f, "mock-a", "verdict=3\n", NULL);
    cr_expect_eq(outcome(&f, 1u << FLAW_IGNORE_VERDICT), CLASS_USABLE);
    close_fixture(&f);
    open_fixture(&f);
    add(&f, "mock-a", "subgraph_sha256=00\n", NULL);
    cr_expect_eq(outcome(&f, 1u << FLAW_IGNORE_STALE), CLASS_USABLE);
    cr_expect_eq(outcome(&f, 1u << FLAW_IGNORE_VERDICT), CLASS_STALE);
    close_fixture(&f);
}

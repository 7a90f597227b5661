/* External data stays in the model's folder, and files are replaced whole or not at all. */
#include "reference/onnx/tests/support.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *outside;

static void begin(void)
{
    folder = folder_new();
    outside = folder_new();
    g_autofree char *secret = g_build_filename(outside, "secret", NULL);
    cr_assert(g_file_set_contents(secret, "123456789abc", 12, NULL));
}

static void end(void)
{
    folder_remove(folder);
    folder_remove(outside);
}

TestSuite(external, .init = begin, .fini = end);

static char *in_folder(const char *name)
{
    return g_build_filename(folder, name, NULL);
}

/* Bytes of a model whose initializer of 12 bytes lies at a location. */
static GBytes *external_model(const char *location, int64_t offset, int64_t length)
{
    g_autoptr(Model) model = small_model();
    NamedTensor     *w = graph_initializer(model->graph, "w");
    w->storage = STORAGE_EXTERNAL;
    w->location = location;
    w->offset = offset;
    w->length = length;
    return model_to_bytes(model, NULL);
}

static Model *load_external(const char *location, int64_t offset, int64_t length, GError **error)
{
    g_autoptr(GBytes) bytes = external_model(location, offset, length);
    gsize             size;
    const void       *data = g_bytes_get_data(bytes, &size);
    return model_load_bytes(data, size, folder, "m", NULL, error);
}

static void expect_refused(const char *location, OnnxError code, const char *part)
{
    GError *error = NULL;
    cr_expect_null(load_external(location, 0, -1, &error), "%s", location);
    expect_error(&error, code, part);
}

Test(external, ways_out_of_the_folder)
{
    g_autofree char *secret = g_build_filename(outside, "secret", NULL);
    g_autofree char *up = g_strdup_printf("../%s/secret", strrchr(outside, '/') + 1);
    g_autofree char *soft = in_folder("link"), *linked_folder = in_folder("linked");
    g_autofree char *hard = in_folder("hard"), *fifo = in_folder("pipe");
    g_autofree char *inner_up = g_strdup_printf("a/../%s", up), *long_name = g_strnfill(5000, 'x');
    cr_assert_eq(symlink(secret, soft), 0);
    cr_assert_eq(symlink(outside, linked_folder), 0);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    expect_refused(secret, ONNX_ERROR_SECURITY, "the location is absolute");
    expect_refused(up, ONNX_ERROR_SECURITY, "contains \"..\"");
    expect_refused(inner_up, ONNX_ERROR_SECURITY, "contains \"..\"");
    expect_refused("..", ONNX_ERROR_SECURITY, "contains \"..\"");
    expect_refused("link", ONNX_ERROR_SECURITY, "a symbolic link");
    expect_refused("linked/secret", ONNX_ERROR_SECURITY, "a symbolic link");
    expect_refused("pipe", ONNX_ERROR_SECURITY, "not a regular file");
    expect_refused(".", ONNX_ERROR_SECURITY, "names a folder");
    expect_refused("sub/", ONNX_ERROR_SECURITY, "names a folder");
    expect_refused("", ONNX_ERROR_SECURITY, "the location is empty");
    expect_refused(long_name, ONNX_ERROR_SECURITY, "longer than a path may be");
    expect_refused("missing", ONNX_ERROR_IO, "external data 'missing': No such file");
    if (link(secret, hard) == 0) /* not every file system has them */
        expect_refused("hard", ONNX_ERROR_SECURITY, "several hard links");
}

Test(external, ranges)
{
    g_autofree char *path = in_folder("a..b");
    cr_assert(g_file_set_contents(path, "0123456789abcdef", 16, NULL));
    const struct {
        int64_t offset, length;
        const char *part; /* NULL: loads */
    } cases[] = {
        { 4, -1, NULL },          { 4, 12, NULL },           { 0, 12, NULL },
        { 0, -1, "16 bytes, expected 12" },                  { 8, 12, "goes beyond the file's 16 bytes" },
        { 17, -1, "offset 17 is beyond the file's 16 bytes" }, { G_MAXINT64, 12, "is beyond" },
        { 16, -1, "0 bytes, expected 12" },
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        GError *error = NULL;
        g_autoptr(Model) model = load_external("./a..b", cases[i].offset, cases[i].length, &error);
        cr_expect_eq(model != NULL, cases[i].part == NULL, "case %zu: %s", i, error ? error->message : "loads");
        if (model)
            cr_expect_eq(memcmp(graph_initializer(model->graph, "w")->tensor->data,
                                &"0123456789abcdef"[cases[i].offset], 12), 0);
        if (cases[i].part)
            expect_error(&error, ONNX_ERROR_INVALID, cases[i].part);
    }
}

Test(external, entries_must_be_numbers_and_stand_once)
{
    g_autofree char  *path = in_folder("w.bin");
    g_autoptr(GBytes) bytes = external_model("w.bin", 7, -1);
    cr_assert(g_file_set_contents(path, "0123456789abcdefghi", 19, NULL));
    gsize       size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *changed = g_memdup2(data, size);
    char *number = memmem(changed, size, "offset", 6);
    cr_assert_not_null(number);
    number[8] = '-'; /* past the key, and tag and length of the value */
    GError *error = NULL;
    cr_expect_null(model_load_bytes(changed, size, folder, "m", NULL, &error));
    expect_error(&error, ONNX_ERROR_INVALID, "external_data offset is '-', expected a number");
    cr_expect_null(model_load_bytes(data, size, NULL, "m", NULL, &error));
    expect_error(&error, ONNX_ERROR_SECURITY, "external data is not accepted here");
}

Test(external, saving_does_not_follow_links)
{
    g_autofree char *linked_folder = in_folder("linked"), *path = in_folder("m.onnx");
    g_autoptr(Model) model = small_model();
    NamedTensor     *w = graph_initializer(model->graph, "w");
    w->storage = STORAGE_EXTERNAL;
    w->location = "linked/secret";
    cr_assert_eq(symlink(outside, linked_folder), 0);
    GError *error = NULL;
    cr_expect_not(model_save(model, path, &error));
    expect_error(&error, ONNX_ERROR_SECURITY, "a symbolic link or file, expected a folder");
    w->location = "../w.bin";
    cr_expect_not(model_save(model, path, &error));
    expect_error(&error, ONNX_ERROR_SECURITY, "contains \"..\"");
}

static guint entries_in_folder(void)
{
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    guint n = 0;
    while (g_dir_read_name(entries))
        n++;
    return n;
}

Test(external, a_full_disk_leaves_the_old_file)
{
    g_autofree char *path = in_folder("m.onnx"), *big = g_malloc0(1 << 20), *now = NULL;
    GError *error = NULL;
    cr_assert(file_replace(path, "old", 3, TRUE, &error));
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = { 65536, 65536 };
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    cr_expect_not(file_replace(path, big, 1 << 20, FALSE, &error));
    expect_error(&error, ONNX_ERROR_IO, "m.onnx: File too large");
    cr_expect(g_file_get_contents(path, &now, NULL, NULL));
    cr_expect_str_eq(now, "old");
    cr_expect_eq(entries_in_folder(), 1, "the temporary file is gone");
}

Test(external, devices_are_written_in_place)
{
    struct stat about;
    if (stat("/dev/full", &about) != 0 || !S_ISCHR(about.st_mode))
        cr_skip("no /dev/full here");
    g_autoptr(Model) model = small_model();
    GError *error = NULL;
    cr_expect_not(model_save(model, "/dev/full", &error));
    expect_error(&error, ONNX_ERROR_IO, "cannot write /dev/full: No space left on device");
    cr_expect(stat("/dev/full", &about) == 0 && S_ISCHR(about.st_mode), "still a device");
}

Test(external, files_that_cannot_be)
{
    g_autofree char *nowhere = in_folder("none/m.onnx");
    GError *error = NULL;
    cr_expect_not(file_replace(nowhere, "x", 1, FALSE, &error));
    expect_error(&error, ONNX_ERROR_IO, "No such file");
    cr_expect_not(file_replace(folder, "x", 1, FALSE, &error));
    expect_error(&error, ONNX_ERROR_IO, "cannot write");
    cr_expect_null(model_load(folder, NULL, &error));
    expect_error(&error, ONNX_ERROR_IO, "not a regular file");
    cr_expect_null(model_load(nowhere, NULL, &error));
    expect_error(&error, ONNX_ERROR_IO, "cannot read");
}

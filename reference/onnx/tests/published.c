/* The ONNX project's own backend test data, where the machine has it: every model and tensor loads, checks, and saves
 * to bytes that load as the same model. */
#include "reference/onnx/tests/support.h"

#include <string.h>

static const char *const places[] = { "/usr/lib/python3/dist-packages/onnx/backend/test/data" };

typedef struct {
    guint models, values, failures;
} Tally;

static void note(Tally *tally, GError *error, const char *path, const char *what)
{
    tally->failures++;
    cr_log_error("%s: %s: %s", what, path, error ? error->message : "differs");
    g_clear_error(&error);
}

static void try_model(const char *path, Tally *tally)
{
    GError           *error = NULL;
    g_autofree char  *folder = g_path_get_dirname(path);
    g_autoptr(Model)  model = model_load(path, NULL, &error);
    g_autoptr(GBytes) bytes = model && model_check(model, &error) ? model_to_bytes(model, &error) : NULL;
    tally->models++;
    if (!bytes) {
        note(tally, error, path, "first load");
        return;
    }
    gsize       size;
    const void *data = g_bytes_get_data(bytes, &size);
    g_autoptr(Model)  again = model_load_bytes(data, size, folder, path, NULL, &error);
    g_autoptr(GBytes) second = again ? model_to_bytes(again, &error) : NULL;
    if (!second || !g_bytes_equal(bytes, second))
        note(tally, error, path, "second load");
}

/* Test data files do not say which message they hold; the model's input or output of that number does. */
static void try_value(const char *path, const Model *model, Tally *tally)
{
    g_autofree char *name = g_path_get_basename(path);
    const gboolean   input = g_str_has_prefix(name, "input_");
    if (!input && !g_str_has_prefix(name, "output_"))
        return;
    const gsize index = (gsize)g_ascii_strtoull(strchr(name, '_') + 1, NULL, 10);
    const List *infos = input ? &model->graph->inputs : &model->graph->outputs;
    if (index >= infos->n)
        return;
    GError           *error = NULL;
    g_autoptr(Value)  value = value_load(path, LIST_AT(infos, ValueInfo, index)->type, NULL, &error);
    g_autoptr(GBytes) bytes = value ? value_to_bytes(value, "v", &error) : NULL;
    tally->values++;
    if (!bytes)
        note(tally, error, path, "value");
}

static void walk(const char *folder, const Model *outer, Tally *tally)
{
    g_autofree char *path = g_build_filename(folder, "model.onnx", NULL);
    g_autoptr(Model) own = NULL;
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        try_model(path, tally);
        own = model_load(path, NULL, NULL);
    }
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    for (const char *name; entries && (name = g_dir_read_name(entries));) {
        g_autofree char *entry = g_build_filename(folder, name, NULL);
        if (g_file_test(entry, G_FILE_TEST_IS_DIR))
            walk(entry, own ? own : outer, tally);
        else if (outer && g_str_has_suffix(name, ".pb"))
            try_value(entry, outer, tally);
    }
}

Test(published, models_and_values_load)
{
    Tally tally = { 0 };
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
        walk(places[i], NULL, &tally);
    if (tally.models == 0)
        cr_skip("no ONNX backend test data on this machine");
    cr_log_info("%u models, %u values", tally.models, tally.values);
    cr_expect_eq(tally.failures, 0);
}

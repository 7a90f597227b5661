/* A backend that is a command line, run by a worker that was started before its time. */
#include "backends_under_test/runner/lane.h"
#include "backends_under_test/runner/scheduler.h"
#include "backends_under_test/runner/tests/fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static Backend *load(Fixture *f, const char *name)
{
    g_autofree char *folder = g_build_filename(f->backends, name, NULL);
    GError *error = NULL;
    Backend *backend = backend_load(folder, &error);
    cr_assert_not_null(backend, "%s", error ? error->message : "");
    return backend;
}

Test(command, what_it_says_goes_to_the_log_of_the_run)
{
    Fixture f;
    fixture_open(&f);
    fixture_add_command(&f, "noisy", "\"sh\", \"-c\", \"echo said >&2; exit 1\"", "");
    g_autoptr(Backend) backend = load(&f, "noisy");
    g_autofree char *logs = g_build_filename(f.folder, "logs", NULL), *out = g_build_filename(f.folder, "out", NULL);
    const RunOptions options = { .jobs = 1, .seconds = 20, .logs = logs, .output_bytes = 1 << 20 };
    GError *error = NULL;
    Attempt attempt;
    g_autoptr(GPtrArray) inputs = g_ptr_array_new();
    Worker *worker = run_launch(backend, &options);
    for (int i = 0; i < 100; i++) /* what was freed too early is taken by others */
        g_free(g_strnfill((gsize)i, '#'));
    cr_assert(worker && worker_greet(worker, &error), "%s", error ? error->message : "");
    worker_run(worker, "model.onnx", inputs, out, &attempt);
    attempt_clear(&attempt);
    worker_free(worker);
    g_autofree char *path = lane_log_path(&options, backend, 0), *text = NULL;
    cr_expect(g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "said"), "%s: %s", path, text ? text : "no such file");
    fixture_close(&f);
}

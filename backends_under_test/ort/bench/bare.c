/* The least that running a corpus on ONNX Runtime can cost: a loop over its C API that loads every model, reads its inputs
 * and runs it once. No process of its own, no outputs written, nothing judged.
 *
 *     bare CORPUS
 *
 * Prints how many cases there are, how many the library ran, and the seconds of the loop, wall clock and CPU. Exit status 2
 * if it could not begin. */
#include "backends_under_test/ort/session.h"
#include "golden/corpus.h"

#include <stdio.h>
#include <time.h>

typedef struct {
    char      *model;
    GPtrArray *inputs;
} Files;

static void files_free(gpointer data)
{
    Files *files = data;
    g_free(files->model);
    g_ptr_array_unref(files->inputs);
    g_free(files);
}

static Files *files_of(const char *folder)
{
    Files *files = g_new0(Files, 1);
    files->model = case_model_path(folder);
    files->inputs = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0;; i++) {
        g_autofree char *path = case_data_path(folder, "input", i);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return files;
        g_ptr_array_add(files->inputs, g_steal_pointer(&path));
    }
}

static gboolean run(Engine *e, const OrtSessionOptions *options, const Files *files)
{
    OrtSession *session = NULL;
    double      seconds;
    if (!engine_check(e,
                      ORT_CALL(e->api, ORT_CREATE_SESSION,
                               (const OrtEnv *, const char *, const OrtSessionOptions *, OrtSession **))(e->env, files->model,
                                                                                                        options, &session),
                      TRUE, NULL))
        return FALSE;
    GPtrArray *outputs = session_run(e, session, (const char *const *)files->inputs->pdata, files->inputs->len, &seconds, NULL);
    ORT_RELEASE(e->api, ORT_RELEASE_SESSION, session);
    if (!outputs)
        return FALSE;
    g_ptr_array_unref(outputs);
    return TRUE;
}

static double cpu_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    Engine               engine = { 0 };
    g_autoptr(GError)    error = NULL;
    g_autoptr(GPtrArray) folders = argc == 2 ? corpus_list(argv[1], &error) : NULL;
    cJSON               *options = cJSON_CreateObject(); /* none: what the adapter does by itself */
    OrtSessionOptions   *session_options =
        folders && engine_open(&engine, NULL, &error) ? engine_options(&engine, options, &error) : NULL;
    if (!session_options) {
        fprintf(stderr, "bare: %s\n", error ? error->message : "expected one corpus");
        return 2;
    }
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(files_free);
    for (guint i = 0; i < folders->len; i++)
        g_ptr_array_add(all, files_of(folders->pdata[i]));
    guint        ran = 0;
    const double start = adapter_clock(), cpu = cpu_clock();
    for (guint i = 0; i < all->len; i++)
        ran += run(&engine, session_options, all->pdata[i]) ? 1 : 0;
    printf("%u %u %.3f %.3f\n", all->len, ran, adapter_clock() - start, cpu_clock() - cpu);
    cJSON_Delete(options);
    return 0;
}

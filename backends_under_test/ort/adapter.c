/* ONNX Runtime under test, through its C API, in a process of its own.
 *
 * Options: provider (cpu, cuda, ...), device_id, threads, optimization (none, basic, extended, all), library. */
#include "backends_under_test/ort/session.h"

typedef struct {
    Engine             engine;
    OrtSessionOptions *options;
    char              *device;
} State;

static gboolean hello(const cJSON *options, AdapterFacts *facts, gpointer data, GError **error)
{
    State *state = data;
    if (!state->engine.env && !engine_open(&state->engine, adapter_option(options, "library", NULL), error))
        return FALSE;
    if (!(state->options = engine_options(&state->engine, options, error)))
        return FALSE;
    facts->version = state->engine.version;
    facts->device = state->device = g_strdup(adapter_option(options, "provider", "cpu"));
    return TRUE;
}

/* ---- running ------------------------------------------------------------------------------------------------------- */

static GPtrArray *run(const char *model, const char *const *inputs, gsize n, const cJSON *options, gpointer data,
                      GError **error)
{
    State      *state = data;
    Engine     *e = &state->engine;
    OrtSession *session = NULL;
    (void)options; /* those of hello hold for the process */
    if (!state->options) {
        g_set_error(error, ADAPTER_ERROR, ADAPTER_ERROR_ITSELF, "run came before hello");
        return NULL;
    }
    const double start = adapter_clock();
    if (!engine_check(e,
                      ORT_CALL(e->api, ORT_CREATE_SESSION,
                               (const OrtEnv *, const char *, const OrtSessionOptions *, OrtSession **))(
                          e->env, model, state->options, &session),
                      TRUE, error))
        return NULL;
    const double loaded = adapter_clock();
    adapter_loaded();
    double       running = 0;
    GPtrArray   *outputs = session_run(e, session, inputs, n, &running, error);
    adapter_timing(loaded - start, running);
    ORT_RELEASE(e->api, ORT_RELEASE_SESSION, session);
    return outputs;
}

int main(void)
{
    State                         state = { 0 };
    static const AdapterCallbacks callbacks = { .name = "ONNX Runtime", .hello = hello, .run = run, .announces_load = TRUE };
    int                           status = adapter_serve(&callbacks, &state);
    Engine                       *e = &state.engine;
    if (state.options)
        ORT_RELEASE(e->api, ORT_RELEASE_OPTIONS, state.options);
    if (e->cpu)
        ORT_RELEASE(e->api, ORT_RELEASE_MEMORY, e->cpu);
    if (e->env)
        ORT_RELEASE(e->api, ORT_RELEASE_ENV, e->env);
    g_free(e->version);
    g_free(state.device);
    return status;
}

/* The adapter's side of the protocol, with functions that do as little as they can. */
#include "backends_under_test/runner/serve.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static gboolean hello_without_facts(const cJSON *options, AdapterFacts *facts, gpointer state, GError **error)
{
    (void)options, (void)state, (void)error;
    *facts = (AdapterFacts){ 0 };
    return TRUE;
}

static gboolean hello_in_silence(const cJSON *options, AdapterFacts *facts, gpointer state, GError **error)
{
    (void)options, (void)facts, (void)state, (void)error;
    return FALSE;
}

static GPtrArray *run_in_silence(const char *model, const char *const *inputs, gsize n_inputs, const cJSON *options, gpointer state,
                                 GError **error)
{
    (void)model, (void)inputs, (void)n_inputs, (void)options, (void)state, (void)error;
    return NULL;
}

/* What an adapter of these functions writes on stdout for these lines on stdin; both stay redirected. Free with g_free. */
static char *serve(const AdapterCallbacks *callbacks, const char *requests)
{
    g_autofree char *folder = g_dir_make_tmp("assay-serve-XXXXXX", NULL);
    g_autofree char *in = g_build_filename(folder, "in", NULL), *out = g_build_filename(folder, "out", NULL);
    char            *said = NULL;
    cr_assert(g_file_set_contents(in, requests, -1, NULL));
    cr_assert_not_null(freopen(in, "r", stdin));
    cr_assert_geq(dup2(open(out, O_WRONLY | O_CREAT, 0600), STDOUT_FILENO), 0);
    cr_redirect_stderr(); /* it marks whose words come there */
    cr_expect_eq(adapter_serve(callbacks, NULL), 0);
    cr_assert(g_file_get_contents(out, &said, NULL, NULL));
    g_unlink(in);
    g_unlink(out);
    g_rmdir(folder);
    return said;
}

Test(serve, failing_without_an_error_is_an_error_of_the_adapter)
{
    const AdapterCallbacks callbacks = { .name = "silent", .hello = hello_without_facts, .run = run_in_silence };
    g_autofree char *said = serve(&callbacks, "{\"type\":\"hello\",\"protocol\":1,\"options\":{}}\n"
                                              "{\"type\":\"run\",\"id\":1,\"model\":\"m\",\"inputs\":[],\"outputs_dir\":\"/nonexistent\"}\n"
                                              "{\"type\":\"stop\"}\n");
    cr_expect_str_eq(said, "{\"protocol\":1,\"name\":\"silent\",\"version\":\"unknown\",\"devices\":[\"cpu\"],\"queues\":true}\n"
                           "{\"id\":1,\"error\":{\"stage\":\"run\",\"message\":\"the adapter's function for run gave neither a result nor "
                           "an error\",\"kind\":\"adapter\"}}\n");
}

Test(serve, so_is_a_hello_that_fails_without_one)
{
    const AdapterCallbacks callbacks = { .name = "silent", .hello = hello_in_silence, .run = run_in_silence };
    g_autofree char *said = serve(&callbacks, "{\"type\":\"hello\",\"protocol\":1,\"options\":{}}\n");
    cr_expect(strstr(said, "the adapter's function for hello gave neither a result nor an error"), "%s", said);
}

/* assay context: the packager. */
#include "backends_under_test/runner/context_backend.h"
#include "backends_under_test/runner/evaluate.h"
#include "reference/cli/subcommand.h"
#include "reference/onnx/save.h"
#include "reference/onnx/text.h"

#include <stdio.h>
#include <string.h>

static int cmd_context(int argc, char **argv);
SUBCOMMAND_DEFINE(context, "context", "pack|list|check|apply|run|strip MODEL", "precompiled objects in a model: put in, look at, take out", cmd_context)

typedef struct {
    char    *vendor, *payload, *compile, *weights, *encoding, *region, *id, *compatibility, *policy, *out, *external;
    int      priority;
    char   **providers, **backends, **inputs;
} Options;

static gboolean usage(GError **error, const char *text)
{
    g_set_error_literal(error, CONTEXT_ERROR, CONTEXT_ERROR_ARGUMENT, text);
    return FALSE;
}

static gboolean write_bytes(const Options *o, GBytes *bytes, GError **error)
{
    gsize       size;
    const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    return bytes && file_replace(o->out, data, size, TRUE, error);
}

/* ---- pack --------------------------------------------------------------------------------------------------------------------- */

/* "0 2 5", "0,2,5" or "0-4": indices of the main graph's nodes; NULL: all. */
static GArray *read_nodes(const Container *c, const char *text, GError **error)
{
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_auto(GStrv) parts = g_strsplit_set(text ? text : "", " ,", -1);
    for (gsize i = 0; !text && i < c->model->graph->nodes.n; i++)
        g_array_append_val(nodes, i);
    for (char **part = parts; text && *part; part++) {
        char *end = *part;
        const guint64 first = g_ascii_strtoull(*part, &end, 10);
        guint64       last = first;
        if (end != *part && *end == '-')
            last = g_ascii_strtoull(end + 1, &end, 10);
        if (!**part)
            continue;
        if (end == *part || *end || last >= c->model->graph->nodes.n || first > last) {
            g_set_error(error, CONTEXT_ERROR, CONTEXT_ERROR_ARGUMENT, "--region: '%s' is no node index or range below %" G_GSIZE_FORMAT, *part,
                        c->model->graph->nodes.n);
            return NULL;
        }
        for (gsize i = (gsize)first; i <= last; i++)
            g_array_append_val(nodes, i);
    }
    return g_steal_pointer(&nodes);
}

/* The region that the file has under that id, else a new one. */
static ContextRegion *find_or_add(Container *c, const Options *o, GError **error)
{
    const char *id = o->id ? o->id : "region";
    for (gsize i = 0; i < c->regions.n; i++)
        if (strcmp(LIST_AT(&c->regions, ContextRegion, i)->id, id) == 0)
            return LIST_AT(&c->regions, ContextRegion, i);
    g_autoptr(GArray) nodes = read_nodes(c, o->region, error);
    ContextRegion *r = nodes ? container_add_region(c, id, (const gsize *)(void *)nodes->data, nodes->len, error) : NULL;
    if (r && o->policy && !context_policy_from_name(o->policy, &r->policy)) {
        usage(error, "--policy: expected prefer, require or ignore");
        return NULL;
    }
    if (r && (o->weights ? strcmp(o->weights, "inside") == 0 : o->compile != NULL))
        r->weights = WEIGHTS_INSIDE;
    return r;
}

/* The blob, from a file or from a compiler; its strings live as long as `backend`, its bytes as long as `payload`. */
static gboolean make_blob(const Options *o, const Container *c, const ContextRegion *region, ContextBackend *backend, ContextBlob *blob,
                          GBytes **payload, GError **error)
{
    if (o->compile) {
        if (!context_backend_compile(backend, c, region, blob, payload, error))
            return FALSE;
    } else {
        char *data = NULL;
        gsize size;
        if (!g_file_get_contents(o->payload, &data, &size, error))
            return FALSE;
        *payload = g_bytes_new_take(data, size);
        *blob = (ContextBlob){ .payload = { (const uint8_t *)data, size } };
    }
    blob->backend = o->vendor ? o->vendor : blob->backend;
    blob->compatibility = o->compatibility ? o->compatibility : blob->compatibility;
    blob->priority = o->priority;
    return TRUE;
}

/* The payload beside the model that is written, under the name given. */
static gboolean write_external(const Options *o, const ContextBlob *blob, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(o->out), *path = g_build_filename(folder, o->external, NULL);
    return file_replace(path, blob->payload.data, blob->payload.size, TRUE, error);
}

static gboolean pack(const Options *o, Container *c, GError **error)
{
    if (!o->out || (o->compile ? o->payload != NULL : !o->vendor || !o->payload))
        return usage(error, "pack needs --output, and either --compile or --vendor and --payload");
    if (o->weights && strcmp(o->weights, "inside") != 0 && strcmp(o->weights, "passed") != 0)
        return usage(error, "--weights: expected inside or passed");
    ContextEncoding encoding = c->encoding == ENCODING_NONE ? ENCODING_A : c->encoding;
    if (o->encoding && !context_encoding_from_name(o->encoding, &encoding))
        return usage(error, "--encoding: expected A, B, C1, C2 or D");
    if (o->external && strchr(o->external, '/'))
        return usage(error, "--external: expected a plain file name");
    c->encoding = encoding;
    ContextRegion *region = find_or_add(c, o, error);
    g_autoptr(ContextBackend) backend = region && o->compile ? context_backend_start(o->compile, error) : NULL;
    g_autoptr(GBytes) payload = NULL;
    ContextBlob given;
    if (!region || (o->compile && !backend) || !make_blob(o, c, region, backend, &given, &payload, error))
        return FALSE;
    ContextBlob *blob = container_add_blob(c, region, &given);
    if (o->external) {
        if (!write_external(o, blob, error))
            return FALSE;
        blob->location = o->external;
        blob->length = (int64_t)blob->payload.size;
    }
    g_autoptr(GBytes) bytes = container_pack(c, error);
    return write_bytes(o, bytes, error);
}

/* ---- list, check, apply, strip ---------------------------------------------------------------------------------------------------- */

static void print_blob(const ContextBlob *b)
{
    g_autofree char *where = b->location ? g_strdup_printf("file %s", b->location)
                             : b->body   ? g_strdup("nodes")
                                         : g_strdup_printf("%" G_GSIZE_FORMAT " bytes inline", b->payload.size);
    printf("    %-12s priority %-3" G_GINT64_FORMAT " %-24s %s %.12s\n", *b->backend ? b->backend : "any", b->priority, where, b->compatibility, b->digest);
}

static void list(const Container *c)
{
    g_autofree char *regions = cli_count(c->regions.n, "region");
    printf("encoding %s, %s\n", context_encoding_name(c->encoding), regions);
    for (gsize i = 0; i < c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&c->regions, ContextRegion, i);
        g_autofree char *nodes = cli_count(r->n_nodes, "node"), *inputs = cli_count(r->n_inputs, "input"),
                        *outputs = cli_count(r->n_outputs, "output");
        printf("region %s: %s, %s, %s, policy %s%s%s\n", r->id, nodes, inputs, outputs, context_policy_name(r->policy), r->torn ? ", stale: " : "", r->torn ? r->torn : "");
        for (gsize k = 0; k < r->blobs.n; k++)
            print_blob(LIST_AT(&r->blobs, ContextBlob, k));
    }
}

/* Every payload and digest, whoever may use it. */
static gboolean check(Container *c, const char *folder, GError **error)
{
    for (gsize i = 0; i < c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&c->regions, ContextRegion, i);
        g_autofree char *digest = context_digest(c->model->graph, r->nodes, r->n_nodes);
        if (r->torn || (*r->digest && strcmp(digest, r->digest) != 0)) {
            g_set_error(error, CONTEXT_ERROR, CONTEXT_ERROR_FORMAT, "region '%s' is stale: %s", r->id,
                        r->torn ? r->torn : "the subgraph is not the one that was compiled");
            return FALSE;
        }
        for (gsize k = 0; k < r->blobs.n; k++) {
            const ContextBlob *blob = LIST_AT(&r->blobs, ContextBlob, k);
            ContextClass       outcome;
            g_autoptr(GBytes) bytes = blob->body ? g_bytes_new(NULL, 0) : context_payload(c, blob, folder, 0, &outcome, error);
            if (bytes)
                continue;
            g_prefix_error(error, "region '%s', backend '%s': %s: ", r->id, blob->backend, context_class_name(outcome));
            return FALSE;
        }
    }
    g_autofree char *regions = cli_count(c->regions.n, "region");
    printf("good: encoding %s, %s\n", context_encoding_name(c->encoding), regions);
    return TRUE;
}

/* The real backends of the session, in its order, in front of nothing: mock vendors are named by the model or --provider. */
static gboolean start_backends(const Options *o, ContextSession *session, GPtrArray *backends, GError **error)
{
    const gsize n = o->backends ? g_strv_length(o->backends) : 0;
    ContextProvider *providers = arena_array(session->arena, ContextProvider, session->n_providers + n + 1);
    for (gsize i = 0; i < n; i++) {
        ContextBackend *backend = context_backend_start(o->backends[i], error);
        if (!backend)
            return FALSE;
        g_ptr_array_add(backends, backend);
        providers[i] = *context_backend_provider(backend);
    }
    for (gsize i = 0; i < session->n_providers; i++)
        providers[n + i] = session->providers[i];
    session->providers = providers;
    session->n_providers += n;
    return TRUE;
}

static void print_decision(const ContextDecision *d)
{
    printf("region %s: %s%s%s%s%s\n", d->region->id, context_class_name(d->outcome), d->blob ? ", " : "", d->blob ? d->blob->backend : "",
           d->message ? ": " : "", d->message ? d->message : "");
}

/* The model as the session runs it; the objects that it calls are with `backends`. */
static Model *prepare(const Options *o, Container *c, const char *folder, GPtrArray *backends, GError **error)
{
    g_autofree char *providers = o->providers ? g_strjoinv(";", o->providers) : NULL;
    const ContextWishes wishes = { .providers = providers };
    g_autoptr(ContextSession) session = context_session_new(c->model, &wishes, error);
    if (!session || !start_backends(o, session, backends, error))
        return NULL;
    g_autoptr(GPtrArray) decisions = context_select(c, session, folder, error);
    for (guint i = 0; decisions && i < decisions->len; i++)
        print_decision(decisions->pdata[i]);
    g_autoptr(Model) model = decisions ? model_copy(c->model) : NULL;
    return model && context_apply(model, decisions, 0, error) ? g_steal_pointer(&model) : NULL;
}

static gboolean apply(const Options *o, Container *c, const char *folder, GError **error)
{
    if (o->backends && o->out)
        return usage(error, "apply: what a backend loaded cannot be written into a model: leave out --output or --backend");
    g_autoptr(GPtrArray) backends = g_ptr_array_new_with_free_func((GDestroyNotify)context_backend_free);
    g_autoptr(Model) model = prepare(o, c, folder, backends, error);
    return model && (!o->out || model_save(model, o->out, error));
}

/* ---- run ------------------------------------------------------------------------------------------------------------------------------ */

static gboolean deliver(const Options *o, const char *name, gsize i, const Value *value, GError **error)
{
    enum { SHOWN = 64 };
    if (o->out) {
        g_autofree char *file = g_strdup_printf("output_%" G_GSIZE_FORMAT ".pb", i), *path = g_build_filename(o->out, file, NULL);
        return value_save(value, name, path, error);
    }
    g_autofree char *text = value->kind == VALUE_TENSOR ? tensor_to_text(value->tensor, SHOWN) : value_describe(value);
    printf("%s = %s\n", name, text);
    return TRUE;
}

/* Objects run where they were loaded, what is left of the graph in the reference evaluator. */
static gboolean run_session(const Options *o, Container *c, const char *folder, GError **error)
{
    static const char *const none[] = { NULL };
    const char *const *inputs = o->inputs ? (const char *const *)o->inputs : none;
    g_autoptr(GPtrArray) backends = g_ptr_array_new_with_free_func((GDestroyNotify)context_backend_free);
    g_autoptr(Model) model = prepare(o, c, folder, backends, error);
    const EvalOptions options = { .object = context_backends_run, .object_data = backends };
    g_autoptr(GPtrArray) outputs =
        model ? evaluate_files(model, inputs, g_strv_length((char **)inputs), &options, adapter_clock(), error) : NULL;
    gboolean good = outputs != NULL;
    for (guint i = 0; good && i < outputs->len; i++)
        good = deliver(o, LIST_AT(&model->graph->outputs, ValueInfo, i)->name, i, outputs->pdata[i], error);
    return good;
}

static gboolean strip(const Options *o, const Container *c, GError **error)
{
    return o->out ? write_bytes(o, c->original, error) : usage(error, "strip needs --output");
}

static gboolean run(const Options *o, const char *verb, const char *path, GError **error)
{
    g_autoptr(Container) c = container_load(path, error);
    g_autofree char     *folder = g_path_get_dirname(path);
    if (!c)
        return FALSE;
    if (strcmp(verb, "list") == 0)
        list(c);
    else if (strcmp(verb, "pack") == 0)
        return pack(o, c, error);
    else if (strcmp(verb, "check") == 0)
        return check(c, folder, error);
    else if (strcmp(verb, "apply") == 0)
        return apply(o, c, folder, error);
    else if (strcmp(verb, "run") == 0)
        return run_session(o, c, folder, error);
    else if (strcmp(verb, "strip") == 0)
        return strip(o, c, error);
    else
        return usage(error, "expected pack, list, check, apply, run or strip");
    return TRUE;
}

static int cmd_context(int argc, char **argv)
{
    Options o = { 0 };
    int     code;
    const GOptionEntry entries[] = {
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "What is written (pack, strip; apply: the model as it runs; run: a folder)", "FILE" },
        { "vendor", 'v', 0, G_OPTION_ARG_STRING, &o.vendor, "pack: key of the backend that may use the payload", "NAME" },
        { "payload", 'p', 0, G_OPTION_ARG_FILENAME, &o.payload, "pack: the compiled object", "FILE" },
        { "compile", 0, 0, G_OPTION_ARG_STRING, &o.compile, "pack: have this backend compile the payload, and say what it fits", "BACKEND" },
        { "weights", 0, 0, G_OPTION_ARG_STRING, &o.weights, "pack: inside the payload (default with --compile), or passed", "WHERE" },
        { "encoding", 'e', 0, G_OPTION_ARG_STRING, &o.encoding, "pack: A (default), B, C1, C2 or D", "NAME" },
        { "region", 'r', 0, G_OPTION_ARG_STRING, &o.region, "pack: nodes by index, \"0-3 7\" (default: the whole graph)", "NODES" },
        { "id", 0, 0, G_OPTION_ARG_STRING, &o.id, "pack: the region's name; one that is there gets another payload", "NAME" },
        { "compatibility", 'c', 0, G_OPTION_ARG_STRING, &o.compatibility, "pack: text by which the backend judges the payload", "TEXT" },
        { "priority", 0, 0, G_OPTION_ARG_INT, &o.priority, "pack: higher is tried first", "N" },
        { "policy", 0, 0, G_OPTION_ARG_STRING, &o.policy, "pack: prefer (default), require or ignore", "NAME" },
        { "external", 'x', 0, G_OPTION_ARG_STRING, &o.external, "pack: keep the payload in this file beside the output", "NAME" },
        { "provider", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.providers, "apply: a mock backend \"mock-a:1\"; in order", "KEY:VERSION" },
        { "backend", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &o.backends, "apply, run: a real backend, before the mock ones; in order", "NAME" },
        { "input", 'i', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.inputs, "run: an input, in the order of the graph's inputs", "FILE.pb" },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_context, entries,
                   "pack   put a payload into MODEL            list   what is in it\n"
                   "check  payloads and digests                apply  what a session makes of it: which blob runs where\n"
                   "run    apply, and compute                  strip  the model as it was before pack, byte for byte\n\n"
                   "Examples: assay context pack model.onnx --vendor acme --payload blob.bin --region 0-4 -o packed.onnx\n"
                   "          assay context pack model.onnx --compile openvino -o packed.onnx\n"
                   "          assay context run packed.onnx -b openvino -i input_0.pb", &code))
        return code;
    if (argc != 3)
        return cli_complain(&subcommand_context, EXIT_USAGE, "expected what to do and one model; see 'assay context --help'");
    GError *error = NULL;
    const gboolean ok = run(&o, argv[1], argv[2], &error);
    char *const texts[] = { o.vendor, o.payload, o.compile, o.weights, o.encoding, o.region, o.id, o.compatibility, o.policy, o.out, o.external };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(o.providers);
    g_strfreev(o.backends);
    g_strfreev(o.inputs);
    if (ok)
        return cli_finish(&subcommand_context, EXIT_GOOD);
    const gboolean usage_error = g_error_matches(error, CONTEXT_ERROR, CONTEXT_ERROR_ARGUMENT) ||
                                 g_error_matches(error, ONNX_ERROR, ONNX_ERROR_IO) || error->domain == G_FILE_ERROR;
    return cli_fail(&subcommand_context, usage_error ? EXIT_USAGE : EXIT_SHORT, error);
}

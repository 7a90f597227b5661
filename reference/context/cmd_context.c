/* assay context: the packager. */
#include "reference/cli/subcommand.h"
#include "reference/context/session.h"
#include "reference/onnx/save.h"

#include <stdio.h>
#include <string.h>

static int cmd_context(int argc, char **argv);
SUBCOMMAND_DEFINE(context, "context", "pack|list|check|apply|strip MODEL", "precompiled objects in a model: put in, look at, take out", cmd_context)

typedef struct {
    char    *vendor, *payload, *encoding, *region, *id, *compatibility, *policy, *out, *external;
    int      priority;
    char   **providers;
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
    return r;
}

/* The payload beside the model that is written, under the name given. */
static gboolean write_external(const Options *o, const ContextBlob *blob, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(o->out), *path = g_build_filename(folder, o->external, NULL);
    return file_replace(path, blob->payload.data, blob->payload.size, TRUE, error);
}

static gboolean pack(const Options *o, Container *c, GError **error)
{
    if (!o->vendor || !o->payload || !o->out)
        return usage(error, "pack needs --vendor, --payload and --output");
    ContextEncoding encoding = c->encoding == ENCODING_NONE ? ENCODING_A : c->encoding;
    if (o->encoding && !context_encoding_from_name(o->encoding, &encoding))
        return usage(error, "--encoding: expected A, B, C1, C2 or D");
    if (o->external && strchr(o->external, '/'))
        return usage(error, "--external: expected a plain file name");
    c->encoding = encoding;
    ContextRegion *region = find_or_add(c, o, error);
    g_autofree char *data = NULL;
    gsize size;
    if (!region || !g_file_get_contents(o->payload, &data, &size, error))
        return FALSE;
    const ContextBlob given = { .backend = o->vendor, .compatibility = o->compatibility, .priority = o->priority, .payload = { (uint8_t *)data, size } };
    ContextBlob *blob = container_add_blob(c, region, &given);
    if (o->external) {
        if (!write_external(o, blob, error))
            return FALSE;
        blob->location = o->external;
        blob->length = (int64_t)size;
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
    printf("encoding %s, %" G_GSIZE_FORMAT " regions\n", context_encoding_name(c->encoding), c->regions.n);
    for (gsize i = 0; i < c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&c->regions, ContextRegion, i);
        printf("region %s: %" G_GSIZE_FORMAT " nodes, %" G_GSIZE_FORMAT " inputs, %" G_GSIZE_FORMAT " outputs, policy %s%s%s\n", r->id, r->n_nodes,
               r->n_inputs, r->n_outputs, context_policy_name(r->policy), r->torn ? ", stale: " : "", r->torn ? r->torn : "");
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
    printf("good: encoding %s, %" G_GSIZE_FORMAT " regions\n", context_encoding_name(c->encoding), c->regions.n);
    return TRUE;
}

static gboolean apply(const Options *o, Container *c, const char *folder, GError **error)
{
    g_autofree char *providers = o->providers ? g_strjoinv(";", o->providers) : NULL;
    const ContextWishes wishes = { .providers = providers };
    g_autoptr(ContextSession) session = context_session_new(c->model, &wishes, error);
    g_autoptr(GPtrArray) decisions = session ? context_select(c, session, folder, error) : NULL;
    if (!decisions)
        return FALSE;
    for (guint i = 0; i < decisions->len; i++) {
        const ContextDecision *d = decisions->pdata[i];
        printf("region %s: %s%s%s%s%s\n", d->region->id, context_class_name(d->outcome), d->blob ? ", " : "", d->blob ? d->blob->backend : "",
               d->message ? ": " : "", d->message ? d->message : "");
    }
    g_autoptr(Model) model = model_copy(c->model);
    return context_apply(model, decisions, 0, error) && (!o->out || model_save(model, o->out, error));
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
    else if (strcmp(verb, "strip") == 0)
        return strip(o, c, error);
    else
        return usage(error, "expected pack, list, check, apply or strip");
    return TRUE;
}

static int cmd_context(int argc, char **argv)
{
    Options o = { 0 };
    int     code;
    const GOptionEntry entries[] = {
        { "output", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "What is written (pack, strip; apply: the model as it runs)", "FILE" },
        { "vendor", 'v', 0, G_OPTION_ARG_STRING, &o.vendor, "pack: key of the backend that may use the payload", "NAME" },
        { "payload", 'p', 0, G_OPTION_ARG_FILENAME, &o.payload, "pack: the compiled object", "FILE" },
        { "encoding", 'e', 0, G_OPTION_ARG_STRING, &o.encoding, "pack: A (default), B, C1, C2 or D", "NAME" },
        { "region", 'r', 0, G_OPTION_ARG_STRING, &o.region, "pack: nodes by index, \"0-3 7\" (default: the whole graph)", "NODES" },
        { "id", 'i', 0, G_OPTION_ARG_STRING, &o.id, "pack: the region's name; one that is there gets another payload", "NAME" },
        { "compatibility", 'c', 0, G_OPTION_ARG_STRING, &o.compatibility, "pack: text by which the backend judges the payload", "TEXT" },
        { "priority", 0, 0, G_OPTION_ARG_INT, &o.priority, "pack: higher is tried first", "N" },
        { "policy", 0, 0, G_OPTION_ARG_STRING, &o.policy, "pack: prefer (default), require or ignore", "NAME" },
        { "external", 'x', 0, G_OPTION_ARG_STRING, &o.external, "pack: keep the payload in this file beside the output", "NAME" },
        { "provider", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.providers, "apply: a mock backend \"mock-a:1\"; in order", "KEY:VERSION" },
        { NULL, 0, 0, 0, NULL, NULL, NULL }
    };
    if (!cli_parse(&argc, &argv, &subcommand_context, entries,
                   "pack   put a payload into MODEL            list   what is in it\n"
                   "check  payloads and digests                apply  as a session of mock backends runs it\n"
                   "strip  the model without it, byte for byte as it was before pack\n\n"
                   "Example: assay context pack model.onnx --vendor acme --payload blob.bin --region 0-4 -o packed.onnx", &code))
        return code;
    if (argc != 3)
        return cli_complain(&subcommand_context, EXIT_USAGE, "expected what to do and one model; see 'assay context --help'");
    GError *error = NULL;
    const gboolean ok = run(&o, argv[1], argv[2], &error);
    char *const texts[] = { o.vendor, o.payload, o.encoding, o.region, o.id, o.compatibility, o.policy, o.out, o.external };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_strfreev(o.providers);
    if (ok)
        return cli_finish(&subcommand_context, EXIT_GOOD);
    const gboolean usage_error = g_error_matches(error, CONTEXT_ERROR, CONTEXT_ERROR_ARGUMENT);
    return cli_fail(&subcommand_context, usage_error ? EXIT_USAGE : EXIT_SHORT, error);
}

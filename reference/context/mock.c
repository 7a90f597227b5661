/* Mock vendors. A payload is "BCTXMOCK", format version (u32, little-endian), length of the rest (u32), then lines:
 *
 *     verdict=0|1|2|3|error    the vendor's opinion; left out: from the blob's compatibility text "<key>/<version>"
 *     mode=ok|load_fail|run_fail
 *     subgraph_sha256=HEX      what it was compiled from
 *     signature=TEXT           element types of its boundary (context_signature)
 *     bias=NUMBER              added to every floating-point output, so that the path taken is visible
 *     uses_weights=none|external|all
 *     partitions=NAME NAME     the graphs that it holds; then a blob must name one, and "key@NAME=" goes before "key="
 *
 * "Compiled code" is the region itself plus the bias. */
#include "reference/context/session.h"

#include <string.h>

#define MAGIC "BCTXMOCK"
enum { HEADER = 16, FORMAT = 1 };

GBytes *context_mock_payload(const char *lines)
{
    GByteArray   *out = g_byte_array_new();
    const guint32 head[] = { GUINT32_TO_LE(FORMAT), GUINT32_TO_LE((guint32)strlen(lines)) };
    g_byte_array_append(out, (const guint8 *)MAGIC, 8);
    g_byte_array_append(out, (const guint8 *)head, sizeof head);
    g_byte_array_append(out, (const guint8 *)lines, (guint)strlen(lines));
    return g_byte_array_free_to_bytes(out);
}

/* The lines as key -> value; NULL if the header is not that of this format. */
static GHashTable *parse(GBytes *payload)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(payload, &size);
    guint32 head[2];
    if (size < HEADER || memcmp(data, MAGIC, 8) != 0)
        return NULL;
    memcpy(head, data + 8, sizeof head);
    if (GUINT32_FROM_LE(head[0]) != FORMAT || GUINT32_FROM_LE(head[1]) != size - HEADER ||
        !g_utf8_validate_len((const char *)data + HEADER, size - HEADER, NULL))
        return NULL;
    GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *text = g_strndup((const char *)data + HEADER, size - HEADER);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        const char *equals = strchr(*line, '=');
        if (equals)
            g_hash_table_insert(keys, g_strndup(*line, (gsize)(equals - *line)), g_strdup(equals + 1));
    }
    return keys;
}

static const char *get(GHashTable *keys, const char *key)
{
    const char *value = g_hash_table_lookup(keys, key);
    return value ? value : "";
}

/* Puts the keys of one of the graphs in a payload in front of what all have in common; FALSE if there is no such graph. */
static gboolean choose_partition(GHashTable *keys, const char *wanted, guint flaws)
{
    g_auto(GStrv) names = g_strsplit(get(keys, "partitions"), " ", -1);
    if (!*get(keys, "partitions"))
        return TRUE;
    const char *name = flaws >> FLAW_IGNORE_PARTITION & 1 ? names[0] : wanted;
    if (!g_strv_contains((const char *const *)names, name))
        return FALSE;
    static const char *const own[] = { "verdict", "mode", "subgraph_sha256", "signature", "bias", "uses_weights" };
    for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
        g_autofree char *key = g_strdup_printf("%s@%s", own[i], name);
        const char *value = g_hash_table_lookup(keys, key);
        if (value)
            g_hash_table_insert(keys, g_strdup(own[i]), g_strdup(value));
    }
    return TRUE;
}

/* ---- opinion ---------------------------------------------------------------------------------------------------------------- */

/* A vendor runs blobs of its own version best, of older ones somehow, of newer ones not; foreign texts are not its. */
static ContextClass opinion(const ContextProvider *p, const ContextBlob *blob, const char *verdict)
{
    static const ContextClass classes[] = { CLASS_NOT_APPLICABLE, CLASS_USABLE, CLASS_SUBOPTIMAL, CLASS_UNSUPPORTED };
    if (*verdict)
        return verdict[0] >= '0' && verdict[0] <= '3' && !verdict[1] ? classes[verdict[0] - '0'] : CLASS_LOAD_FAILURE;
    const char *slash = strchr(blob->compatibility, '/');
    if (!slash || strncmp(blob->compatibility, p->key, (gsize)(slash - blob->compatibility)) != 0 ||
        strlen(p->key) != (gsize)(slash - blob->compatibility))
        return *blob->compatibility ? CLASS_NOT_APPLICABLE : CLASS_USABLE;
    char         *end;
    const guint64 version = g_ascii_strtoull(slash + 1, &end, 10);
    if (end == slash + 1 || *end)
        return CLASS_UNSUPPORTED; /* a prefix of its own that it cannot parse */
    return version == (guint64)p->version ? CLASS_USABLE : version < (guint64)p->version ? CLASS_SUBOPTIMAL : CLASS_UNSUPPORTED;
}

static gboolean signature_fits(const Container *c, const ContextRegion *r, GHashTable *keys)
{
    g_autofree char *own = context_signature(c->model->graph, r);
    const char *wanted = get(keys, "signature");
    if (strcmp(get(keys, "uses_weights"), "all") == 0 && r->weights != WEIGHTS_PASSED)
        return FALSE;
    return !*wanted || strcmp(wanted, own) == 0;
}

/* ---- code ------------------------------------------------------------------------------------------------------------------- */

static gboolean is_floating(const Container *c, const char *name, DType *dtype)
{
    const char         *names[] = { name };
    const ContextRegion one = { .outputs = names, .n_outputs = 1 };
    g_autofree char    *text = context_signature(c->model->graph, &one); /* "->float" */
    gsize n;
    const DTypeInfo *const *all = dtype_all(&n);
    for (gsize i = 0; i < n; i++)
        if (strcmp(text + 2, all[i]->name) == 0) {
            *dtype = all[i]->dtype;
            return all[i]->domain == DOMAIN_FLOAT && all[i]->bits >= 16;
        }
    return FALSE;
}

/* out = value + bias, or out = value. */
static void put_output(const Container *c, Graph *body, const char *value, const char *out, double bias)
{
    DType dtype;
    if (!is_floating(c, value, &dtype)) {
        graph_add_node(body, "", "Identity", NAMES(value), NAMES(out));
        return;
    }
    const char *constant = arena_printf(body->model->arena, "%s.bias", out);
    Tensor     *tensor = tensor_new(dtype, &(Shape){ .rank = 0 }, NULL);
    tensor_set_double(tensor, 0, bias);
    node_set_tensor(graph_add_node(body, "", "Constant", NO_NAMES, NAMES(constant)), body, "value", tensor);
    graph_add_node(body, "", "Add", NAMES(value, constant), NAMES(out));
}

static const Function *compile(const Container *c, const ContextRegion *r, double bias, gboolean fails, Model *into)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new(), outputs = g_ptr_array_new(), formals = g_ptr_array_new();
    for (gsize i = 0; i < r->n_inputs; i++)
        g_ptr_array_add(inputs, (gpointer)r->inputs[i]);
    for (gsize i = 0; i < r->n_outputs; i++) {
        g_ptr_array_add(outputs, (gpointer)arena_printf(into->arena, "bctx.out.%" G_GSIZE_FORMAT, i));
        g_ptr_array_add(formals, fails ? (gpointer)arena_printf(into->arena, "bctx.half.%" G_GSIZE_FORMAT, i) : outputs->pdata[i]);
    }
    g_ptr_array_add(inputs, NULL);
    g_ptr_array_add(outputs, NULL);
    g_ptr_array_add(formals, NULL);
    Function *f = model_add_function(into, "bctx.mock", "Blob", (const char *const *)inputs->pdata, (const char *const *)outputs->pdata, NO_NAMES);
    for (gsize i = 0; i < c->model->opset_imports.n; i++) {
        const OpsetImport *import = LIST_AT(&c->model->opset_imports, OpsetImport, i);
        function_import(f, import->domain, import->version);
    }
    for (gsize i = 0; i < r->n_nodes; i++)
        list_append(&f->body->nodes, into->arena, node_copy(LIST_AT(&c->model->graph->nodes, Node, r->nodes[i]), into));
    for (gsize i = 0; i < r->n_outputs; i++)
        put_output(c, f->body, r->outputs[i], formals->pdata[i], bias);
    if (fails) {
        graph_add_node(f->body, "bctx.mock", "Fail", (const char *const *)formals->pdata, (const char *const *)outputs->pdata);
        function_import(f, "bctx.mock", 1);
    }
    return f;
}

ContextClass context_mock_load(const Container *c, const ContextProvider *provider, const ContextRegion *region,
                               const ContextBlob *blob, GBytes *payload, guint flaws, Model *into,
                               const Function **replacement, char **message)
{
    g_autoptr(GHashTable) keys = parse(payload);
    if (!keys) {
        *message = g_strdup("not a payload of this format");
        return CLASS_CORRUPT;
    }
    if (!choose_partition(keys, blob->partition, flaws)) {
        *message = g_strdup_printf("the payload holds no graph '%s'", blob->partition);
        return CLASS_LOAD_FAILURE;
    }
    const char *compiled_from = get(keys, "subgraph_sha256");
    g_autofree char *own = context_digest(c->model->graph, region->nodes, region->n_nodes);
    if (!(flaws >> FLAW_IGNORE_STALE & 1) && *compiled_from && strcmp(compiled_from, own) != 0) {
        *message = g_strdup("the payload was compiled from another subgraph");
        return CLASS_STALE;
    }
    const ContextClass verdict = opinion(provider, blob, get(keys, "verdict"));
    if ((verdict == CLASS_UNSUPPORTED || verdict == CLASS_NOT_APPLICABLE) && !(flaws >> FLAW_IGNORE_VERDICT & 1)) {
        *message = g_strdup_printf("version %d of %s does not take '%s'", provider->version, provider->key, blob->compatibility);
        return verdict;
    }
    if (!(flaws >> FLAW_IGNORE_SIGNATURE & 1) && !signature_fits(c, region, keys)) {
        *message = g_strdup("the payload's inputs and outputs are not the region's");
        return CLASS_STALE;
    }
    if (verdict == CLASS_LOAD_FAILURE || strcmp(get(keys, "mode"), "load_fail") == 0) {
        *message = g_strdup_printf("%s cannot load it", provider->key);
        return CLASS_LOAD_FAILURE;
    }
    const gboolean fails = strcmp(get(keys, "mode"), "run_fail") == 0 && !(flaws >> FLAW_PARTIAL_OUTPUTS & 1);
    *replacement = compile(c, region, g_ascii_strtod(get(keys, "bias"), NULL), fails, into);
    return verdict == CLASS_SUBOPTIMAL ? CLASS_SUBOPTIMAL : CLASS_USABLE;
}

/* Encodings C1 and C2: entries beside an untouched graph. Replacement functions have names of their own: i0, i1, ... */
#include "reference/context/pack.h"
#include "reference/onnx/save.h"

#include <string.h>

/* Facts of an entry, as keys of a table. */
typedef void (*PutFact)(Pack *p, gpointer data, const char *key, const char *value);

static void put_facts(Pack *p, const ContextRegion *r, const ContextBlob *b, PutFact put, gpointer data)
{
    g_autofree char *priority = g_strdup_printf("%" G_GINT64_FORMAT, b->priority), *weights = g_strdup_printf("%d", (int)r->weights);
    put(p, data, "region", r->id);
    put(p, data, "target", b->backend);
    put(p, data, "compatibility", b->compatibility);
    put(p, data, "priority", priority);
    put(p, data, "digest", r->digest);
    put(p, data, "policy", context_policy_name(r->policy));
    put(p, data, "weights", weights);
    if (*b->digest)
        put(p, data, "payload_sha256", b->digest);
    if (*b->partition)
        put(p, data, "partition", b->partition);
}

/* ---- bodies --------------------------------------------------------------------------------------------------------------------- */

static void put_formals(GByteArray *to, guint number, guint node_number, const char *stem, gsize n, GByteArray *node)
{
    for (gsize i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("%s%" G_GSIZE_FORMAT, stem, i);
        if (to)
            field_put_text(to, number, name);
        if (node)
            field_put_text(node, node_number, name);
    }
}

static GByteArray *compiled_node(const ContextRegion *r, const ContextBlob *b)
{
    GByteArray *node = g_byte_array_new();
    put_formals(NULL, 0, NODE_INPUT, "i", r->n_inputs, node);
    put_formals(NULL, 0, NODE_OUTPUT, "o", r->n_outputs, node);
    field_put_text(node, NODE_OP_TYPE, "Compiled");
    pack_payloads(node, "payload", &b, 1);
    field_put_text(node, NODE_DOMAIN, CONTEXT_DOMAIN);
    return node;
}

/* The FunctionProto of a replacement of ordinary nodes, out of a model that holds nothing else. */
static GByteArray *body_function(const ContextBlob *b, GError **error)
{
    g_autoptr(Model) holder = model_new();
    list_append(&holder->functions, holder->arena, function_copy(b->body, holder));
    g_autoptr(GBytes) bytes = model_to_bytes(holder, error);
    if (!bytes)
        return NULL;
    gsize size;
    const void *data = g_bytes_get_data(bytes, &size);
    const Bytes function = field_find((Bytes){ data, size }, MODEL_FUNCTIONS);
    return g_byte_array_append(g_byte_array_new(), function.data, (guint)function.size);
}

/* ---- C1 ----------------------------------------------------------------------------------------------------------------------------- */

static void put_imports(const Pack *p, GByteArray *function)
{
    g_autoptr(GByteArray) own = g_byte_array_new();
    for (guint i = 0; i < p->strip->imports->len; i++) {
        const Bytes import = g_array_index(p->strip->imports, Bytes, i);
        field_put(function, FUNCTION_OPSET_IMPORT, import.data, import.size);
    }
    field_put_text(own, OPSET_DOMAIN, CONTEXT_DOMAIN);
    field_put_number(own, OPSET_VERSION, 1);
    field_put_array(function, FUNCTION_OPSET_IMPORT, own);
}

static gboolean put_function(Pack *p, const ContextRegion *r, const ContextBlob *b, const char *name, GError **error)
{
    g_autoptr(GByteArray) f = g_byte_array_new();
    field_put_text(f, FUNCTION_NAME, name);
    if (b->body) {
        g_autoptr(GByteArray) body = body_function(b, error);
        Field field;
        if (!body)
            return FALSE;
        for (gsize at = 0; field_next((Bytes){ body->data, body->len }, &at, &field);)
            if (field.number != FUNCTION_NAME && field.number != FUNCTION_DOMAIN)
                field_copy(f, &field);
    } else {
        g_autoptr(GByteArray) node = compiled_node(r, b);
        put_formals(f, FUNCTION_INPUT, 0, "i", r->n_inputs, NULL);
        put_formals(f, FUNCTION_OUTPUT, 0, "o", r->n_outputs, NULL);
        field_put_array(f, FUNCTION_NODE, node);
        put_imports(p, f);
    }
    field_put_text(f, FUNCTION_DOMAIN, CONTEXT_TABLE_DOMAIN);
    field_put_array(p->model_extra, MODEL_FUNCTIONS, f);
    return TRUE;
}

static char *join_names(const char *const *names, gsize n)
{
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < n; i++) {
        if (i)
            g_string_append_c(text, ',');
        for (const char *at = names[i]; *at; at++)
            g_string_append_printf(text, *at == ',' || *at == '%' ? "%%%02X" : "%c", *at);
    }
    return g_string_free(text, FALSE);
}

static void put_key(Pack *p, gpointer data, const char *key, const char *value)
{
    g_autofree char *full = g_strdup_printf(CONTEXT_PREFIX "eq.%u.%s", *(guint *)data, key);
    field_put_entry(p->graph_extra, GRAPH_METADATA, full, value);
}

static gboolean put_entry(Pack *p, const ContextRegion *r, const ContextBlob *b, guint k, GError **error)
{
    g_autofree char *name = g_strdup_printf("e%u", k), *inputs = join_names(r->inputs, r->n_inputs),
                    *outputs = join_names(r->outputs, r->n_outputs);
    put_key(p, &k, "function", name);
    put_key(p, &k, "input", inputs);
    put_key(p, &k, "output", outputs);
    put_facts(p, r, b, put_key, &k);
    return put_function(p, r, b, name, error);
}

gboolean pack_table(Pack *p, GError **error)
{
    guint count = 0;
    for (gsize i = 0; i < p->c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&p->c->regions, ContextRegion, i);
        for (gsize k = 0; k < r->blobs.n; k++)
            if (!put_entry(p, r, LIST_AT(&r->blobs, ContextBlob, k), count++, error))
                return FALSE;
    }
    g_autofree char *text = g_strdup_printf("%u", count);
    field_put_entry(p->graph_extra, GRAPH_METADATA, CONTEXT_PREFIX "eq.count", text);
    return TRUE;
}

/* ---- C2 ----------------------------------------------------------------------------------------------------------------------------- */

static void put_property(Pack *p, gpointer data, const char *key, const char *value)
{
    (void)p;
    field_put_entry(data, EQ_METADATA, key, value);
}

static void put_body_fields(GByteArray *message, const GByteArray *function)
{
    static const struct { guint from, to; } moved[] = {
        { FUNCTION_NODE, EQ_NODE }, { FUNCTION_INPUT, EQ_INNER_INPUT }, { FUNCTION_OUTPUT, EQ_INNER_OUTPUT },
        { FUNCTION_OPSET_IMPORT, EQ_OPSET_IMPORT } };
    Field field;
    for (gsize m = 0; m < G_N_ELEMENTS(moved); m++)
        for (gsize at = 0; field_next((Bytes){ function->data, function->len }, &at, &field);)
            if (field.number == moved[m].from)
                field_put(message, moved[m].to, field.data.data, field.data.size);
}

static gboolean put_message(Pack *p, const ContextRegion *r, const ContextBlob *b, GError **error)
{
    g_autoptr(GByteArray) message = g_byte_array_new();
    for (gsize i = 0; i < r->n_inputs; i++)
        field_put_text(message, EQ_INPUT, r->inputs[i]);
    for (gsize i = 0; i < r->n_outputs; i++)
        field_put_text(message, EQ_OUTPUT, r->outputs[i]);
    if (b->body) {
        g_autoptr(GByteArray) body = body_function(b, error);
        if (!body)
            return FALSE;
        put_body_fields(message, body);
    } else {
        g_autoptr(GByteArray) node = compiled_node(r, b);
        field_put_array(message, EQ_NODE, node);
        put_formals(message, EQ_INNER_INPUT, 0, "i", r->n_inputs, NULL);
        put_formals(message, EQ_INNER_OUTPUT, 0, "o", r->n_outputs, NULL);
    }
    put_facts(p, r, b, put_property, message);
    field_put_array(p->graph_extra, GRAPH_EQUIVALENT, message);
    return TRUE;
}

gboolean pack_messages(Pack *p, GError **error)
{
    for (gsize i = 0; i < p->c->regions.n; i++) {
        const ContextRegion *r = LIST_AT(&p->c->regions, ContextRegion, i);
        for (gsize k = 0; k < r->blobs.n; k++)
            if (!put_message(p, r, LIST_AT(&r->blobs, ContextBlob, k), error))
                return FALSE;
    }
    return TRUE;
}

/* Encodings C1 and C2: the graph is whole, a table beside it says what may stand in for parts of it. */
#include "reference/context/read.h"
#include "reference/context/region.h"

#include <string.h>

/* One entry of either table, as it is said in the file. */
typedef struct {
    const char *id, *target, *compatibility, *priority, *digest, *payload_digest, *policy, *weights, *partition;
    GPtrArray  *inputs, *outputs; /* of char*, in the container's arena */
    GByteArray *function;         /* FunctionProto, payload taken out */
    GArray     *payloads;         /* of Bytes */
} Entry;

static void entry_clear(Entry *e)
{
    g_clear_pointer(&e->inputs, g_ptr_array_unref);
    g_clear_pointer(&e->outputs, g_ptr_array_unref);
    g_clear_pointer(&e->function, g_byte_array_unref);
    g_clear_pointer(&e->payloads, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Entry, entry_clear)

static void entry_open(Entry *e)
{
    *e = (Entry){ .inputs = g_ptr_array_new(), .outputs = g_ptr_array_new(), .function = g_byte_array_new(),
                  .payloads = g_array_new(FALSE, FALSE, sizeof(Bytes)) };
}

/* ---- an entry as a region with a blob ---------------------------------------------------------------------------------------- */

static ContextRegion *find_region(const Container *c, const char *id, const GArray *nodes, const Entry *e)
{
    for (gsize i = 0; i < c->regions.n; i++) {
        ContextRegion *r = LIST_AT(&c->regions, ContextRegion, i);
        if (strcmp(r->id, id) != 0 || r->n_nodes != nodes->len || r->n_outputs != e->outputs->len ||
            (nodes->len && memcmp(r->nodes, nodes->data, nodes->len * sizeof(gsize)) != 0))
            continue;
        gboolean same = TRUE;
        for (gsize k = 0; k < r->n_outputs; k++)
            same &= strcmp(r->outputs[k], e->outputs->pdata[k]) == 0;
        if (same)
            return r;
    }
    return NULL;
}

static ContextRegion *new_region(Container *c, const Entry *e, const GArray *nodes, GError **error)
{
    ContextRegion *region = read_region(c, e->id, nodes);
    int64_t        weights;
    if (!read_number("weights", e->weights ? e->weights : "1", &weights, error) || !read_policy(e->policy, &region->policy, error) ||
        !read_digest("digest", e->digest ? e->digest : "", TRUE, error))
        return NULL;
    if (weights > WEIGHTS_INSIDE) {
        read_fail(error, "weights is %" G_GINT64_FORMAT ", expected 0, 1 or 2", weights);
        return NULL;
    }
    region->weights = (ContextWeights)weights;
    region->digest = arena_string(c->arena, e->digest ? e->digest : "");
    region->n_outputs = e->outputs->len; /* what the entry redefines; other values of the region keep their producers */
    region->outputs = arena_array(c->arena, const char *, e->outputs->len + 1);
    for (guint i = 0; i < e->outputs->len; i++)
        region->outputs[i] = e->outputs->pdata[i];
    list_append(&c->regions, c->arena, region);
    return region;
}

static gboolean check_names(const Container *c, const Entry *e, GError **error)
{
    if (!e->outputs->len)
        return read_fail(error, "the entry replaces no output");
    for (guint i = 0; i < e->outputs->len; i++) {
        const char *name = e->outputs->pdata[i];
        gboolean    is_input = graph_initializer(c->model->graph, name) != NULL;
        for (gsize k = 0; k < c->model->graph->inputs.n; k++)
            is_input |= strcmp(LIST_AT(&c->model->graph->inputs, ValueInfo, k)->name, name) == 0;
        g_autofree char *quoted = name_quote(name);
        if (is_input)
            return read_fail(error, "output %s is an input or initializer of the graph, so nothing can replace it", quoted);
        for (guint k = 0; k < i; k++)
            if (strcmp(name, e->outputs->pdata[k]) == 0)
                return read_fail(error, "output %s is given twice", quoted);
    }
    return TRUE;
}

/* What stands in: one Compiled node with a payload, or ordinary nodes. */
static gboolean read_body(Container *c, const Entry *e, ContextRegion *region, ContextBlob *blob, GError **error)
{
    const Function *f = read_function_piece(c, e->function, error);
    if (!f)
        return FALSE;
    if (f->n_inputs != e->inputs->len || f->n_outputs != e->outputs->len)
        return read_fail(error, "the replacement has %" G_GSIZE_FORMAT " inputs and %" G_GSIZE_FORMAT " outputs, the entry names %u and %u",
                         f->n_inputs, f->n_outputs, e->inputs->len, e->outputs->len);
    const gboolean compiled = f->body->nodes.n == 1 && strcmp(LIST_AT(&f->body->nodes, Node, 0)->domain, CONTEXT_DOMAIN) == 0;
    if (!compiled && e->payloads->len)
        return read_fail(error, "a Compiled node stands among others, expected it alone");
    if (compiled && e->payloads->len != 1)
        return read_fail(error, "a Compiled node has %u payloads, expected one", e->payloads->len);
    if (compiled) {
        read_expect(c, region, (const char *const *)e->inputs->pdata, e->inputs->len, TRUE);
        return read_payload(c, g_array_index(e->payloads, Bytes, 0), blob, error);
    }
    blob->body = f;
    region->n_inputs = e->inputs->len;
    region->inputs = arena_array(c->arena, const char *, e->inputs->len + 1);
    for (guint i = 0; i < e->inputs->len; i++)
        region->inputs[i] = e->inputs->pdata[i];
    return TRUE;
}

static gboolean is_visible(const Graph *graph, GHashTable *producers, const char *name)
{
    gboolean found = g_hash_table_contains(producers, name) || graph_initializer(graph, name) != NULL;
    for (gsize i = 0; !found && i < graph->inputs.n; i++)
        found = strcmp(LIST_AT(&graph->inputs, ValueInfo, i)->name, name) == 0;
    for (gsize i = 0; !found && i < graph->sparse_initializers.n; i++)
        found = strcmp(LIST_AT(&graph->sparse_initializers, SparseTensor, i)->name, name) == 0;
    return found;
}

/* Tools that do not know the table rename or remove what it speaks of; NULL if everything is there. */
static const char *lost_name(const Container *c, const Entry *e)
{
    const Graph *graph = c->model->graph;
    g_autoptr(GHashTable) producers = context_producers(graph);
    for (guint i = 0; i < e->outputs->len; i++)
        if (!g_hash_table_contains(producers, e->outputs->pdata[i]))
            return e->outputs->pdata[i];
    for (guint i = 0; i < e->inputs->len; i++)
        if (!is_visible(graph, producers, e->inputs->pdata[i]))
            return e->inputs->pdata[i];
    return NULL;
}

/* An entry that speaks of what is no longer there: a region of no nodes, so that its blob is known and never used. */
static gboolean take_stale(Container *c, const Entry *e, const char *what, GError **error)
{
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(gsize));
    ContextRegion *region = find_region(c, e->id, none, e);
    if (!region && !(region = new_region(c, e, none, error)))
        return FALSE;
    region->torn = what;
    ContextBlob blob = { .backend = e->target ? e->target : "", .compatibility = e->compatibility ? e->compatibility : "",
                               .digest = e->payload_digest ? e->payload_digest : "" };
    if (e->payloads->len && !read_payload(c, g_array_index(e->payloads, Bytes, 0), &blob, error))
        return FALSE;
    container_add_blob(c, region, &blob);
    return TRUE;
}

static gboolean take_entry(Container *c, const Entry *e, GError **error)
{
    if (!check_names(c, e, error))
        return FALSE;
    const char *lost = lost_name(c, e);
    if (!e->function->len)
        return take_stale(c, e, "its replacement function is gone", error);
    if (lost) {
        g_autofree char *quoted = name_quote(lost);
        return take_stale(c, e, arena_printf(c->arena, "the graph has no value %s any more", quoted), error);
    }
    g_autoptr(GArray) nodes = context_region_between(c->model->graph, (const char *const *)e->inputs->pdata, e->inputs->len,
                                                     (const char *const *)e->outputs->pdata, e->outputs->len, error);
    if (!nodes)
        return FALSE;
    ContextRegion *region = find_region(c, e->id, nodes, e);
    if (!region && !(region = new_region(c, e, nodes, error)))
        return FALSE;
    ContextBlob blob = { .backend = e->target ? e->target : "", .compatibility = e->compatibility ? e->compatibility : "",
                         .digest = e->payload_digest ? e->payload_digest : "", .partition = e->partition ? e->partition : "" };
    return read_number("priority", e->priority, &blob.priority, error) && read_body(c, e, region, &blob, error) &&
           read_add_blob(c, region, &blob, error);
}

/* ---- C1: metadata and functions ----------------------------------------------------------------------------------------------- */

/* "a,b%2Cc" with %25 for '%'. */
static gboolean split_names(Container *c, const char *text, GPtrArray *names, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    for (char **part = parts; *part; part++) {
        g_autofree char *name = g_uri_unescape_string(*part, NULL);
        if (!name || !*name)
            return read_fail(error, "the entry's list of values has an empty or wrongly escaped name");
        g_ptr_array_add(names, (gpointer)arena_string(c->arena, name));
    }
    return TRUE;
}

/* The function of that name in the table's domain, payloads taken out of its nodes. Tools remove functions that nobody
 * calls: then it stays empty. */
static void find_function(Strip *s, const char *name, Entry *e)
{
    for (guint i = 0; i < s->functions->len; i++) {
        const Bytes function = g_array_index(s->functions, Bytes, i);
        if (!field_is(field_find(function, FUNCTION_NAME), name))
            continue;
        Field field;
        for (gsize at = 0; field_next(function, &at, &field);) {
            if (field.number == FUNCTION_NODE && field.delimited && field_is(field_find(field.data, NODE_DOMAIN), CONTEXT_DOMAIN)) {
                g_autoptr(GByteArray) node = read_without(field.data, "payload", NULL, e->payloads);
                field_put_array(e->function, FUNCTION_NODE, node);
            } else {
                field_copy(e->function, &field);
            }
        }
        return;
    }
}

static const char *entry_value(Container *c, const Strip *s, gsize k, const char *what)
{
    g_autofree char *key = g_strdup_printf(CONTEXT_PREFIX "eq.%" G_GSIZE_FORMAT ".%s", k, what);
    return arena_string(c->arena, strip_value(s, key));
}

static gboolean read_entry(Container *c, Strip *s, gsize k, GError **error)
{
    g_auto(Entry) e;
    entry_open(&e);
    const char *function = entry_value(c, s, k, "function"), *inputs = entry_value(c, s, k, "input"), *outputs = entry_value(c, s, k, "output");
    if (!function || !inputs || !outputs)
        return read_fail(error, "function, input or output is missing");
    e.id = entry_value(c, s, k, "region");
    if (!e.id)
        e.id = function;
    e.target = entry_value(c, s, k, "target");
    e.compatibility = entry_value(c, s, k, "compatibility");
    e.priority = entry_value(c, s, k, "priority");
    e.digest = entry_value(c, s, k, "digest");
    e.payload_digest = entry_value(c, s, k, "payload_sha256");
    e.policy = entry_value(c, s, k, "policy");
    e.weights = entry_value(c, s, k, "weights");
    e.partition = entry_value(c, s, k, "partition");
    find_function(s, function, &e);
    return (!*inputs || split_names(c, inputs, e.inputs, error)) && split_names(c, outputs, e.outputs, error) &&
           take_entry(c, &e, error);
}

gboolean read_table(Container *c, Strip *s, GError **error)
{
    int64_t count;
    if (!read_number("bctx.eq.count", strip_value(s, CONTEXT_PREFIX "eq.count"), &count, error))
        return FALSE;
    if (count > STRIP_MAX_REGIONS)
        return read_fail(error, "the table claims %" G_GINT64_FORMAT " entries, expected at most %d", count, STRIP_MAX_REGIONS);
    for (int64_t k = 0; k < count; k++)
        if (!read_entry(c, s, (gsize)k, error)) {
            g_prefix_error(error, "entry %" G_GINT64_FORMAT ": ", k);
            return FALSE;
        }
    return TRUE;
}

/* ---- C2: messages -------------------------------------------------------------------------------------------------------------- */

static gboolean take_property(Container *c, Bytes entry, Entry *e, GError **error)
{
    const Bytes key = field_find(entry, ENTRY_KEY), value = field_find(entry, ENTRY_VALUE);
    const struct { const char *name, **to; } known[] = {
        { "region", &e->id }, { "target", &e->target }, { "compatibility", &e->compatibility }, { "priority", &e->priority },
        { "digest", &e->digest }, { "payload_sha256", &e->payload_digest }, { "policy", &e->policy }, { "weights", &e->weights },
        { "partition", &e->partition } };
    if (!g_utf8_validate_len((const char *)value.data, value.size, NULL))
        return read_fail(error, "metadata of an entry is not UTF-8 text");
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
        if (field_is(key, known[i].name)) {
            if (*known[i].to)
                return read_fail(error, "metadata key '%s' is given twice", known[i].name);
            *known[i].to = value.size ? (const char *)arena_bytes(c->arena, value.data, value.size).data : "";
        }
    return TRUE;
}

static gboolean take_name(Container *c, Bytes text, GPtrArray *names, GError **error)
{
    if (!text.size || !g_utf8_validate_len((const char *)text.data, text.size, NULL))
        return read_fail(error, "a name of the entry is empty or not UTF-8 text");
    g_ptr_array_add(names, (gpointer)arena_bytes(c->arena, text.data, text.size).data);
    return TRUE;
}

static gboolean take_field(Container *c, const Field *field, Entry *e, gboolean *imports, GError **error)
{
    switch (field->delimited ? field->number : 0) {
    case EQ_INPUT:
        return take_name(c, field->data, e->inputs, error);
    case EQ_OUTPUT:
        return take_name(c, field->data, e->outputs, error);
    case EQ_INNER_INPUT:
        field_put(e->function, FUNCTION_INPUT, field->data.data, field->data.size);
        return TRUE;
    case EQ_INNER_OUTPUT:
        field_put(e->function, FUNCTION_OUTPUT, field->data.data, field->data.size);
        return TRUE;
    case EQ_NODE: {
        g_autoptr(GByteArray) node = field_is(field_find(field->data, NODE_DOMAIN), CONTEXT_DOMAIN)
                                         ? read_without(field->data, "payload", NULL, e->payloads)
                                         : g_byte_array_append(g_byte_array_new(), field->data.data, (guint)field->data.size);
        field_put_array(e->function, FUNCTION_NODE, node);
        return TRUE;
    }
    case EQ_OPSET_IMPORT:
        *imports = TRUE;
        field_put(e->function, FUNCTION_OPSET_IMPORT, field->data.data, field->data.size);
        return TRUE;
    case EQ_METADATA:
        return take_property(c, field->data, e, error);
    default:
        return TRUE;
    }
}

static gboolean read_message(Container *c, const Strip *s, Bytes message, guint k, GError **error)
{
    g_auto(Entry) e;
    entry_open(&e);
    gboolean imports = FALSE;
    Field    field;
    field_put_text(e.function, FUNCTION_NAME, "entry");
    field_put_text(e.function, FUNCTION_DOMAIN, CONTEXT_TABLE_DOMAIN);
    for (gsize at = 0; field_next(message, &at, &field);)
        if (!take_field(c, &field, &e, &imports, error))
            return FALSE;
    for (guint i = 0; !imports && i < s->imports->len; i++) { /* left out: the model's */
        const Bytes import = g_array_index(s->imports, Bytes, i);
        field_put(e.function, FUNCTION_OPSET_IMPORT, import.data, import.size);
    }
    if (!e.id)
        e.id = arena_printf(c->arena, "entry%u", k);
    return take_entry(c, &e, error);
}

gboolean read_messages(Container *c, Strip *s, GError **error)
{
    if (s->table->len > STRIP_MAX_REGIONS)
        return read_fail(error, "more than %d entries", STRIP_MAX_REGIONS);
    for (guint k = 0; k < s->table->len; k++)
        if (!read_message(c, s, g_array_index(s->table, Bytes, k), k, error)) {
            g_prefix_error(error, "entry %u: ", k);
            return FALSE;
        }
    return TRUE;
}

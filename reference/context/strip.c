/* From a container's bytes to the original's: what packing added is left out, nodes that it moved go back. */
#include "reference/context/strip.h"

#include "reference/context/fail.h"

#include <string.h>

/* One node of the container's graph. */
typedef struct {
    Bytes      node;
    StripCall *call; /* NULL: an ordinary node */
} Unit;

static Strip *strip_new(void)
{
    Strip *s = g_new0(Strip, 1);
    s->arena = arena_create();
    s->original = g_byte_array_new();
    s->calls = g_ptr_array_new();
    s->entries = g_ptr_array_new();
    s->tags = g_ptr_array_new();
    s->table = g_array_new(FALSE, FALSE, sizeof(Bytes));
    s->functions = g_array_new(FALSE, FALSE, sizeof(Bytes));
    s->payloads = g_array_new(FALSE, FALSE, sizeof(Bytes));
    s->imports = g_array_new(FALSE, FALSE, sizeof(Bytes));
    s->bodies = g_hash_table_new(NULL, NULL);
    return s;
}

void strip_free(Strip *s)
{
    if (!s)
        return;
    for (guint i = 0; i < s->calls->len; i++)
        g_array_unref(((StripCall *)s->calls->pdata[i])->nodes);
    g_ptr_array_unref(s->calls);
    g_ptr_array_unref(s->entries);
    g_ptr_array_unref(s->tags);
    g_array_unref(s->table);
    g_array_unref(s->functions);
    g_array_unref(s->payloads);
    g_array_unref(s->imports);
    g_hash_table_unref(s->bodies);
    g_byte_array_unref(s->original);
    arena_free(s->arena);
    g_free(s);
}

const char *strip_value(const Strip *s, const char *key)
{
    for (guint i = 0; i < s->entries->len; i++) {
        const StripEntry *entry = s->entries->pdata[i];
        if (strcmp(entry->key, key) == 0)
            return entry->value;
    }
    return NULL;
}

/* ---- metadata -------------------------------------------------------------------------------------------------------------- */

static const char *text_of(Strip *s, Bytes bytes, GError **error)
{
    if (!bytes.size)
        return "";
    if (g_utf8_validate_len((const char *)bytes.data, bytes.size, NULL))
        return (const char *)arena_bytes(s->arena, bytes.data, bytes.size).data;
    context_fail(error, CONTEXT_ERROR_FORMAT, "metadata of the container is not UTF-8 text");
    return NULL;
}

static gboolean keep_entry(Strip *s, GPtrArray *list, guint first, Bytes entry, gsize node, GError **error)
{
    StripEntry *e = arena_new(s->arena, StripEntry);
    *e = (StripEntry){ text_of(s, field_find(entry, ENTRY_KEY), error), "", node };
    if (!e->key || !(e->value = text_of(s, field_find(entry, ENTRY_VALUE), error)))
        return FALSE;
    for (guint i = first; i < list->len; i++)
        if (strcmp(((StripEntry *)list->pdata[i])->key, e->key) == 0) {
            g_autofree char *quoted = name_quote(e->key);
            context_fail(error, CONTEXT_ERROR_FORMAT, "metadata key %s is given twice", quoted);
            return FALSE;
        }
    g_ptr_array_add(list, e);
    return TRUE;
}

static gboolean is_our_entry(const Field *field, guint number)
{
    return field->number == number && field->delimited && field_has_prefix(field_find(field->data, ENTRY_KEY), CONTEXT_PREFIX);
}

/* The node without our tags, appended to `to` as a field of a graph. */
static gboolean put_plain(Strip *s, GByteArray *to, Bytes node, gsize index, GError **error)
{
    g_autoptr(GByteArray) plain = g_byte_array_new();
    const guint first = s->tags->len;
    Field       field;
    for (gsize at = 0; field_next(node, &at, &field);) {
        if (!is_our_entry(&field, NODE_METADATA))
            field_copy(plain, &field);
        else if (!keep_entry(s, s->tags, first, field.data, index, error))
            return FALSE;
    }
    field_put_array(to, GRAPH_NODE, plain);
    return TRUE;
}

/* ---- calls -------------------------------------------------------------------------------------------------------------------- */

static Bytes attribute_graph(Bytes node, const char *name)
{
    Field field;
    for (gsize at = 0; field_next(node, &at, &field);)
        if (field.number == NODE_ATTRIBUTE && field.delimited && field_is(field_find(field.data, ATTRIBUTE_NAME), name))
            return field_find(field.data, ATTRIBUTE_G);
    return (Bytes){ 0 };
}

static Bytes region_function(Bytes model, Bytes overload)
{
    Field field;
    for (gsize at = 0; field_next(model, &at, &field);)
        if (field.number == MODEL_FUNCTIONS && field.delimited && field_is(field_find(field.data, FUNCTION_DOMAIN), CONTEXT_DOMAIN)) {
            const Bytes own = field_find(field.data, FUNCTION_OVERLOAD);
            if (own.size == overload.size && (own.size == 0 || memcmp(own.data, overload.data, own.size) == 0))
                return field.data;
        }
    return (Bytes){ 0 };
}

/* NULL for an ordinary node. */
static StripCall *call_of(Strip *s, Bytes model, Bytes node)
{
    if (!field_is(field_find(node, NODE_DOMAIN), CONTEXT_DOMAIN))
        return NULL;
    const Bytes op = field_find(node, NODE_OP_TYPE);
    StripCall  *call = arena_new(s->arena, StripCall);
    call->node = node;
    call->is_function = field_is(op, "Region");
    if (call->is_function)
        call->body = region_function(model, field_find(node, NODE_OVERLOAD));
    else if (field_is(op, "BackendContext"))
        call->body = attribute_graph(node, "fallback");
    else
        return NULL;
    call->nodes = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_ptr_array_add(s->calls, call);
    return call;
}

/* One call a body: otherwise a small file could unfold into a large one. */
static gboolean check_call(Strip *s, const StripCall *call, GError **error)
{
    if (s->calls->len > STRIP_MAX_REGIONS) {
        context_fail(error, CONTEXT_ERROR_FORMAT, "more than %d regions", STRIP_MAX_REGIONS);
        return FALSE;
    }
    if (!call || !call->body.data || g_hash_table_add(s->bodies, (gpointer)call->body.data))
        return TRUE;
    context_fail(error, CONTEXT_ERROR_FORMAT, "two calls share one Region function, expected one each");
    return FALSE;
}

static gsize count_fields(Bytes message, guint number)
{
    gsize n = 0;
    Field field;
    for (gsize at = 0; field_next(message, &at, &field);)
        n += field.number == number && field.delimited;
    return n;
}

static guint node_field(const StripCall *call)
{
    return call->is_function ? FUNCTION_NODE : GRAPH_NODE;
}

static gsize call_size(const StripCall *call)
{
    return call->body.data ? count_fields(call->body, node_field(call)) : 0;
}

static const char *own_value(Strip *s, Bytes node, const char *key)
{
    Field field;
    for (gsize at = 0; field_next(node, &at, &field);)
        if (field.number == NODE_METADATA && field.delimited && field_is(field_find(field.data, ENTRY_KEY), key))
            return text_of(s, field_find(field.data, ENTRY_VALUE), NULL);
    return NULL;
}

/* "0 2 5" as ascending or arbitrary indices; FALSE if it is anything else. */
static gboolean read_indices(const char *text, GArray *out)
{
    while (text && *text) {
        char         *end;
        const guint64 value = g_ascii_strtoull(text, &end, 10);
        const gsize   index = (gsize)value;
        if (end == text || value > G_MAXINT32 || (*end && *end != ' '))
            return FALSE;
        g_array_append_val(out, index);
        text = *end ? end + 1 : end;
    }
    return TRUE;
}

/* ---- places -------------------------------------------------------------------------------------------------------------------- */

/* Gives each call the places that its nodes had, if what the file says of all of them fits; the rest of the places are for
 * ordinary nodes, in `order` if there is one. `slots` has one entry a node of the original: unit index + 1. */
static gboolean place_as_recorded(Strip *s, const GArray *units, gsize *slots, gsize total)
{
    for (guint u = 0; u < units->len; u++) {
        StripCall *call = g_array_index(units, Unit, u).call;
        if (!call)
            continue;
        if (!read_indices(own_value(s, call->node, CONTEXT_PREFIX "nodes"), call->nodes) || call->nodes->len != call_size(call))
            return FALSE;
        for (guint i = 0; i < call->nodes->len; i++) {
            const gsize at = g_array_index(call->nodes, gsize, i);
            if (at >= total || slots[at] || (i && at <= g_array_index(call->nodes, gsize, i - 1)))
                return FALSE;
            slots[at] = u + 1;
        }
    }
    g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(gsize));
    const char *recorded = strip_value(s, CONTEXT_PREFIX "order");
    if (recorded && !read_indices(recorded, order))
        return FALSE;
    gsize free_slot = 0, plain = 0;
    for (guint u = 0; u < units->len; u++) {
        if (g_array_index(units, Unit, u).call)
            continue;
        while (!recorded && free_slot < total && slots[free_slot])
            free_slot++;
        const gsize at = !recorded ? free_slot : plain < order->len ? g_array_index(order, gsize, plain) : total;
        plain++;
        if (at >= total || slots[at])
            return FALSE;
        slots[at] = u + 1;
    }
    return TRUE;
}

/* A tool has added or removed nodes: each call's nodes go where the call is. */
static void place_in_sequence(const GArray *units, gsize *slots)
{
    gsize at = 0;
    for (guint u = 0; u < units->len; u++) {
        StripCall  *call = g_array_index(units, Unit, u).call;
        const gsize n = call ? call_size(call) : 1;
        if (call)
            g_array_set_size(call->nodes, 0);
        for (gsize i = 0; i < n; i++, at++) {
            slots[at] = u + 1;
            if (call)
                g_array_append_val(call->nodes, at);
        }
    }
}

/* ---- bodies -------------------------------------------------------------------------------------------------------------------- */

typedef struct {
    Strip      *strip;
    GHashTable *actual; /* formal -> actual */
    const char *prefix; /* of inner names; NULL: none */
} Back;

static const char *name_back(Bytes name, gpointer data)
{
    const Back      *b = data;
    g_autofree char *text = g_strndup((const char *)name.data, name.size);
    const char      *actual = g_hash_table_lookup(b->actual, text);
    if (actual)
        return actual;
    return b->prefix && g_str_has_prefix(text, b->prefix) ? arena_string(b->strip->arena, text + strlen(b->prefix)) : NULL;
}

/* Formal names of the body in order, beside the call's actual ones. */
static void bind(Back *b, Bytes body, guint formal_field, gboolean is_info, Bytes node, guint actual_field)
{
    Field formal, actual;
    gsize at = 0;
    for (gsize from = 0; field_next(body, &from, &formal);) {
        if (formal.number != formal_field || !formal.delimited)
            continue;
        gboolean more;
        while ((more = field_next(node, &at, &actual)) && !(actual.number == actual_field && actual.delimited))
            ;
        if (!more)
            return;
        const Bytes name = is_info ? field_find(formal.data, 1) : formal.data;
        if (actual.data.size && name.size)
            g_hash_table_insert(b->actual, g_strndup((const char *)name.data, name.size),
                                (gpointer)arena_bytes(b->strip->arena, actual.data.data, actual.data.size).data);
    }
}

static void put_bodies(Strip *s, const StripCall *call, GByteArray **nodes)
{
    g_autoptr(GHashTable) actual = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    const Bytes id = field_find(call->node, NODE_NAME);
    const char *prefix = call->is_function ? NULL
                                           : arena_printf(s->arena, CONTEXT_PREFIX "%.*s.", (int)MIN(id.size, 1000),
                                                          id.data ? (const char *)id.data : "");
    Back b = { s, actual, prefix };
    bind(&b, call->body, call->is_function ? FUNCTION_INPUT : GRAPH_INPUT, !call->is_function, call->node, NODE_INPUT);
    bind(&b, call->body, call->is_function ? FUNCTION_OUTPUT : GRAPH_OUTPUT, !call->is_function, call->node, NODE_OUTPUT);
    Field field;
    guint i = 0;
    for (gsize at = 0; field_next(call->body, &at, &field);)
        if (field.number == node_field(call) && field.delimited)
            nodes[g_array_index(call->nodes, gsize, i++)] = rename_node(field.data, name_back, &b);
}

/* ---- graph and model -------------------------------------------------------------------------------------------------------------- */

/* All nodes of the original, as fields of a graph. */
static gboolean put_nodes(Strip *s, GByteArray *to, const GArray *units, GError **error)
{
    gsize total = 0;
    for (guint u = 0; u < units->len; u++) {
        const StripCall *call = g_array_index(units, Unit, u).call;
        total += call ? call_size(call) : 1;
    }
    g_autofree gsize *slots = g_new0(gsize, total + 1);
    g_autofree GByteArray **bodies = g_new0(GByteArray *, total + 1);
    if (s->in_sequence || !place_as_recorded(s, units, slots, total))
        place_in_sequence(units, slots);
    for (guint i = 0; i < s->calls->len; i++)
        put_bodies(s, s->calls->pdata[i], bodies);
    gboolean ok = TRUE;
    for (gsize i = 0; i < total; i++) {
        const Unit *unit = &g_array_index(units, Unit, slots[i] - 1);
        if (bodies[i]) {
            field_put_array(to, GRAPH_NODE, bodies[i]);
            g_byte_array_unref(bodies[i]);
        } else {
            ok = ok && put_plain(s, to, unit->node, i, error);
        }
    }
    return ok;
}

static gboolean put_graph(Strip *s, Bytes model, Bytes graph, GError **error)
{
    g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(Unit));
    g_autoptr(GByteArray) out = g_byte_array_new();
    Field field;
    for (gsize at = 0; field_next(graph, &at, &field);)
        if (field.number == GRAPH_NODE && field.delimited) {
            const Unit unit = { field.data, call_of(s, model, field.data) };
            g_array_append_val(units, unit);
            if (!check_call(s, unit.call, error))
                return FALSE;
        }
    gboolean nodes_done = FALSE;
    for (gsize at = 0; field_next(graph, &at, &field);) {
        if (field.number == GRAPH_NODE && field.delimited) {
            if (!nodes_done && !put_nodes(s, out, units, error))
                return FALSE;
            nodes_done = TRUE;
        } else if (is_our_entry(&field, GRAPH_METADATA)) {
            if (!keep_entry(s, s->entries, 0, field.data, 0, error))
                return FALSE;
        } else if (field.number == GRAPH_EQUIVALENT && field.delimited) {
            g_array_append_val(s->table, field.data);
        } else if (field.number == GRAPH_INITIALIZER && field.delimited &&
                   field_has_prefix(field_find(field.data, TENSOR_NAME), CONTEXT_PREFIX "payload.")) {
            g_array_append_val(s->payloads, field.data);
        } else {
            field_copy(out, &field);
        }
    }
    field_put_array(s->original, MODEL_GRAPH, out);
    return TRUE;
}

static gboolean is_our_function(const Field *field, const char *domain)
{
    return field->number == MODEL_FUNCTIONS && field->delimited && field_is(field_find(field->data, FUNCTION_DOMAIN), domain);
}

static gboolean is_our_import(const Field *field)
{
    if (field->number != MODEL_OPSET_IMPORT || !field->delimited)
        return FALSE;
    const Bytes domain = field_find(field->data, OPSET_DOMAIN);
    return field_is(domain, CONTEXT_DOMAIN) || field_is(domain, CONTEXT_TABLE_DOMAIN);
}

/* Packing raises the IR version to the one that knows metadata of nodes and overloads; the old one is on record. */
static void put_model_field(Strip *s, const Field *field)
{
    const char *recorded = field->number == MODEL_IR_VERSION ? strip_value(s, CONTEXT_PREFIX "ir_version") : NULL;
    if (recorded)
        field_put_number(s->original, MODEL_IR_VERSION, g_ascii_strtoull(recorded, NULL, 10));
    else
        field_copy(s->original, field);
}

Strip *strip_container(Bytes model, gboolean in_sequence, GError **error)
{
    g_autoptr(Strip) s = strip_new();
    s->in_sequence = in_sequence;
    Field field;
    for (gsize at = 0; field_next(model, &at, &field);) /* first, since bctx.order is needed for the graph */
        if (is_our_entry(&field, MODEL_METADATA) && !keep_entry(s, s->entries, 0, field.data, 0, error))
            return NULL;
    for (gsize at = 0; field_next(model, &at, &field);) {
        if (field.number == MODEL_GRAPH && field.delimited) {
            if (!put_graph(s, model, field.data, error))
                return NULL;
        } else if (is_our_function(&field, CONTEXT_TABLE_DOMAIN)) {
            g_array_append_val(s->functions, field.data);
        } else if (!is_our_entry(&field, MODEL_METADATA) && !is_our_function(&field, CONTEXT_DOMAIN) && !is_our_import(&field)) {
            if (field.number == MODEL_OPSET_IMPORT && field.delimited)
                g_array_append_val(s->imports, field.data);
            put_model_field(s, &field);
        }
    }
    return g_steal_pointer(&s);
}

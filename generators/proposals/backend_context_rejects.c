/* backend-context: containers that break a rule, each by one change of a good one. */
#include "generators/proposals/backend_context.h"

#include <string.h>

#define ON(e) (1u << ENCODING_##e)
#define CALLS (ON(A) | ON(B))
#define TABLES (ON(C1) | ON(C2))
#define SCOPES ON(D)
#define EVERY (CALLS | TABLES | SCOPES)

/* Which good container is changed. */
typedef enum { ONE_BLOB, TWO_BLOBS, TWO_REGIONS, GAP } Base;

/* A change: of the call's attributes (A, B), of metadata (C1 of the graph, D of the model), or of bytes (C2). */
typedef struct {
    const char *name;         /* of an attribute, or of a key without its prefix */
    const char *text;         /* NULL: taken away */
    const char *anchor, *put; /* C2: the first occurrence of these bytes, and what is written behind them */
} Change;

static Node *call(Model *file)
{
    for (gsize i = 0; i < file->graph->nodes.n; i++)
        if (strcmp(LIST_AT(&file->graph->nodes, Node, i)->domain, CONTEXT_DOMAIN) == 0)
            return LIST_AT(&file->graph->nodes, Node, i);
    g_error("backend-context: a container without a call"); /* a mistake of the generator */
}

static Node *second_call(Model *file)
{
    const Node *first = call(file);
    for (gsize i = file->graph->nodes.n; i-- > 0;) {
        Node *node = LIST_AT(&file->graph->nodes, Node, i);
        if (node != first && strcmp(node->domain, CONTEXT_DOMAIN) == 0)
            return node;
    }
    g_error("backend-context: a container without a second call");
}

static Attribute *attribute(Node *node, const char *name)
{
    for (gsize i = 0; i < node->attributes.n; i++)
        if (strcmp(LIST_AT(&node->attributes, Attribute, i)->name, name) == 0)
            return LIST_AT(&node->attributes, Attribute, i);
    g_error("backend-context: a call without attribute '%s'", name);
}

static void remove_attribute(Node *node, const char *name)
{
    for (gsize i = node->attributes.n; i-- > 0;)
        if (strcmp(LIST_AT(&node->attributes, Attribute, i)->name, name) == 0)
            list_remove(&node->attributes, i);
}

/* ---- changes of facts ---------------------------------------------------------------------------------------------------------- */

static void change_attribute(Model *file, const Change *c)
{
    Attribute  *a = attribute(call(file), c->name);
    const Bytes text = arena_bytes(file->arena, c->text, strlen(c->text));
    if (a->type == ATTRIBUTE_STRINGS)
        a->strings[0] = text;
    else if (a->type == ATTRIBUTE_STRING)
        a->s = text;
    else
        a->i = g_ascii_strtoll(c->text, NULL, 10);
}

static void change_key(List *metadata, Model *file, const char *prefix, const Change *c)
{
    const char *key = arena_printf(file->arena, "%s%s", prefix, c->name);
    for (gsize i = metadata->n; !c->text && i-- > 0;)
        if (strcmp(LIST_AT(metadata, Property, i)->key, key) == 0)
            list_remove(metadata, i);
    if (c->text)
        properties_set(metadata, file, key, c->text);
}

static void change_bytes(Model *file, const Change *c)
{
    const gsize n = strlen(c->anchor);
    Bytes       copy = arena_bytes(file->arena, file->graph->rest.data, file->graph->rest.size);
    for (gsize i = 0; i + n <= copy.size; i++)
        if (memcmp(copy.data + i, c->anchor, n) == 0) {
            memcpy((uint8_t *)copy.data + i + n, c->put, strlen(c->put));
            file->graph->rest = copy;
            return;
        }
    g_error("backend-context: nothing to change at '%s'", c->anchor);
}

static void change(Model *file, gconstpointer data)
{
    const Change *c = data;
    if (properties_get(&file->graph->metadata, "bctx.eq.count"))
        change_key(&file->graph->metadata, file, "bctx.eq.0.", c);
    else if (properties_get(&file->metadata, "bctx.scope.mock-a.r.nodes"))
        change_key(&file->metadata, file, "bctx.scope.mock-a.r.", c);
    else if (file->graph->rest.size)
        change_bytes(file, c);
    else
        change_attribute(file, c);
}

/* ---- changes of structure -------------------------------------------------------------------------------------------------------- */

static void drop_fallback(Model *file, gconstpointer data)
{
    (void)data;
    if (file->functions.n)
        file->functions.n = 0;
    else
        remove_attribute(call(file), "fallback");
}

static void drop_formal_input(Model *file, gconstpointer data)
{
    (void)data;
    if (file->functions.n)
        LIST_AT(&file->functions, Function, 0)->n_inputs--;
    else
        attribute(call(file), "fallback")->graph->inputs.n--;
}

static void more_actuals(Model *file, gconstpointer data)
{
    (void)data;
    Node        *node = call(file);
    const char **inputs = arena_array(file->arena, const char *, node->n_inputs + 2);
    memcpy(inputs, node->inputs, node->n_inputs * sizeof *inputs);
    inputs[node->n_inputs++] = "x";
    node->inputs = inputs;
}

/* One operand of a retained node is a name that only the graph around knows. */
static void capture(Model *file, gconstpointer data)
{
    (void)data;
    const Graph *body = file->functions.n ? LIST_AT(&file->functions, Function, 0)->body
        : attribute(call(file), "fallback")->graph;
    LIST_AT(&body->nodes, Node, 0)->inputs[0] = "x";
}

static void inner_initializer(Model *file, gconstpointer data)
{
    (void)data;
    graph_add_initializer(attribute(call(file), "fallback")->graph, "bctx.r.weight", DATA_LIST(DTYPE_FLOAT, 1, 2));
}

static void shorten(Model *file, gconstpointer data)
{
    attribute(call(file), data)->n--;
}

static void retype(Model *file, gconstpointer data)
{
    remove_attribute(call(file), data);
    node_set_float(call(file), file->graph, data, 1);
}

/* The payload as a tensor of another type or rank, wherever it is. */
static NamedTensor **payload(Model *file)
{
    for (gsize i = 0; i < file->graph->initializers.n; i++)
        if (g_str_has_prefix(LIST_AT(&file->graph->initializers, NamedTensor, i)->name, "bctx.payload."))
            return (NamedTensor **)&file->graph->initializers.items[i];
    Node *node = properties_get(&file->graph->metadata, "bctx.eq.count")
        ? LIST_AT(&LIST_AT(&file->functions, Function, 0)->body->nodes, Node, 0) : call(file);
    return &attribute(node, "payload")->tensors[0];
}

static void other_payload(Model *file, Tensor *tensor)
{
    NamedTensor **at = payload(file);
    *at = named_tensor_new(file, (*at)->name, tensor);
}

static void payload_int8(Model *file, gconstpointer data)
{
    (void)data;
    other_payload(file, data_constant(DTYPE_INT8, &SHAPE(26), 1));
}

static void payload_rank_2(Model *file, gconstpointer data)
{
    (void)data;
    other_payload(file, data_constant(DTYPE_UINT8, &SHAPE(2, 13), 1));
}

static void payload_scalar(Model *file, gconstpointer data)
{
    (void)data;
    other_payload(file, data_scalar(DTYPE_UINT8, 1));
}

static void payload_float(Model *file, gconstpointer data)
{
    (void)data;
    other_payload(file, data_constant(DTYPE_FLOAT, &SHAPE(26), 1));
}

static void add_key(List *metadata, Model *file, const char *key, const char *value)
{
    Property *p = arena_new(file->arena, Property);
    *p = (Property){ arena_string(file->arena, key), arena_string(file->arena, value) };
    list_append(metadata, file->arena, p);
}

/* One of the container's own keys once more, with the same value. */
static void repeat_key(Model *file, gconstpointer data)
{
    (void)data;
    List *const lists[] = { &file->graph->metadata, &file->metadata };
    for (gsize l = 0; l < G_N_ELEMENTS(lists); l++)
        for (gsize i = 0; i < lists[l]->n; i++) {
            const Property *p = LIST_AT(lists[l], Property, i);
            if (g_str_has_prefix(p->key, CONTEXT_PREFIX)) {
                add_key(lists[l], file, p->key, p->value);
                return;
            }
        }
    g_error("backend-context: a container without keys");
}

static void repeat_tag(Model *file, gconstpointer data)
{
    (void)data;
    add_key(&LIST_AT(&file->graph->nodes, Node, 1)->metadata, file, "bctx.scope.mock-a", "r");
}

static void mix_table(Model *file, gconstpointer data)
{
    (void)data;
    add_key(&file->graph->metadata, file, "bctx.eq.count", "0");
}

static void mix_scope(Model *file, gconstpointer data)
{
    (void)data;
    add_key(&file->metadata, file, "bctx.scope.mock-b.s.nodes", "0");
}

static void set_count(Model *file, gconstpointer data)
{
    properties_set(&file->graph->metadata, file, "bctx.eq.count", data);
}

/* The second region gets what names the first. */
static void same_id(Model *file, gconstpointer data)
{
    (void)data;
    if (properties_get(&file->graph->metadata, "bctx.eq.count"))
        properties_set(&file->graph->metadata, file, "bctx.eq.1.region", "first");
    else
        second_call(file)->name = call(file)->name;
}

static void same_function(Model *file, gconstpointer data)
{
    (void)data;
    second_call(file)->overload = call(file)->overload;
}

static void fewer_formals(Model *file, gconstpointer data)
{
    (void)data;
    LIST_AT(&file->functions, Function, 0)->n_inputs--;
}

static void compiled_among_others(Model *file, gconstpointer data)
{
    (void)data;
    Function *f = LIST_AT(&file->functions, Function, 0);
    graph_add_node(f->body, "", "Identity", NAMES("i0"), NAMES("more"));
}

static void not_convex(Model *file, gconstpointer data)
{
    (void)data;
    LIST_AT(&file->graph->nodes, Node, 2)->metadata.n = 0;
    properties_set(&file->metadata, file, "bctx.scope.mock-a.r.nodes", "2");
}

/* ---- the table of them ------------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char   *tag;
    guint         encodings;
    Base          base;
    const char   *requirements, *because, *what;
    PlanTool      tool;
    gconstpointer data;
} Wrong;

#define CHANGE(...) change, &(const Change){ __VA_ARGS__ }

static const Wrong wrongs[] = {
    /* the retained subgraph */
    { "no-subgraph", CALLS, ONE_BLOB, "R1", "there is no", "the retained subgraph is missing", drop_fallback },
    { "formal-missing", CALLS, ONE_BLOB, "R2", "inputs and 1 outputs",
      "the retained subgraph has an input less than the node", drop_formal_input },
    { "actual-more", CALLS, ONE_BLOB, "R2", "inputs and 1 outputs",
      "the node has an input more than the retained subgraph", more_actuals },
    { "capture", CALLS, ONE_BLOB, "R3", "captures 'x'", "the retained subgraph captures a value", capture },
    { "initializer", ON(A), ONE_BLOB, "R4", "holds an initializer", "the retained subgraph holds a weight",
      inner_initializer },
    /* one entry an alternative */
    { "digests-fewer", CALLS, TWO_BLOBS, "R51", "'digest' has 1 entries, expected 2",
      "there are two backends and one digest", shorten, "digest" },
    { "compatibility-fewer", CALLS, TWO_BLOBS, "R51", "'compatibility' has 1 entries",
      "there are two backends and one compatibility text", shorten, "compatibility" },
    { "partitions-fewer", CALLS, TWO_BLOBS, "R51", "'partition_name' has 1 entries",
      "there are two backends and one partition", shorten, "partition_name" },
    { "priorities-fewer", CALLS, TWO_BLOBS, "R51", "1 priorities", "there are two backends and one priority", shorten,
      "priority" },
    { "payloads-fewer", CALLS, TWO_BLOBS, "R51", "1 payloads", "there are two backends and one payload", shorten,
      "payload" },
    { "backends-fewer", CALLS, TWO_BLOBS, "R51", "expected 1 as 'backend'",
      "there are one backend and two of everything else", shorten, "backend" },
    /* payloads */
    { "payload-int8", CALLS | ON(C1) | SCOPES, ONE_BLOB, "R52", "expected uint8", "the payload is int8", payload_int8 },
    { "payload-rank-2", CALLS | ON(C1) | SCOPES, ONE_BLOB, "R52", "of rank 2", "the payload has rank 2",
      payload_rank_2 },
    { "payload-scalar", CALLS | ON(C1) | SCOPES, ONE_BLOB, "R52", "of rank 0", "the payload is a scalar",
      payload_scalar },
    { "payload-float", CALLS | ON(C1) | SCOPES, ONE_BLOB, "R52", "expected uint8", "the payload is float",
      payload_float },
    { "payload-type-bytes", ON(C2), ONE_BLOB, "R52", "expected uint8", "the payload is int8",
      CHANGE(NULL, NULL, "\x08\x1a\x10", "\x03") },
    { "payload-size", ON(C2), ONE_BLOB, "R52", "its shape says 27", "the payload has a byte less than its shape says",
      CHANGE(NULL, NULL, "\x52\x20\x08", "\x1b") },
    /* digests */
    { "digest-short", CALLS, ONE_BLOB, "R53", "64 lower-case", "a digest has 3 digits", CHANGE("digest", "abc") },
    { "digest-empty", CALLS, ONE_BLOB, "R53", "64 lower-case", "a payload has no digest", CHANGE("digest", "") },
    { "digest-upper", CALLS, ONE_BLOB, "R53", "64 lower-case", "a digest has upper-case digits",
      CHANGE("digest", "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789") },
    { "digest-region", CALLS, ONE_BLOB, "R53", "subgraph_digest", "the region's digest is no digest",
      CHANGE("subgraph_digest", "none") },
    { "digest-short", ON(C1) | SCOPES, ONE_BLOB, "R53", "64 lower-case", "a digest has 3 digits",
      CHANGE("payload_sha256", "abc") },
    { "digest-missing", ON(C1) | SCOPES, ONE_BLOB, "R53", "64 lower-case", "a payload has no digest",
      CHANGE("payload_sha256", NULL) },
    { "digest-region", ON(C1) | SCOPES, ONE_BLOB, "R53", "64 lower-case", "the region's digest is no digest",
      CHANGE("digest", "none") },
    { "digest-odd", ON(C2), ONE_BLOB, "R53", "64 lower-case", "a digest has a letter that is no digit",
      CHANGE(NULL, NULL, "payload_sha256\x12\x40", "X") },
    { "digest-region", ON(C2), ONE_BLOB, "R53", "64 lower-case", "the region's digest has a letter that is no digit",
      CHANGE(NULL, NULL, "\x06" "digest\x12\x40", "X") },
    /* metadata and encodings */
    { "key-twice", EVERY & ~ON(C2), ONE_BLOB, "R55", "given twice", "a metadata key is given twice", repeat_key },
    { "key-twice", ON(C2), ONE_BLOB, "R55", "given twice", "a metadata key is given twice",
      CHANGE(NULL, NULL, "r\x3a\x10\x0a\x06", "region") },
    { "tag-twice", SCOPES, ONE_BLOB, "R55", "given twice", "a node has a tag twice", repeat_tag },
    { "mixed-table", CALLS | ON(C2) | SCOPES, ONE_BLOB, "R56", "mixes encodings", "the file also has a table",
      mix_table },
    { "mixed-scope", CALLS | TABLES, ONE_BLOB, "R56", "mixes encodings", "the file also has a scope", mix_scope },
    /* texts and numbers */
    { "policy", CALLS | ON(C1) | SCOPES, ONE_BLOB, "R57", "expected prefer, require or ignore", "the policy is unknown",
      CHANGE("policy", "perhaps") },
    { "policy", ON(C2), ONE_BLOB, "R57", "expected prefer, require or ignore", "the policy is unknown",
      CHANGE(NULL, NULL, "policy\x12\x06", "P") },
    { "policy-type", CALLS, ONE_BLOB, "R57", "'policy' has type FLOAT", "the policy is a number", retype, "policy" },
    { "backend-type", CALLS, ONE_BLOB, "R57", "'backend' has type FLOAT", "the backend is a number", retype,
      "backend" },
    { "priority-type", CALLS, ONE_BLOB, "R57", "'priority' has type FLOAT", "the priority is a number with a fraction",
      retype, "priority" },
    { "weights-3", CALLS | ON(C1) | SCOPES, ONE_BLOB, "R38 R57", "expected 0, 1 or 2", "weights is 3",
      CHANGE("weights", "3") },
    { "weights-3", ON(C2), ONE_BLOB, "R38 R57", "expected 0, 1 or 2", "weights is 3",
      CHANGE(NULL, NULL, "weights\x12\x01", "3") },
    { "weights-negative", CALLS, ONE_BLOB, "R38 R57", "expected 0, 1 or 2", "weights is -1", CHANGE("weights", "-1") },
    { "weights-negative", ON(C1) | SCOPES, ONE_BLOB, "R38 R57", "not negative", "weights is -1",
      CHANGE("weights", "-1") },
    { "priority", ON(C1) | SCOPES, ONE_BLOB, "R57", "not negative", "the priority is no number",
      CHANGE("priority", "high") },
    { "priority", ON(C2), ONE_BLOB, "R57", "not negative", "the priority is no number",
      CHANGE(NULL, NULL, "priority\x12\x01", "h") },
    { "count-nodes", SCOPES, ONE_BLOB, "R57", "not negative", "the count of nodes is -3", CHANGE("nodes", "-3") },
    { "count-entries", ON(C1), ONE_BLOB, "R57", "expected at most", "the table claims 2^40 entries", set_count,
      "1099511627776" },
    { "count-too-many", ON(C1), ONE_BLOB, "R57", "is missing", "the table claims an entry more than there are",
      set_count, "2" },
    { "count-negative", ON(C1), ONE_BLOB, "R57", "not negative", "the table claims -1 entries", set_count, "-1" },
    { "not-utf8", CALLS, ONE_BLOB, "R57", "UTF-8", "the compatibility text is not UTF-8",
      CHANGE("compatibility", "\xff\xfe") },
    { "not-utf8", ON(C1) | SCOPES, ONE_BLOB, "R57", "UTF-8", "the compatibility text is not UTF-8",
      CHANGE("compatibility", "\xff\xfe") },
    { "not-utf8", ON(C2), ONE_BLOB, "R57", "UTF-8", "the target is not UTF-8",
      CHANGE(NULL, NULL, "target\x12\x06", "\xff") },
    /* ids */
    { "id-twice", ON(A) | ON(B) | ON(C1), TWO_REGIONS, "R58", "given twice", "two regions have one id", same_id },
    { "function-twice", ON(B), TWO_REGIONS, "R58", "share one Region function", "two calls share a function",
      same_function },
    /* tables */
    { "no-output", ON(C1), ONE_BLOB, "R46", "replaces no output", "an entry names no output", CHANGE("output", "") },
    { "output-twice", ON(C1), ONE_BLOB, "R46", "given twice", "an entry names an output twice",
      CHANGE("output", "d,d") },
    { "name-escape", ON(C1), ONE_BLOB, "R57", "empty or wrongly escaped", "a name is wrongly escaped",
      CHANGE("input", "a,m,%v") },
    { "formals-fewer", ON(C1), ONE_BLOB, "R47", "the replacement has", "a replacement has an input less than its entry",
      fewer_formals },
    { "formals-fewer", ON(C2), ONE_BLOB, "R47", "the replacement has", "a replacement has an input less than its entry",
      CHANGE(NULL, NULL, "\x22\x02i0", "\x2a") },
    { "compiled-among-others", ON(C1), ONE_BLOB, "R47", "stands among others",
      "a compiled object stands among other nodes", compiled_among_others },
    /* scopes */
    { "no-payload", SCOPES, ONE_BLOB, "R59", "either a payload file or a payload tensor", "a scope names no payload",
      CHANGE("payload_tensor", NULL) },
    { "two-payloads", SCOPES, ONE_BLOB, "R59", "either a payload file or a payload tensor",
      "a scope names a file and a tensor", CHANGE("payload", "object.bin") },
    { "payload-elsewhere", SCOPES, ONE_BLOB, "R59", "no payload tensor", "a scope names a tensor that is not there",
      CHANGE("payload_tensor", "bctx.payload.none") },
    { "payload-weight", SCOPES, ONE_BLOB, "R59", "no payload tensor", "a scope names a weight as its payload",
      CHANGE("payload_tensor", "m") },
    { "not-convex", SCOPES, GAP, "R8", "not convex", "a path leaves the scope and comes back", not_convex },
};

static Plan *base_plan(Base base, ContextEncoding e, const char **twin)
{
    Plan *p = context_plan_new(context_graph(base == TWO_REGIONS ? "long" : base == GAP ? "gap" : base == TWO_BLOBS
                                             ? "weight" : "chain"), e);
    if (base == TWO_REGIONS) {
        context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", PLAN_BIAS);
        context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", "bias=4096\n");
    } else {
        context_plan_usual(p);
    }
    if (base == TWO_BLOBS)
        context_plan_blob(&p->regions[0], "mock-b", "bias=4096\n");
    *twin = base == TWO_REGIONS ? "disjoint-3" : base == GAP ? "region-gap-used" : base == TWO_BLOBS ? "vendors-a" : "region-chain-used";
    return p;
}

static void refuse(Generator *g, const Wrong *w, ContextEncoding e)
{
    const char *twin;
    Plan *p = base_plan(w->base, e, &twin);
    p->after = w->tool;
    p->data = w->data;
    g_autofree char *name = g_strdup_printf("reject-%s", w->tag);
    context_plan_reject(g, p, name, twin, w->because, w->requirements, "Refused: %s.", w->what);
}

/* What packing can say itself. */
static void differing_digests(Generator *g, ContextEncoding e)
{
    static const char *const texts[] = { "", "mock-a/1" };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *twin;
        Plan *p = base_plan(ONE_BLOB, e, &twin);
        p->regions[0].blobs[0].compatibility = texts[i];
        context_plan_blob(&p->regions[0], "mock-a", "bias=4096\n")->compatibility = texts[i];
        g_autofree char *name = g_strdup_printf("reject-digests-%s", i ? "named" : "unnamed");
        context_plan_reject(g, p, name, "priority-none", "differ", "R54",
                            "Refused: two objects of one backend and compatibility '%s' differ.", texts[i]);
    }
    Plan *p = context_plan_new(context_graph("one"), e);
    context_plan_usual(p);
    context_plan_blob(&p->regions[0], "mock-a", PLAN_BIAS);
    context_plan_emit(g, p, "blob-twice", 1, "R54", "One object is there twice, with the same digest.");
}

/* Valid neighbours of what is refused, so that each rule is met from both sides. */
static void neighbours(Generator *g, ContextEncoding e)
{
    Plan *p = context_plan_new(context_graph("chain"), e);
    context_plan_usual(p);
    context_plan_emit(g, p, "good-container", 1, "R1 R2 R3 R45 R46 R47 R51 R52 R53 R55 R56 R57 R58 R59",
                      "A container with one object that breaks no rule.");
    p = context_plan_new(context_graph("long"), e);
    context_plan_blob(context_plan_region(p, "first", "0 1"), "mock-a", PLAN_BIAS);
    context_plan_blob(context_plan_region(p, "second", "3 4"), "mock-a", "bias=4096\n");
    context_plan_emit(g, p, "good-containers", 3, "R51 R55 R58 R59",
                      "A container with two regions that breaks no rule.");
}

void backend_context_rejects(Generator *g)
{
    EACH_ENCODING(e) {
        neighbours(g, e);
        for (gsize i = 0; i < G_N_ELEMENTS(wrongs); i++)
            if (wrongs[i].encodings >> e & 1)
                refuse(g, &wrongs[i], e);
        if (e != ENCODING_D)
            differing_digests(g, e);
    }
}

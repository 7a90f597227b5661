/* backend-context: from a plan to the files of a case, and to the scenario. */
#include "generators/proposals/backend_context.h"

#include "reference/onnx/save.h"
#include "reference/onnx/text.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* ---- plans -------------------------------------------------------------------------------------------------------------- */

Plan *context_plan_new(const ContextGraph *graph, ContextEncoding encoding)
{
    Plan *p = g_new0(Plan, 1);
    p->arena = arena_create();
    p->graph = graph;
    p->encoding = encoding;
    p->providers = "mock-a:1";
    p->files = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_byte_array_unref);
    return p;
}

static void plan_free(gpointer data)
{
    Plan *p = data;
    g_hash_table_unref(p->files);
    arena_free(p->arena);
    g_free(p);
}

const char *context_plan_text(Plan *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return arena_string(p->arena, text);
}

PlanRegion *context_plan_region(Plan *p, const char *id, const char *nodes)
{
    g_assert(p->n_regions < PLAN_REGIONS);
    PlanRegion *r = &p->regions[p->n_regions++];
    *r = (PlanRegion){ .id = id, .nodes = nodes, .weights = WEIGHTS_PASSED };
    return r;
}

PlanBlob *context_plan_blob(PlanRegion *r, const char *backend, const char *lines)
{
    g_assert(r->n_blobs < PLAN_BLOBS);
    PlanBlob *b = &r->blobs[r->n_blobs++];
    *b = (PlanBlob){ .backend = backend, .lines = lines, .length = -1 };
    return b;
}

PlanBlob *context_plan_usual(Plan *p)
{
    return context_plan_blob(context_plan_region(p, "r", p->graph->region), "mock-a", PLAN_BIAS);
}

/* ---- payloads ------------------------------------------------------------------------------------------------------------ */

static char *fill_in(const Container *c, const ContextRegion *region, const char *lines)
{
    g_autoptr(GString) text = g_string_new(lines);
    g_autofree char *digest = context_digest(c->model->graph, region->nodes, region->n_nodes);
    g_autofree char *signature = context_signature(c->model->graph, region);
    g_string_replace(text, "{digest}", digest, 0);
    g_string_replace(text, "{signature}", signature, 0);
    return g_strdup(text->str);
}

static GByteArray *payload_of(const Container *c, const ContextRegion *region, const PlanBlob *b)
{
    g_autofree char *lines = fill_in(c, region, b->lines);
    GByteArray *payload = g_bytes_unref_to_array(context_mock_payload(lines));
    if (b->damage == DAMAGE_MAGIC)
        payload->data[0] = 'X';
    if (b->damage == DAMAGE_FORMAT)
        payload->data[8] = 2;
    return payload;
}

/* What happens to the bytes after their digest was taken. */
static void damage(GByteArray *payload, Damage how)
{
    if (how == DAMAGE_FLIP)
        payload->data[payload->len - 2] ^= 1;
    if (how == DAMAGE_CUT)
        g_byte_array_set_size(payload, payload->len - 3);
    if (how == DAMAGE_EMPTY)
        g_byte_array_set_size(payload, 0);
}

static void put_file(Plan *p, const PlanBlob *b, const GByteArray *payload)
{
    const char *name = b->real ? b->real : b->location;
    GByteArray *file = g_hash_table_lookup(p->files, name);
    const guint end = (guint)b->offset + payload->len;
    if (b->damage == DAMAGE_MISSING || b->damage == DAMAGE_FOLDER || *name == '/')
        return;
    if (!file)
        g_hash_table_insert(p->files, (gpointer)name, file = g_byte_array_new());
    const guint before = file->len;
    if (before < end)
        g_byte_array_set_size(file, end);
    for (guint i = before; i < (guint)b->offset; i++)
        file->data[i] = 0xEE;
    if (payload->len)
        memcpy(file->data + b->offset, payload->data, payload->len);
}

static void add_payload(Plan *p, Container *c, ContextRegion *region, const PlanBlob *b)
{
    g_autoptr(GByteArray) payload = payload_of(c, region, b->shares ? &p->regions[0].blobs[0] : b);
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, payload->data, payload->len);
    ContextBlob blob = { .backend = b->backend, .compatibility = b->compatibility, .partition = b->partition,
                         .digest = digest, .priority = b->priority, .location = b->location,
                         .offset = b->recorded_offset ? b->recorded_offset : b->offset, .length = b->length };
    if (!b->location)
        damage(payload, b->damage);
    if (!b->shares)
        blob.payload = (Bytes){ payload->data, payload->len };
    container_add_blob(c, region, &blob);
    if (b->location) {
        damage(payload, b->damage);
        put_file(p, b, payload);
    }
}

static gboolean add_body(Container *c, ContextRegion *region, const PlanBlob *b, GError **error)
{
    Model *holder = model_new();
    g_ptr_array_add(c->parts, holder);
    const ContextBlob blob = { .backend = b->backend, .compatibility = b->compatibility, .priority = b->priority,
                               .body = function_from_text(holder, b->body, error) };
    return blob.body && container_add_blob(c, region, &blob);
}

/* ---- packing -------------------------------------------------------------------------------------------------------------- */

static gboolean add_region(Plan *p, Container *c, const PlanRegion *r, GError **error)
{
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_auto(GStrv) parts = g_strsplit(r->nodes, " ", -1);
    for (char **part = parts; *part; part++) {
        const gsize at = (gsize)g_ascii_strtoull(*part, NULL, 10);
        g_array_append_val(nodes, at);
    }
    ContextRegion *region = container_add_region(c, r->id, (const gsize *)(void *)nodes->data, nodes->len, error);
    if (!region)
        return FALSE;
    region->policy = r->policy;
    region->weights = r->weights;
    for (gsize i = 0; i < r->n_blobs; i++)
        if (!r->blobs[i].body)
            add_payload(p, c, region, &r->blobs[i]);
        else if (!add_body(c, region, &r->blobs[i], error))
            return FALSE;
    if (r->outputs) {
        region->n_outputs = 1;
        region->outputs[0] = r->outputs;
    }
    if (r->digest) /* last: payloads say what they were compiled from */
        region->digest = r->digest;
    return TRUE;
}

static void say(Model *model, const char *key, const char *value)
{
    if (value)
        properties_set(&model->metadata, model, key, value);
}

static void say_session(const Plan *p, Model *model)
{
    say(model, "assay.session.providers", p->providers);
    say(model, "assay.session.policy", p->policy);
    say(model, "assay.session.later", p->later);
    say(model, "assay.session.suboptimal", p->suboptimal);
}

static GBytes *pack(Plan *p, const Model *model, GError **error)
{
    g_autoptr(Model) own = model_copy(model);
    if (p->before)
        p->before(own, p->data);
    say_session(p, own);
    g_autoptr(GBytes) bytes = model_to_bytes(own, error);
    g_autoptr(Container) c = bytes ? container_read(bytes, NULL, "model", error) : NULL;
    if (!c)
        return NULL;
    c->encoding = p->encoding;
    for (gsize i = 0; i < p->n_regions; i++)
        if (!add_region(p, c, &p->regions[i], error))
            return NULL;
    return container_pack(c, error);
}

#define WEIGHTS_FILE "weights.bin"

/* Initializers go to a file, one after the other; our own payloads stay. */
static void relocate(Plan *p, Model *model)
{
    GByteArray *file = g_byte_array_new();
    g_hash_table_insert(p->files, WEIGHTS_FILE, file);
    for (gsize i = 0; i < model->graph->initializers.n; i++) {
        NamedTensor *t = LIST_AT(&model->graph->initializers, NamedTensor, i);
        if (g_str_has_prefix(t->name, CONTEXT_PREFIX))
            continue;
        t->storage = STORAGE_EXTERNAL;
        t->location = WEIGHTS_FILE;
        t->offset = file->len;
        t->length = (int64_t)t->tensor->bytes;
        g_byte_array_append(file, t->tensor->data, (guint)t->tensor->bytes);
    }
}

static GBytes *store(const Model *model, gpointer data, GError **error)
{
    Plan *p = data;
    g_hash_table_remove_all(p->files);
    g_autoptr(GBytes) packed = pack(p, model, error);
    if (!packed || (!p->after && !p->relocates))
        return g_steal_pointer(&packed);
    gsize size;
    const void *bytes = g_bytes_get_data(packed, &size);
    g_autoptr(Model) file = model_load_bytes(bytes, size, NULL, "container", NULL, error);
    if (!file)
        return NULL;
    if (p->after)
        p->after(file, p->data);
    if (p->relocates)
        relocate(p, file);
    return model_to_bytes(file, error);
}

/* ---- beside the model ------------------------------------------------------------------------------------------------------ */

static gboolean cannot(const char *path, GError **error)
{
    g_set_error(error, CORPUS_ERROR, CORPUS_ERROR_IO, "%s: cannot be written: %s", path, g_strerror(errno));
    return FALSE;
}

static gboolean write_beside(const char *folder, const char *name, const GByteArray *contents, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL), *inner = g_path_get_dirname(path);
    if (g_mkdir_with_parents(inner, 0777) != 0)
        return cannot(inner, error);
    return g_file_set_contents(path, (const char *)contents->data, contents->len, error);
}

static gboolean beside(const char *folder, gpointer data, GError **error)
{
    Plan *p = data;
    GHashTableIter iter;
    gpointer name, contents;
    g_hash_table_iter_init(&iter, p->files);
    while (g_hash_table_iter_next(&iter, &name, &contents))
        if (!write_beside(folder, name, contents, error))
            return FALSE;
    for (gsize r = 0; r < p->n_regions; r++)
        for (gsize i = 0; i < p->regions[r].n_blobs; i++) {
            const PlanBlob  *b = &p->regions[r].blobs[i];
            g_autofree char *path = b->location ? g_build_filename(folder, b->location, NULL) : NULL;
            if (b->damage == DAMAGE_FOLDER && g_mkdir(path, 0777) != 0)
                return cannot(path, error);
            if (b->damage == DAMAGE_LINK && symlink(b->real, path) != 0)
                return cannot(path, error);
        }
    return TRUE;
}

static Model *open_file(const char *path, gpointer data, GError **error)
{
    (void)data;
    return context_open(path, NULL, error);
}

/* ---- scenarios ------------------------------------------------------------------------------------------------------------- */

static void add_graph(Scenario *s, const ContextGraph *graph)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strdup_printf("<ir_version: 8, opset_import: [\"\" : %" G_GINT64_FORMAT "]>\n%s",
                                            graph->opset, graph->text);
    g_autoptr(Model) parsed = model_from_text(text, &error);
    if (!parsed)
        g_error("backend-context, graph '%s': %s", graph->name, error->message); /* a mistake of the generator */
    Model *model = scenario_model(s);
    scenario_opset(s, graph->opset);
    for (gsize i = 0; i < parsed->graph->inputs.n; i++) {
        const ValueInfo *info = LIST_AT(&parsed->graph->inputs, ValueInfo, i);
        const Type      *type = info->type;
        Shape            shape = { .rank = (int)type->rank };
        for (gsize d = 0; d < type->rank; d++)
            shape.dims[d] = type->dims[d].value;
        scenario_input(s, info->name, data_integers((DType)type->elem, &shape, data_seed(info->name), -5, 5));
    }
    Graph *copy = graph_copy(parsed->graph, model);
    model->graph->nodes = copy->nodes;
    model->graph->value_infos = copy->value_infos;
    for (gsize i = 0; i < copy->initializers.n; i++) {
        const NamedTensor *t = LIST_AT(&copy->initializers, NamedTensor, i);
        scenario_constant(s, t->name, tensor_ref(t->tensor));
    }
    /* Typed, since packing comes before the golden, and objects look at types. */
    for (gsize i = 0; i < copy->outputs.n; i++) {
        const ValueInfo *info = LIST_AT(&copy->outputs, ValueInfo, i);
        scenario_output_typed(s, info->name, info->type);
    }
}

static Scenario *begin(Generator *g, Plan *p, const char *name, guint64 shows, const char *requirements,
                       const char *summary)
{
    g_autofree char *lower = g_ascii_strdown(context_encoding_name(p->encoding), -1);
    Scenario *s = scenario_new(g, "%s-%s", name, lower);
    scenario_about(s, context_encoding_name(p->encoding), requirements, "%s", summary);
    scenario_semantic(s, name);
    add_graph(s, p->graph);
    p->file = (ScenarioFile){ .store = store, .beside = beside, .open = open_file, .shows = shows, .free = plan_free };
    scenario_file(s, &p->file, p);
    return s;
}

#define FORMATTED(summary, text) \
    va_list args;                \
    va_start(args, summary);     \
    g_autofree char *text = g_strdup_vprintf(summary, args); \
    va_end(args)

void context_plan_emit(Generator *g, Plan *p, const char *name, guint64 shows, const char *requirements,
                       const char *summary, ...)
{
    FORMATTED(summary, text);
    const gboolean first = p->encoding == ENCODING_A || (p->encoding == ENCODING_C1 && p->tables);
    scenario_emit_forms(begin(g, p, name, shows, requirements, text),
                        1u << FORM_NATIVE | (first && !shows ? 1u << FORM_DECOMPOSED : 0));
}

void context_plan_reject(Generator *g, Plan *p, const char *name, const char *twin, const char *because,
                         const char *requirements, const char *summary, ...)
{
    FORMATTED(summary, text);
    Scenario *s = begin(g, p, name, 0, requirements, text);
    g_autofree char *lower = g_ascii_strdown(context_encoding_name(p->encoding), -1);
    g_autofree char *full = g_strdup_printf("%s-%s", twin, lower);
    scenario_reject(s, full, because);
}

/* kv-cache: what the parts share, and their order. */
#include "generators/proposals/kv_cache.h"

int kv_axis(const Update *u)
{
    return shape_axis(u->axis == KV_DEFAULT_AXIS ? -2 : u->axis, u->cache.rank);
}

Shape kv_update_shape(const Update *u)
{
    Shape shape = u->cache;
    shape.dims[kv_axis(u)] = u->length;
    return shape;
}

static Tensor *strings(const Shape *shape, const char *stem)
{
    Tensor *t = data_indexed(DTYPE_STRING, shape);
    for (int64_t i = 0; i < t->count; i++) {
        g_autofree char *text = g_strdup_printf("%s %" G_GINT64_FORMAT, stem, i);
        tensor_set_string(t, i, text, -1);
    }
    return t;
}

/* Complex types have no codes of one word; their parts are filled through a view as real numbers. */
static Tensor *complex_numbers(DType dtype, const Shape *shape, int64_t first)
{
    Tensor *t = data_indexed(dtype, shape);
    Tensor parts = *t;
    parts.dtype = dtype == DTYPE_COMPLEX64 ? DTYPE_FLOAT : DTYPE_DOUBLE;
    for (int64_t i = 0; i < 2 * t->count; i++)
        tensor_set_double(&parts, i, (double)(i % 2 ? -i : first + i));
    return t;
}

Tensor *kv_cache_data(DType dtype, const Shape *shape)
{
    if (dtype == DTYPE_STRING)
        return strings(shape, "old");
    if (dtype_info(dtype)->domain == DOMAIN_COMPLEX)
        return complex_numbers(dtype, shape, 0);
    Tensor *t = data_codes(dtype, shape, data_seed("cache"), TRUE);
    for (int64_t i = 0; dtype == DTYPE_BOOL && i < t->count; i++)
        tensor_set_bits(t, i, 0); /* the update is what is true */
    return t;
}

Tensor *kv_update_data(DType dtype, const Shape *shape)
{
    if (dtype == DTYPE_STRING)
        return strings(shape, "new");
    if (dtype_info(dtype)->domain == DOMAIN_COMPLEX)
        return complex_numbers(dtype, shape, 1000);
    Tensor *t = data_codes(dtype, shape, data_seed("update"), TRUE);
    for (int64_t i = 0; dtype == DTYPE_BOOL && i < t->count; i++)
        tensor_set_bits(t, i, i % 3 != 1);
    return t;
}

Node *kv_tensor_scatter(Scenario *s, const Update *u, const char *cache, const char *update, const char *indices,
                        const char *present)
{
    Node *node = scenario_node(s, "", "TensorScatter", indices ? NAMES(cache, update, indices) : NAMES(cache, update),
                               NAMES(present));
    if (u->axis != KV_DEFAULT_AXIS)
        scenario_set_int(s, node, "axis", u->axis);
    if (u->circular)
        scenario_set_string(s, node, "mode", "circular");
    return node;
}

/* ---- meaning ----------------------------------------------------------------------------------------------------- */

/* A type that ScatterND lists and that holds every value of `dtype`; UNDEFINED if there is none. */
static DType carrier(DType dtype)
{
    switch (dtype) {
    case DTYPE_INT4:
        return DTYPE_INT8;
    case DTYPE_UINT4:
        return DTYPE_UINT8;
    case DTYPE_FLOAT4E2M1:
    case DTYPE_FLOAT8E4M3FN:
    case DTYPE_FLOAT8E4M3FNUZ:
    case DTYPE_FLOAT8E5M2:
    case DTYPE_FLOAT8E5M2FNUZ:
        return DTYPE_FLOAT16;
    case DTYPE_FLOAT8E8M0:
        return DTYPE_FLOAT;
    default:
        return dtype_info(dtype)->bits >= 8 ? dtype : DTYPE_UNDEFINED;
    }
}

gboolean kv_has_meaning(DType dtype)
{
    return carrier(dtype) != DTYPE_UNDEFINED;
}

/* Component `d` of the indices: 0, 1, ... along axis d of the update. */
static void component(GString *body, int d, int depth)
{
    g_string_append_printf(body,
                           "n%d = Gather <axis = 0> (dims, c%d)  r%d = Range (zero, n%d, one)  "
                           "p%d = Constant <value = int64[%d] {", d, d, d, d, d, depth + 1);
    for (int i = 0; i <= depth; i++)
        g_string_append_printf(body, "%s%d", i ? ", " : "", i == d ? -1 : 1);
    g_string_append_printf(body, "}> ()  i%d = Reshape (r%d, p%d)  ", d, d, d);
}

/* The place on the axis: first place of the batch item plus index in the update, modulo the cache's length if circular. */
static void place(GString *body, const Update *u, int axis)
{
    if (u->indices) {
        g_string_append_printf(body, "pw = Constant <value = int64[%d] {-1", axis + 2);
        for (int i = 0; i <= axis; i++)
            g_string_append(body, ", 1");
        g_string_append_printf(body, "}> ()  w = Reshape (write_indices, pw)  at = Add (i%d, w)  ", axis);
    } else {
        g_string_append_printf(body, "at = Identity (i%d)  ", axis);
    }
    if (u->circular)
        g_string_append_printf(body, "all = Shape (past_cache)  m = Gather <axis = 0> (all, c%d)  "
                                     "place = Mod (at, m)  ", axis);
    else
        g_string_append(body, "place = Identity (at)  ");
}

void kv_meaning(Scenario *s, const Update *u)
{
    const int axis = kv_axis(u);
    const DType carry = carrier(u->dtype);
    g_autoptr(GString) body = g_string_new(NULL);
    g_string_append_printf(body, "<domain: \"\", opset_import: [\"\" : 24]> TensorScatter %s(past_cache, update%s) => "
                                 "(present_cache) { dims = Shape (update)  zero = Constant <value = int64 {0}> ()  "
                                 "one = Constant <value = int64 {1}> ()  ",
                           u->axis != KV_DEFAULT_AXIS && u->circular ? "<axis, mode> " : u->circular ? "<mode> "
                           : u->axis != KV_DEFAULT_AXIS ? "<axis> " : "", u->indices ? ", write_indices" : "");
    for (int d = 0; d <= axis; d++) {
        g_string_append_printf(body, "c%d = Constant <value = int64 {%d}> ()  ", d, d);
        component(body, d, axis + 1);
    }
    place(body, u, axis);
    g_string_append(body, "from = Constant <value = int64[1] {0}> ()  ");
    g_string_append_printf(body, "to = Constant <value = int64[1] {%d}> ()  last = Constant <value = int64[1] {1}> ()  "
                                 "prefix = Slice (dims, from, to)  grid = Concat <axis = 0> (prefix, last)  ", axis + 1);
    for (int d = 0; d < axis; d++)
        g_string_append_printf(body, "e%d = Expand (i%d, grid)  ", d, d);
    g_string_append_printf(body, "e%d = Expand (place, grid)  ", axis);
    g_string_append_printf(body, "indices = Concat <axis = %d> (", axis + 1);
    for (int d = 0; d <= axis; d++)
        g_string_append_printf(body, "%se%d", d ? ", " : "", d);
    g_string_append(body, ")  ");
    if (carry == u->dtype)
        g_string_append(body, "present_cache = ScatterND (past_cache, indices, update) }");
    else
        g_string_append_printf(body, "wide = Cast <to = %d> (past_cache)  news = Cast <to = %d> (update)  "
                                     "moved = ScatterND (wide, indices, news)  present_cache = Cast <to = %d> (moved) }",
                               carry, carry, u->dtype);
    scenario_function(s, body->str);
}

static void generate(Generator *g)
{
    kv_cache_update(g);
    kv_cache_functional(g);
    kv_cache_rejects(g);
    kv_cache_quantized(g);
    kv_cache_paged(g);
    kv_cache_decode(g);
    kv_cache_surgery(g);
}
PROPOSAL_DEFINE(kv_cache, "kv-cache", generate)

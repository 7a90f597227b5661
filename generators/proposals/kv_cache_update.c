/* One update of a cache: axes, ranks, lengths, places, modes and element types of TensorScatter. */
#include "generators/proposals/kv_cache.h"

/* M, the cache's length on the axis, is 5 unless the name says otherwise; all other dims differ from it. */
typedef struct {
    const char *tag;
    Shape       cache;
    int         axis;
    const char *requirements, *what;
} Layout;

static const Layout layouts[] = {
    { "r2-axis1", { 2, { 3, 5 } }, 1, "R1 R2", "rank 2, one number a place" },
    { "r2-axis-1", { 2, { 3, 5 } }, -1, "R1 R2", "rank 2, axis counted from the back" },
    { "r3-default", { 3, { 2, 5, 3 } }, KV_DEFAULT_AXIS, "R1 R2", "rank 3, the axis left to its default" },
    { "r3-axis2", { 3, { 2, 3, 5 } }, 2, "R1 R2", "rank 3, the last axis" },
    { "bnsh", { 4, { 2, 3, 5, 4 } }, KV_DEFAULT_AXIS, "R1 R2", "[batch, heads, places, depth]" },
    { "bsnh", { 4, { 2, 5, 3, 4 } }, 1, "R1 R2", "[batch, places, heads, depth]" },
    { "bnhs", { 4, { 2, 3, 4, 5 } }, -1, "R1 R2", "[batch, heads, depth, places]" },
    { "r5-axis-2", { 5, { 2, 3, 2, 5, 2 } }, -2, "R1 R2", "rank 5, two axes between batch and places" },
    { "r5-axis1", { 5, { 2, 5, 2, 1, 3 } }, -4, "R1 R2", "rank 5, axis 1 counted from the back" },
    { "many-batches", { 3, { 7, 5, 2 } }, 1, "R1 R2 R9", "more batch items than places" },
    { "many-heads", { 4, { 2, 8, 5, 1 } }, 2, "R1 R2 R9", "more heads than places" },
    { "many-both", { 4, { 4, 5, 3, 2 } }, 2, "R1 R2 R9", "three places, more batch items and heads than that" },
    { "one-place", { 4, { 2, 3, 1, 2 } }, 2, "R1 R2 R9", "a cache of one place" },
};

/* Where to write, from the batch item b, the cache's length M and the update's length s. */
typedef enum { ABSENT, ZERO, RAGGED, LAST, WRAP, WRAP_RAGGED, FAR, PLACES } Place;
static const struct {
    const char *tag, *requirements, *what;
    gboolean    circular;
} places[PLACES] = {
    [ABSENT] = { "absent", "R3", "without write_indices", FALSE },
    [ZERO] = { "zeros", "R4", "from place 0", FALSE },
    [RAGGED] = { "ragged", "R4", "from another place for each batch item", FALSE },
    [LAST] = { "end", "R4 R6", "up to the last place", FALSE },
    [WRAP] = { "wrap", "R7", "from the last place around to the first", TRUE },
    [WRAP_RAGGED] = { "wrap-ragged", "R7", "from another place for each batch item, some of them around the end", TRUE },
    [FAR] = { "far", "R7 R8", "from places beyond the cache's length", TRUE },
};

static int64_t place_of(Place place, int64_t b, int64_t capacity, int64_t length)
{
    switch (place) {
    case RAGGED:
        return (capacity - length) - b % (capacity - length + 1);
    case LAST:
        return capacity - length;
    case WRAP:
        return capacity - 1;
    case WRAP_RAGGED:
        return (2 * capacity - 1 - b) % capacity;
    case FAR:
        return (b + 1) * capacity + (2 * b + 3) % capacity;
    case ABSENT: case ZERO: case PLACES:
        break;
    }
    return 0;
}

/* The pseudocode of the operator's text takes the remainder of all index components before the axis too. */
static void pseudocode_answer(Scenario *s, const Update *u, const Tensor *cache, const Tensor *update)
{
    const int axis = kv_axis(u);
    const int64_t capacity = u->cache.dims[axis], prefixes = shape_span(&u->cache, 0, axis);
    const int64_t inner = shape_span(&u->cache, axis + 1, u->cache.rank), batch_span = shape_span(&u->cache, 1, axis);
    g_autoptr(Tensor) answer = tensor_copy(cache, NULL);
    gboolean differs = FALSE;
    for (int64_t p = 0; p < prefixes; p++) {
        int64_t moved = 0, stride = 1, rest = p;
        for (int d = axis; d-- > 0; stride *= u->cache.dims[d]) {
            moved += rest % u->cache.dims[d] % capacity * stride;
            rest /= u->cache.dims[d];
        }
        differs |= moved != p && u->length > 0;
        for (int64_t t = 0; t < u->length; t++)
            for (int64_t i = 0; i < inner; i++) {
                const int64_t to = ((u->indices ? u->indices[p / batch_span] : 0) + t) % capacity;
                tensor_set_bits(answer, (moved * capacity + to) * inner + i,
                                tensor_get_bits(update, (p * u->length + t) * inner + i));
            }
    }
    if (differs)
        scenario_alternative(
            s, "the pseudocode of the operator's text: the remainder is taken of batch and head indices too",
            (Tensor *[]){ g_steal_pointer(&answer) }, 1);
}

static void one(Generator *g, const Layout *l, Place place, gboolean circular, int64_t length, DType dtype,
                const char *suffix)
{
    Update u = { .cache = l->cache, .axis = l->axis, .length = length, .circular = circular, .dtype = dtype };
    const int64_t batch = l->cache.dims[0], capacity = l->cache.dims[kv_axis(&u)];
    g_autofree int64_t *indices = g_new(int64_t, batch);
    for (int64_t b = 0; b < batch; b++)
        indices[b] = place_of(place, b, capacity, length);
    if (place != ABSENT)
        u.indices = indices;

    Scenario *s = scenario_new(g, "update-%s-%s-%s-%d%s", circular ? "circular" : "linear", l->tag, places[place].tag,
                               (int)length, suffix);
    g_autofree char *requirements = g_strconcat(l->requirements, " ", places[place].requirements, circular ? " R5" : "",
                                                length == 0 ? " R10" : length == capacity ? " R11" : "",
                                                dtype != DTYPE_FLOAT ? " R12" : "", NULL);
    scenario_about(s, "tensorscatter", requirements, "%d new places of %d, %s cache, %s: %s; %s.", (int)length,
                   (int)capacity, circular ? "circular" : "linear", dtype_name(dtype), l->what, places[place].what);
    if (place == RAGGED || place == WRAP_RAGGED)
        scenario_tag(s, "ragged");
    if (length == 0)
        scenario_tag(s, "empty");
    const Shape update_shape = kv_update_shape(&u);
    Tensor *cache = kv_cache_data(dtype, &u.cache), *update = kv_update_data(dtype, &update_shape);
    if (circular && dtype == DTYPE_FLOAT)
        pseudocode_answer(s, &u, cache, update);
    scenario_input(s, "past_cache", cache);
    scenario_input(s, "update", update);
    if (u.indices)
        scenario_input(s, "write_indices", data_int64s(&SHAPE(batch), indices));
    kv_tensor_scatter(s, &u, "past_cache", "update", u.indices ? "write_indices" : NULL, "present_cache");
    scenario_output(s, "present_cache");
    scenario_compare_bits(s);
    if (kv_has_meaning(dtype))
        kv_meaning(s, &u);
    scenario_emit(s);
}

static void shapes(Generator *g)
{
    for (gsize i = 0; i < G_N_ELEMENTS(layouts); i++) {
        const Layout *l = &layouts[i];
        const Update probe = { .cache = l->cache, .axis = l->axis };
        const int64_t capacity = l->cache.dims[kv_axis(&probe)];
        for (Place place = ABSENT; place < PLACES; place++)
            for (int64_t length = 0; length <= capacity; length++) {
                /* 0, 1, 3 and all of five places; a full linear update leaves one place to start from. */
                if (capacity == 5 && (length == 2 || length == 4))
                    continue;
                if (!places[place].circular && (length < capacity || place <= ZERO))
                    one(g, l, place, FALSE, length, DTYPE_FLOAT, "");
                if (places[place].circular || (place == RAGGED && length == 3) || (place == ABSENT && length == 1))
                    one(g, l, place, TRUE, length, DTYPE_FLOAT, "");
            }
    }
}

/* Every type that the operator lists moves without being looked at; layouts whose rows of sub-byte elements do not start at
 * bytes. */
static void types(Generator *g)
{
    static const Layout rows = { "bnsh", { 4, { 2, 3, 5, 3 } }, -2, "R1 R2", "[batch, heads, places, depth], odd rows" };
    static const Layout columns = {
        "bnhs", { 4, { 2, 1, 3, 5 } }, 3, "R1 R2", "[batch, heads, depth, places], single elements"
    };
    gsize count;
    const DTypeInfo *const *all = dtype_all(&count);
    for (gsize i = 0; i < count; i++) {
        const DType dtype = all[i]->dtype;
        if (!dtype_on_wire(dtype) || all[i]->bits == 2) /* the 2-bit types came after TensorScatter-24 */
            continue;
        g_autofree char *suffix = g_strdup_printf("-%s", dtype_name(dtype));
        one(g, &rows, RAGGED, FALSE, 3, dtype, suffix);
        one(g, &rows, WRAP_RAGGED, TRUE, 2, dtype, suffix);
        one(g, &rows, ZERO, FALSE, 5, dtype, suffix);
        one(g, &rows, LAST, FALSE, 0, dtype, suffix);
        one(g, &columns, RAGGED, FALSE, 1, dtype, suffix);
        one(g, &columns, FAR, TRUE, 3, dtype, suffix);
    }
}

void kv_cache_update(Generator *g)
{
    shapes(g);
    types(g);
}

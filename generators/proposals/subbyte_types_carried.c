/* Carried encodings: 3-bit and ternary elements in uint8, by the operators assay.subbyte::Unpack and ::Pack. */
#include "generators/proposals/subbyte_types_carried.h"

#include "generators/proposals/subbyte_types.h"

#include <string.h>

/* ---- layouts ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *attribute, *requirement;
} packings[] = { { "dense", "R49" },  { "nibble", "R50" },      { "word", "R51" },
                 { "planes", "R52" }, { "offset_rows", "R53" }, { "base3", "R54" } };

const char *carried_packing_name(CarriedPacking packing)
{
    return packings[packing].attribute;
}

DType carried_element(const Carried *c)
{
    return c->type == DTYPE_UINT3 ? DTYPE_UINT8 : DTYPE_INT8;
}

static int64_t row_bytes(const Carried *c)
{
    return (3 * c->shape.dims[c->shape.rank - 1] + 7) / 8;
}

int64_t carried_bytes(const Carried *c)
{
    const int64_t n = shape_count(&c->shape);
    switch (c->packing) {
    case CARRIED_DENSE:
        return (3 * n + 7) / 8;
    case CARRIED_NIBBLE:
        return (n + 1) / 2;
    case CARRIED_WORD:
        return (n + 9) / 10 * 4;
    case CARRIED_PLANES:
        return (n + 3) / 4 + (n + 7) / 8;
    case CARRIED_ROWS:
        return n == 0 ? 0 : n / c->shape.dims[c->shape.rank - 1] * row_bytes(c);
    default:
        return c->group ? n / c->group * ((c->group + 4) / 5) + (n % c->group + 4) / 5 : (n + 4) / 5;
    }
}

static void put_bits(uint8_t *bytes, int64_t at, int width, uint64_t code)
{
    for (int i = 0; i < width; i++)
        bytes[(at + i) / 8] = (uint8_t)(bytes[(at + i) / 8] | (code >> i & 1) << (at + i) % 8);
}

static void put_element(const Carried *c, uint8_t *bytes, int64_t k, int64_t value)
{
    static const uint8_t powers[] = { 1, 3, 9, 27, 81 };
    const int64_t n = shape_count(&c->shape), length = c->shape.rank ? c->shape.dims[c->shape.rank - 1] : 1;
    const uint64_t code = (uint64_t)value & 7;
    const int64_t group = c->group ? c->group : n;
    switch (c->packing) {
    case CARRIED_DENSE:
        put_bits(bytes, 3 * k, 3, code);
        break;
    case CARRIED_NIBBLE:
        put_bits(bytes, 4 * k, 4, c->type == DTYPE_INT3 ? (uint64_t)value & 15 : code);
        break;
    case CARRIED_WORD:
        put_bits(bytes, k / 10 * 32 + k % 10 * 3, 3, code);
        break;
    case CARRIED_PLANES:
        put_bits(bytes, 2 * k, 2, code & 3);
        put_bits(bytes, (n + 3) / 4 * 8 + k, 1, code >> 2);
        break;
    case CARRIED_ROWS:
        put_bits(bytes, k / length * row_bytes(c) * 8 + k % length * 3, 3, (uint64_t)(value + 4));
        break;
    default:
        bytes += k / group * ((group + 4) / 5) + k % group / 5;
        *bytes = (uint8_t)(*bytes + value * powers[k % group % 5]); /* the digits 1 are there */
    }
}

/* The bytes of the elements, by a way of its own: the operator's kernel is what is to be judged. */
static Tensor *encode(const Carried *c, const Tensor *values)
{
    Tensor *bytes = data_constant(DTYPE_UINT8, &SHAPE(carried_bytes(c)), c->type == DTYPE_TERNARY ? 121 : 0);
    for (int64_t k = 0; k < values->count; k++)
        put_element(c, bytes->data, k, tensor_get_int(values, k));
    return bytes;
}

static Tensor *elements(const Carried *c)
{
    const DType type = c->type;
    const int64_t low = type == DTYPE_UINT3 ? 0 : type == DTYPE_INT3 ? -4 : -1;
    const int64_t high = type == DTYPE_UINT3 ? 7 : type == DTYPE_INT3 ? 3 : 1;
    Tensor *t = data_integers(carried_element(c), &c->shape, data_seed(carried_packing_name(c->packing)), low, high);
    for (int64_t i = 0; i < MIN(t->count, high - low + 1); i++)
        tensor_set_int(t, i, low + i); /* every value is there */
    return t;
}

/* ---- scenarios ---------------------------------------------------------------------------------------------------- */

static Scenario *described(Generator *g, const Carried *c, const char *op, const char *suffix, const char *requirements,
                           const char *summary)
{
    g_autofree char *size = subbyte_shape_name(&c->shape);
    g_autofree char *packing = g_strdelimit(g_strdup(carried_packing_name(c->packing)), "_", '-');
    Scenario *s = scenario_new(g, "carried-%s-%s-%s-%s%s", op, dtype_name(c->type), packing, size, suffix);
    scenario_about(s, "carried", requirements, "%s: %s, packing %s, shape %s.", summary, dtype_name(c->type),
                   carried_packing_name(c->packing), size);
    return s;
}

static Node *node(Scenario *s, const Carried *c, const char *op, const char *input, const char *output)
{
    Node *n = scenario_node(s, "assay.subbyte", op, NAMES(input), NAMES(output));
    scenario_set_string(s, n, "type", dtype_name(c->type));
    scenario_set_string(s, n, "packing", carried_packing_name(c->packing));
    if (c->group)
        scenario_set_int(s, n, "group", c->group);
    if (g_str_equal(op, "Unpack"))
        scenario_set_ints(s, n, "shape", c->shape.dims, (gsize)c->shape.rank);
    return n;
}

/* The functions know whole groups only. */
static gboolean has_body(const Carried *c)
{
    return c->group == 0 || shape_count(&c->shape) % c->group == 0;
}

static void both_ways(Generator *g, const Carried *c)
{
    g_autofree char *suffix = c->group ? g_strdup_printf("-group%d", (int)c->group) : g_strdup("");
    g_autofree char *rules = g_strdup_printf("%s%s", packings[c->packing].requirement, c->group ? " R62" : "");
    static const char *const refused[] = { "", " R58", " R58", "", " R59", " R55" };
    g_autofree char *unpacking_rules = g_strconcat(rules, " R57", refused[c->packing], NULL);
    g_autofree char *packing_rules = g_strconcat(rules, " R56 R60", NULL);
    g_autoptr(Tensor) values = elements(c);
    Scenario *s = described(g, c, "unpack", suffix, unpacking_rules, "Elements from bytes");
    scenario_input(s, "codes", encode(c, values));
    node(s, c, "Unpack", "codes", "values");
    g_autofree char *unpack = carried_unpack_body(c), *pack = carried_pack_body(c);
    if (has_body(c))
        scenario_function(s, unpack);
    scenario_output(s, "values");
    scenario_emit(s);

    Scenario *p = described(g, c, "pack", suffix, packing_rules, "Bytes from elements");
    scenario_input(p, "values", g_steal_pointer(&values));
    node(p, c, "Pack", "values", "codes");
    if (has_body(c))
        scenario_function(p, pack);
    scenario_output(p, "codes");
    scenario_emit(p);
}

/* Bytes as given, read as the type says. */
static Scenario *from_bytes(Generator *g, const Carried *c, const char *suffix, const char *requirements, const char *summary,
                            const uint8_t *bytes, int64_t n)
{
    Scenario *s = described(g, c, "unpack", suffix, requirements, summary);
    Tensor *codes = data_constant(DTYPE_UINT8, &SHAPE(n), 0);
    memcpy(codes->data, bytes, (gsize)n);
    scenario_input(s, "codes", codes);
    return s;
}

/* Valid bytes with one changed. */
typedef struct {
    const char *suffix, *requirements, *summary;
    Carried     carried;
    int64_t     at; /* of the byte; -1: the last */
    uint8_t     flip; /* the ternary one: 129 is the digits 0, 1, 2, then 1, 1 of nobody; 27 less changes the fourth */
    gboolean    lenient;
    const char *because; /* NULL: valid */
} Change;

static const Change changes[] = {
    { "-tail", "R56", "Bits behind the last code are ignored",
      { DTYPE_UINT3, CARRIED_DENSE, { 1, { 3 } }, 0 }, -1, 0xFE, FALSE, NULL },
    { "-tail", "R56", "Bits behind the last code are ignored",
      { DTYPE_INT3, CARRIED_PLANES, { 1, { 3 } }, 0 }, -1, 0xF8, FALSE, NULL },
    { "-tail", "R56", "Digits behind the last one are ignored",
      { DTYPE_TERNARY, CARRIED_BASE3, { 1, { 3 } }, 0 }, -1, 129 ^ (129 - 27), FALSE, NULL },
    { "-fixed-bit", "R58", "A set fourth bit of an unsigned nibble",
      { DTYPE_UINT3, CARRIED_NIBBLE, { 1, { 8 } }, 0 }, 1, 0x08, FALSE, "fourth bit" },
    { "-fixed-bit", "R58", "A fourth bit that is not the sign",
      { DTYPE_INT3, CARRIED_NIBBLE, { 1, { 8 } }, 0 }, 1, 0x80, FALSE, "fourth bit" },
    { "-fixed-bit", "R58", "A set bit 31 of a word",
      { DTYPE_UINT3, CARRIED_WORD, { 1, { 10 } }, 0 }, -1, 0x80, FALSE, "top bits" },
    { "-fixed-bit", "R58", "A set bit 30 of a word",
      { DTYPE_INT3, CARRIED_WORD, { 1, { 10 } }, 0 }, -1, 0x40, FALSE, "top bits" },
    { "-fixed-bit-lenient", "R61", "A set fourth bit of an unsigned nibble, ignored",
      { DTYPE_UINT3, CARRIED_NIBBLE, { 1, { 8 } }, 0 }, 1, 0x08, TRUE, NULL },
    { "-fixed-bit-lenient", "R61", "A set bit 31 of a word, ignored",
      { DTYPE_UINT3, CARRIED_WORD, { 1, { 10 } }, 0 }, -1, 0x80, TRUE, NULL },
    { "-row-tail", "R59", "A set bit behind the last code of a row",
      { DTYPE_INT3, CARRIED_ROWS, { 2, { 3, 5 } }, 0 }, 1, 0x80, FALSE, "unused bits" },
};

static void changed(Generator *g, const Change *change)
{
    const Carried *c = &change->carried;
    g_autoptr(Tensor) values = elements(c), bytes = encode(c, values);
    uint8_t *at = (uint8_t *)bytes->data + (change->at < 0 ? bytes->count - 1 : change->at);
    *at = (uint8_t)(*at ^ change->flip);
    Scenario *s = from_bytes(g, c, change->suffix, change->requirements, change->summary, bytes->data, bytes->count);
    Node *n = node(s, c, "Unpack", "codes", "values");
    if (change->lenient)
        scenario_set_int(s, n, "strict", 0);
    if (!change->because) {
        g_autofree char *body = carried_unpack_body(c);
        scenario_function(s, body);
        scenario_output(s, "values");
        scenario_emit(s);
        return;
    }
    scenario_output_typed(s, "values", type_tensor(scenario_model(s), carried_element(c), &c->shape));
    g_autofree char *size = subbyte_shape_name(&c->shape);
    g_autofree char *packing = g_strdelimit(g_strdup(carried_packing_name(c->packing)), "_", '-');
    g_autofree char *twin = g_strdup_printf("carried-unpack-%s-%s-%s", dtype_name(c->type), packing, size);
    scenario_reject(s, twin, change->because);
}

/* Ternary bytes that mean nothing. */
static void invalid_digits(Generator *g, uint8_t byte)
{
    const Carried c = { DTYPE_TERNARY, CARRIED_BASE3, SHAPE(10), 0 };
    const uint8_t bytes[] = { 121, byte };
    g_autofree char *suffix = g_strdup_printf("-byte%d", byte), *lenient = g_strdup_printf("-byte%d-lenient", byte);
    Scenario *s = from_bytes(g, &c, suffix, "R55", "A byte above 242", bytes, 2);
    node(s, &c, "Unpack", "codes", "values");
    scenario_output_typed(s, "values", type_tensor(scenario_model(s), DTYPE_INT8, &c.shape));
    scenario_reject(s, "carried-unpack-ternary-base3-10", "expected a code of five ternary digits");
    Scenario *l = from_bytes(g, &c, lenient, "R61", "A byte above 242 read as zeros", bytes, 2);
    scenario_set_int(l, node(l, &c, "Unpack", "codes", "values"), "strict", 0);
    scenario_output(l, "values");
    scenario_emit(l);
}

static void wrong_amounts(Generator *g, const Carried *c)
{
    for (int step = -1; step <= 1; step += 2) {
        g_autoptr(Tensor) values = elements(c), bytes = encode(c, values);
        g_autofree uint8_t *longer = g_malloc0((gsize)bytes->count + 1);
        memcpy(longer, bytes->data, (gsize)bytes->count);
        Scenario *s = from_bytes(g, c, step < 0 ? "-short" : "-long", "R57", step < 0 ? "One byte is missing" : "One byte too many",
                                 longer, bytes->count + step);
        node(s, c, "Unpack", "codes", "values");
        scenario_output_typed(s, "values", type_tensor(scenario_model(s), carried_element(c), &c->shape));
        g_autofree char *size = subbyte_shape_name(&c->shape);
        g_autofree char *packing = g_strdelimit(g_strdup(carried_packing_name(c->packing)), "_", '-');
        g_autofree char *twin = g_strdup_printf("carried-unpack-%s-%s-%s", dtype_name(c->type), packing, size);
        scenario_reject(s, twin, "bytes, expected");
    }
}

static void out_of_range(Generator *g, const Carried *c)
{
    Scenario *s = described(g, c, "pack", "-out-of-range", "R60", "A number that the type does not have");
    Tensor *values = elements(c);
    tensor_set_int(values, 1, c->type == DTYPE_UINT3 ? 8 : c->type == DTYPE_INT3 ? -5 : 2);
    scenario_input(s, "values", values);
    node(s, c, "Pack", "values", "codes");
    scenario_output_typed(s, "codes", type_tensor(scenario_model(s), DTYPE_UINT8, &SHAPE(carried_bytes(c))));
    g_autofree char *size = subbyte_shape_name(&c->shape);
    g_autofree char *packing = g_strdelimit(g_strdup(carried_packing_name(c->packing)), "_", '-');
    g_autofree char *twin = g_strdup_printf("carried-pack-%s-%s-%s", dtype_name(c->type), packing, size);
    scenario_reject(s, twin, "expected");
}

/* The draft's check vectors for row streams. */
static void vectors(Generator *g)
{
    static const struct {
        const char *suffix;
        Shape       shape;
        uint8_t     bytes[3];
        int         n;
    } list[] = { { "-vector-all", { 2, { 1, 8 } }, { 0x88, 0xC6, 0xFA }, 3 },
                 { "-vector-three", { 2, { 1, 3 } }, { 0xE0, 0x01 }, 2 },
                 { "-vector-zeros", { 2, { 1, 8 } }, { 0x24, 0x49, 0x92 }, 3 } };
    for (gsize i = 0; i < G_N_ELEMENTS(list); i++) {
        const Carried c = { DTYPE_INT3, CARRIED_ROWS, list[i].shape, 0 };
        Scenario *s = from_bytes(g, &c, list[i].suffix, "R53", "The draft's check vector", list[i].bytes, list[i].n);
        node(s, &c, "Unpack", "codes", "values");
        g_autofree char *body = carried_unpack_body(&c);
        scenario_function(s, body);
        scenario_output(s, "values");
        scenario_emit(s);
    }
}

/* Every ternary byte that means something, in order. */
static void ternary_table(Generator *g)
{
    const Carried c = { DTYPE_TERNARY, CARRIED_BASE3, SHAPE(243, 5), 0 };
    uint8_t bytes[243];
    for (int i = 0; i < 243; i++)
        bytes[i] = (uint8_t)i;
    Scenario *s = from_bytes(g, &c, "-table", "R54", "Every byte from 0 to 242", bytes, 243);
    node(s, &c, "Unpack", "codes", "values");
    g_autofree char *body = carried_unpack_body(&c);
    scenario_function(s, body);
    scenario_output(s, "values");
    scenario_emit(s);
}

void subbyte_generate_carried(Generator *g)
{
    static const int64_t sizes[] = { 0, 1, 2, 3, 8, 10, 11, 17, 33 };
    static const DType three_bits[] = { DTYPE_UINT3, DTYPE_INT3 };
    static const Shape rows[] = { { 2, { 1, 8 } }, { 2, { 3, 5 } }, { 2, { 5, 1 } }, { 3, { 2, 3, 11 } }, { 2, { 0, 3 } } };
    static const int64_t groups[][2] = { { 10, 5 }, { 21, 7 }, { 9, 3 }, { 11, 4 }, { 130, 128 } };
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        for (gsize t = 0; t < 2; t++)
            for (CarriedPacking p = CARRIED_DENSE; p <= CARRIED_PLANES; p++)
                both_ways(g, &(Carried){ three_bits[t], p, SHAPE(sizes[i]), 0 });
        both_ways(g, &(Carried){ DTYPE_TERNARY, CARRIED_BASE3, SHAPE(sizes[i]), 0 });
    }
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        both_ways(g, &(Carried){ DTYPE_INT3, CARRIED_ROWS, rows[i], 0 });
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
        both_ways(g, &(Carried){ DTYPE_TERNARY, CARRIED_BASE3, SHAPE(groups[i][0]), groups[i][1] });
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
        changed(g, &changes[i]);
    invalid_digits(g, 243);
    invalid_digits(g, 255);
    for (CarriedPacking p = CARRIED_DENSE; p <= CARRIED_PLANES; p++) {
        wrong_amounts(g, &(Carried){ DTYPE_INT3, p, SHAPE(11), 0 });
        out_of_range(g, &(Carried){ p & 1 ? DTYPE_UINT3 : DTYPE_INT3, p, SHAPE(11), 0 });
    }
    wrong_amounts(g, &(Carried){ DTYPE_INT3, CARRIED_ROWS, SHAPE(3, 5), 0 });
    wrong_amounts(g, &(Carried){ DTYPE_TERNARY, CARRIED_BASE3, SHAPE(11), 0 });
    out_of_range(g, &(Carried){ DTYPE_TERNARY, CARRIED_BASE3, SHAPE(11), 0 });
    vectors(g);
    ternary_table(g);
}

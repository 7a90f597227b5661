/* Unpack and Pack in standard operators: bits come apart with BitShift and BitwiseAnd, digits with Div and Mod; they come
 * together as weighted sums. Sizes are written out, since the node's shape is an attribute. */
#include "generators/proposals/subbyte_types_carried.h"

#include <glib.h>

typedef struct {
    GString *text;
    int      names;
} Body;

/* One node; the result's name is returned and lives in the chunk's text only, so it is a number. */
static int emit(Body *b, const char *format, ...) G_GNUC_PRINTF(2, 3);
static int emit(Body *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_printf(b->text, "    t%d = ", ++b->names);
    g_string_append_vprintf(b->text, format, args);
    g_string_append_c(b->text, '\n');
    va_end(args);
    return b->names;
}

static int vector(Body *b, const char *type, const int64_t *values, int n)
{
    g_autoptr(GString) list = g_string_new(NULL);
    for (int i = 0; i < n; i++)
        g_string_append_printf(list, "%s%" G_GINT64_FORMAT, i ? ", " : "", values[i]);
    return emit(b, "Constant <value = %s[%d] {%s}> ()", type, n, list->str);
}

static int number(Body *b, const char *type, int64_t value)
{
    return emit(b, "Constant <value = %s {%" G_GINT64_FORMAT "}> ()", type, value);
}

static int reshape(Body *b, int x, const int64_t *dims, int n)
{
    const int shape = vector(b, "int64", dims, n);
    return emit(b, "Reshape <allowzero = 1> (t%d, t%d)", x, shape);
}
#define DIMS(...) (const int64_t[]){ __VA_ARGS__ }, (int)(sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

/* Elements [from, to) along an axis. */
static int cut(Body *b, int x, int axis, int64_t from, int64_t to)
{
    const int start = vector(b, "int64", DIMS(from)), end = vector(b, "int64", DIMS(to)), axes = vector(b, "int64", DIMS(axis));
    return emit(b, "Slice (t%d, t%d, t%d, t%d)", x, start, end, axes);
}

/* [rows, columns] filled up with `value` to [rows, wanted]. */
static int fill(Body *b, int x, int64_t columns, int64_t wanted, const char *type, int64_t value)
{
    const int pads = vector(b, "int64", DIMS(0, 0, 0, wanted - columns)), with = number(b, type, value);
    return emit(b, "Pad (t%d, t%d, t%d)", x, pads, with);
}

/* uint8 [n] -> uint8 [n, count]: the fields of `width` bits at bits 0, step, 2 step ... */
static int fields(Body *b, int x, int64_t n, int count, int step, int width)
{
    int64_t shifts[8];
    for (int i = 0; i < count; i++)
        shifts[i] = (int64_t)i * step;
    const int column = reshape(b, x, DIMS(n, 1)), by = vector(b, "uint8", shifts, count);
    const int shifted = emit(b, "BitShift <direction = \"RIGHT\"> (t%d, t%d)", column, by);
    const int mask = number(b, "uint8", (1 << width) - 1);
    return emit(b, "BitwiseAnd (t%d, t%d)", shifted, mask);
}

/* uint8 [n, count] -> int64 [n]: the sum of column i times base^i. */
static int weigh(Body *b, int x, int count, int64_t base)
{
    int64_t weights[10] = { 1 };
    for (int i = 1; i < count; i++)
        weights[i] = weights[i - 1] * base;
    const int wide = emit(b, "Cast <to = 7> (t%d)", x), by = vector(b, "int64", weights, count);
    const int product = emit(b, "Mul (t%d, t%d)", wide, by), axis = vector(b, "int64", DIMS(1));
    return emit(b, "ReduceSum <keepdims = 0> (t%d, t%d)", product, axis);
}

static int weigh_byte(Body *b, int x, int count, int64_t base)
{
    return emit(b, "Cast <to = 2> (t%d)", weigh(b, x, count, base));
}

static int64_t count_of(const Carried *c)
{
    return shape_count(&c->shape);
}

static int64_t row_length(const Carried *c)
{
    return c->shape.dims[c->shape.rank - 1];
}

static int64_t row_count(const Carried *c)
{
    return row_length(c) ? count_of(c) / row_length(c) : 0;
}

static int64_t group_of(const Carried *c)
{
    return c->group ? c->group : count_of(c);
}

/* ---- unpacking ---------------------------------------------------------------------------------------------------- */

static int unpack_dense(Body *b, const Carried *c, int bytes)
{
    const int64_t n = count_of(c), size = carried_bytes(c);
    const int bits = reshape(b, fields(b, bytes, size, 8, 1, 1), DIMS(8 * size));
    return weigh_byte(b, reshape(b, cut(b, bits, 0, 0, 3 * n), DIMS(n, 3)), 3, 2);
}

static int unpack_nibble(Body *b, const Carried *c, int bytes)
{
    const int64_t size = carried_bytes(c);
    return cut(b, reshape(b, fields(b, bytes, size, 2, 4, 3), DIMS(2 * size)), 0, 0, count_of(c));
}

static int unpack_word(Body *b, const Carried *c, int bytes)
{
    const int64_t size = carried_bytes(c), words = size / 4;
    const int bits = cut(b, reshape(b, fields(b, bytes, size, 8, 1, 1), DIMS(words, 32)), 1, 0, 30);
    return cut(b, weigh_byte(b, reshape(b, bits, DIMS(10 * words, 3)), 3, 2), 0, 0, count_of(c));
}

static int unpack_planes(Body *b, const Carried *c, int bytes)
{
    const int64_t n = count_of(c), size = carried_bytes(c), low_size = (n + 3) / 4, high_size = size - low_size;
    const int low_bytes = cut(b, bytes, 0, 0, low_size), high_bytes = cut(b, bytes, 0, low_size, size);
    const int low = cut(b, reshape(b, fields(b, low_bytes, low_size, 4, 2, 2), DIMS(4 * low_size)), 0, 0, n);
    const int high = cut(b, reshape(b, fields(b, high_bytes, high_size, 8, 1, 1), DIMS(8 * high_size)), 0, 0, n);
    const int two = number(b, "uint8", 2);
    const int top = emit(b, "BitShift <direction = \"LEFT\"> (t%d, t%d)", high, two);
    return emit(b, "BitwiseOr (t%d, t%d)", low, top);
}

static int unpack_rows(Body *b, const Carried *c, int bytes)
{
    const int64_t rows = row_count(c), k = row_length(c), size = carried_bytes(c);
    const int flat = reshape(b, bytes, DIMS(size));
    const int bits = reshape(b, fields(b, flat, size, 8, 1, 1), DIMS(rows, rows ? 8 * size / rows : 0));
    return weigh_byte(b, reshape(b, cut(b, bits, 1, 0, 3 * k), DIMS(rows * k, 3)), 3, 2);
}

/* Division by powers of three, digits, groups that begin at bytes. */
static int unpack_base3(Body *b, const Carried *c, int bytes)
{
    const int64_t size = carried_bytes(c), group = group_of(c), groups = group ? count_of(c) / group : 0;
    const int column = reshape(b, bytes, DIMS(size, 1)), powers = vector(b, "uint8", DIMS(1, 3, 9, 27, 81));
    const int divided = emit(b, "Div (t%d, t%d)", column, powers), three = number(b, "uint8", 3);
    const int digits = emit(b, "Mod (t%d, t%d)", divided, three);
    return cut(b, reshape(b, digits, DIMS(groups, groups ? 5 * size / groups : 0)), 1, 0, group);
}

/* Codes in uint8 to numbers of the type. */
static int to_numbers(Body *b, const Carried *c, int codes)
{
    if (c->type == DTYPE_UINT3)
        return codes;
    const int wide = emit(b, "Cast <to = 3> (t%d)", codes);
    const gboolean offset = c->packing == CARRIED_ROWS || c->type == DTYPE_TERNARY;
    const int by = number(b, "int8", c->type == DTYPE_TERNARY ? 1 : 4);
    return emit(b, "Sub (t%d, t%d)", offset ? wide : emit(b, "BitwiseXor (t%d, t%d)", wide, by), by);
}

char *carried_unpack_body(const Carried *c)
{
    static int (*const unpack[])(Body *, const Carried *, int) = { unpack_dense,  unpack_nibble, unpack_word,
                                                                   unpack_planes, unpack_rows,   unpack_base3 };
    Body b = { g_string_new("<domain: \"assay.subbyte\", opset_import: [\"\" : 25]>\n"
                            "Unpack <type, packing, shape, group: int = 0, strict: int = 1> (codes) => (values) {\n"), 0 };
    const int bytes = emit(&b, "Identity (codes)");
    const int numbers = to_numbers(&b, c, unpack[c->packing](&b, c, bytes));
    const int shape = vector(&b, "int64", c->shape.dims, c->shape.rank);
    g_string_append_printf(b.text, "    values = Reshape <allowzero = 1> (t%d, t%d)\n}\n", numbers, shape);
    return g_string_free(b.text, FALSE);
}

/* ---- packing ------------------------------------------------------------------------------------------------------ */

/* uint8 [n] filled up to [bytes, each] and weighed. */
static int gather_bytes(Body *b, int codes, int64_t n, int64_t bytes, int each, int64_t base)
{
    const int row = fill(b, reshape(b, codes, DIMS(1, n)), n, bytes * each, "uint8", 0);
    return weigh_byte(b, reshape(b, row, DIMS(bytes, each)), each, base);
}

static int pack_dense(Body *b, const Carried *c, int codes)
{
    const int64_t n = count_of(c);
    return gather_bytes(b, fields(b, codes, n, 3, 1, 1), 3 * n, carried_bytes(c), 8, 2);
}

static int pack_nibble(Body *b, const Carried *c, int codes)
{
    return gather_bytes(b, codes, count_of(c), carried_bytes(c), 2, 16);
}

static int pack_word(Body *b, const Carried *c, int codes)
{
    const int64_t n = count_of(c), words = carried_bytes(c) / 4;
    const int row = fill(b, reshape(b, codes, DIMS(1, n)), n, 10 * words, "uint8", 0);
    const int sums = reshape(b, weigh(b, reshape(b, row, DIMS(words, 10)), 10, 8), DIMS(words, 1));
    const int powers = vector(b, "int64", DIMS(1, 1 << 8, 1 << 16, 1 << 24));
    const int divided = emit(b, "Div (t%d, t%d)", sums, powers), byte = number(b, "int64", 256);
    return emit(b, "Cast <to = 2> (t%d)", emit(b, "Mod (t%d, t%d)", divided, byte));
}

static int pack_planes(Body *b, const Carried *c, int codes)
{
    const int64_t n = count_of(c), low_size = (n + 3) / 4, high_size = (n + 7) / 8;
    const int three = number(b, "uint8", 3), two = number(b, "uint8", 2);
    const int low = emit(b, "BitwiseAnd (t%d, t%d)", codes, three);
    const int high = emit(b, "BitShift <direction = \"RIGHT\"> (t%d, t%d)", codes, two);
    const int low_bytes = gather_bytes(b, low, n, low_size, 4, 4);
    const int high_bytes = gather_bytes(b, high, n, high_size, 8, 2);
    return emit(b, "Concat <axis = 0> (t%d, t%d)", low_bytes, high_bytes);
}

static int pack_rows(Body *b, const Carried *c, int codes)
{
    const int64_t rows = row_count(c), k = row_length(c), size = (3 * k + 7) / 8;
    const int bits = reshape(b, fields(b, codes, rows * k, 3, 1, 1), DIMS(rows, 3 * k));
    const int row = fill(b, bits, 3 * k, 8 * size, "uint8", 0);
    return weigh_byte(b, reshape(b, row, DIMS(rows * size, 8)), 8, 2);
}

static int pack_base3(Body *b, const Carried *c, int codes)
{
    const int64_t size = carried_bytes(c), group = group_of(c), groups = group ? count_of(c) / group : 0;
    const int row = fill(b, reshape(b, codes, DIMS(groups, group)), group, groups ? 5 * size / groups : 0, "uint8", 1);
    return weigh_byte(b, reshape(b, row, DIMS(size, 5)), 5, 3);
}

/* Numbers to codes in uint8: the low bits, or the number plus an offset. */
static int to_codes(Body *b, const Carried *c, int numbers)
{
    const gboolean offset = c->packing == CARRIED_ROWS || c->type == DTYPE_TERNARY;
    if (offset) {
        const int by = number(b, "int8", c->type == DTYPE_TERNARY ? 1 : 4);
        numbers = emit(b, "Add (t%d, t%d)", numbers, by);
    }
    const int bytes = emit(b, "Cast <to = 2> (t%d)", numbers);
    const int mask = number(b, "uint8", c->packing == CARRIED_NIBBLE && c->type == DTYPE_INT3 ? 15 : 7);
    return offset ? bytes : emit(b, "BitwiseAnd (t%d, t%d)", bytes, mask);
}

char *carried_pack_body(const Carried *c)
{
    static int (*const pack[])(Body *, const Carried *, int) = { pack_dense,  pack_nibble, pack_word,
                                                                 pack_planes, pack_rows,   pack_base3 };
    Body b = { g_string_new("<domain: \"assay.subbyte\", opset_import: [\"\" : 25]>\n"
                            "Pack <type, packing, group: int = 0, strict: int = 1> (values) => (codes) {\n"), 0 };
    const int64_t n = count_of(c);
    const int numbers = emit(&b, "Identity (values)");
    const int codes = to_codes(&b, c, reshape(&b, numbers, DIMS(n)));
    const int bytes = pack[c->packing](&b, c, codes);
    Shape shape = SHAPE(carried_bytes(c));
    if (c->packing == CARRIED_ROWS) {
        shape = c->shape;
        shape.dims[shape.rank - 1] = (3 * row_length(c) + 7) / 8;
    }
    const int dims = vector(&b, "int64", shape.dims, shape.rank);
    g_string_append_printf(b.text, "    codes = Reshape <allowzero = 1> (t%d, t%d)\n}\n", bytes, dims);
    return g_string_free(b.text, FALSE);
}

#include "reference/ops/shared/subbyte_layout.h"

#include "reference/tensor/convert.h"
#include "reference/tensor/packing.h"

#include <string.h>

enum { PER_WORD = 10, PER_CODE = 5, CODES = 243, OFFSET = 4 };

/* ---- attributes and sizes ------------------------------------------------------------------------------------------- */

static int find(const char *word, const char *const *words, int n)
{
    for (int i = 0; word && i < n; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

gboolean subbyte_layout(const Eval *ev, SubbyteLayout *layout, GError **error)
{
    static const char *const types[] = { "uint3", "int3", "ternary" };
    static const DType dtypes[] = { DTYPE_UINT3, DTYPE_INT3, DTYPE_TERNARY };
    static const char *const packings[] = { "dense", "nibble", "word", "planes", "offset_rows", "base3" };
    const char *type_name = eval_string(ev, "type"), *packing_name = eval_string(ev, "packing");
    const int type = find(type_name, types, G_N_ELEMENTS(types));
    const int packing = find(packing_name, packings, G_N_ELEMENTS(packings));
    if (type < 0)
        return eval_fail(error, "type is '%s', expected uint3, int3 or ternary", type_name ? type_name : "");
    if (packing < 0)
        return eval_fail(error, "packing is '%s', expected dense, nibble, word, planes, offset_rows or base3",
                         packing_name ? packing_name : "");
    *layout = (SubbyteLayout){ dtypes[type], (Packing)packing, eval_int(ev, "group"), eval_int(ev, "strict") != 0 };
    if ((layout->type == DTYPE_TERNARY) != (layout->packing == PACKING_BASE3) ||
        (layout->packing == PACKING_OFFSET_ROWS && layout->type != DTYPE_INT3))
        return eval_fail(error, "packing %s does not hold %s", packing_name, type_name);
    if (layout->group < 0 || (layout->group > 0 && layout->packing != PACKING_BASE3))
        return eval_fail(error, "group is %" G_GINT64_FORMAT ", expected 0, or a length with packing base3", layout->group);
    return TRUE;
}

DType subbyte_carrier(const SubbyteLayout *layout)
{
    return layout->type == DTYPE_UINT3 ? DTYPE_UINT8 : DTYPE_INT8;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

/* Length of the last axis and how often it occurs; a scalar is one row of one. */
static void rows_of(const Shape *shape, int64_t *rows, int64_t *length)
{
    *length = shape->rank > 0 ? shape->dims[shape->rank - 1] : 1;
    *rows = *length > 0 ? shape_count(shape) / *length : 0;
}

int64_t subbyte_bytes(const SubbyteLayout *layout, const Shape *shape)
{
    const int64_t n = shape_count(shape);
    int64_t rows, length;
    switch (layout->packing) {
    case PACKING_DENSE:
        return (int64_t)packing_size(DTYPE_UINT3, n);
    case PACKING_NIBBLE:
        return ceil_div(n, 2);
    case PACKING_WORD:
        return 4 * ceil_div(n, PER_WORD);
    case PACKING_PLANES:
        return ceil_div(n, 4) + ceil_div(n, 8);
    case PACKING_OFFSET_ROWS:
        rows_of(shape, &rows, &length);
        return rows * (int64_t)packing_size(DTYPE_UINT3, length);
    default:
        if (layout->group == 0)
            return ceil_div(n, PER_CODE);
        return n / layout->group * ceil_div(layout->group, PER_CODE) + ceil_div(n % layout->group, PER_CODE);
    }
}

/* ---- three bits: where the code of element k lies -------------------------------------------------------------------- */

static unsigned get_bits(const uint8_t *bytes, int64_t bit, int n)
{
    unsigned value = 0;
    for (int i = 0; i < n; i++, bit++)
        value |= (unsigned)(bytes[bit / 8] >> (bit % 8) & 1) << i;
    return value;
}

static void set_bits(uint8_t *bytes, int64_t bit, int n, unsigned value)
{
    for (int i = 0; i < n; i++, bit++)
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] | (value >> i & 1) << (bit % 8));
}

/* First bit of element k, for the layouts that keep its code in one piece. */
static int64_t position(const SubbyteLayout *layout, int64_t k)
{
    switch (layout->packing) {
    case PACKING_NIBBLE:
        return 4 * k;
    case PACKING_WORD:
        return k / PER_WORD * 32 + k % PER_WORD * 3;
    default:
        return 3 * k;
    }
}

static int64_t plane(int64_t n)
{
    return ceil_div(n, 4) * 8;
}

static unsigned read_code(const SubbyteLayout *layout, const uint8_t *bytes, int64_t n, int64_t k)
{
    if (layout->packing == PACKING_PLANES)
        return get_bits(bytes, 2 * k, 2) | get_bits(bytes, plane(n) + k, 1) << 2;
    return get_bits(bytes, position(layout, k), 3);
}

static void write_code(const SubbyteLayout *layout, uint8_t *bytes, int64_t n, int64_t k, unsigned code)
{
    if (layout->packing == PACKING_PLANES) {
        set_bits(bytes, 2 * k, 2, code);
        set_bits(bytes, plane(n) + k, 1, code >> 2);
    } else if (layout->packing == PACKING_NIBBLE && layout->type == DTYPE_INT3) {
        set_bits(bytes, position(layout, k), 4, code | (code & 4) << 1);
    } else {
        set_bits(bytes, position(layout, k), 3, code);
    }
}

static gboolean check_fixed_bits(const SubbyteLayout *layout, const uint8_t *bytes, int64_t n, GError **error)
{
    for (int64_t k = 0; layout->packing == PACKING_NIBBLE && k < n; k++) {
        const unsigned nibble = get_bits(bytes, 4 * k, 4), sign = layout->type == DTYPE_INT3 ? nibble >> 2 & 1 : 0;
        if (nibble >> 3 != sign)
            return eval_fail(error, "byte %" G_GINT64_FORMAT " is 0x%02X: the fourth bit of element %" G_GINT64_FORMAT
                             " is %u, expected %u", k / 2, bytes[k / 2], k, nibble >> 3, sign);
    }
    for (int64_t w = 0; layout->packing == PACKING_WORD && w < ceil_div(n, PER_WORD); w++)
        if (bytes[4 * w + 3] >> 6)
            return eval_fail(error, "byte %" G_GINT64_FORMAT " is 0x%02X, expected two top bits of 0 in a word", 4 * w + 3,
                             bytes[4 * w + 3]);
    return TRUE;
}

/* ---- five ternary digits to a byte ----------------------------------------------------------------------------------- */

/* Elements that byte b of the layout holds: [*first, *first + result). */
static int64_t digits_of(const SubbyteLayout *layout, int64_t n, int64_t b, int64_t *first)
{
    const int64_t group = layout->group ? layout->group : n, per_group = ceil_div(group, PER_CODE);
    const int64_t start = b / per_group * group;
    *first = start + b % per_group * PER_CODE;
    return MIN(MIN(start + group, n) - *first, PER_CODE);
}

static gboolean unpack_base3(const SubbyteLayout *layout, int64_t n, int64_t bytes_n, const uint8_t *bytes, int8_t *values,
                             GError **error)
{
    for (int64_t b = 0; b < bytes_n; b++) {
        int64_t first;
        const int64_t count = digits_of(layout, n, b, &first);
        const gboolean valid = bytes[b] < CODES;
        if (!valid && layout->strict)
            return eval_fail(error, "byte %" G_GINT64_FORMAT " is %u, expected a code of five ternary digits, 0 to %d", b,
                             bytes[b], CODES - 1);
        unsigned code = bytes[b];
        for (int64_t k = 0; k < count; k++, code /= 3)
            values[first + k] = valid ? (int8_t)((int)(code % 3) - 1) : 0;
    }
    return TRUE;
}

static void pack_base3(const SubbyteLayout *layout, int64_t n, int64_t bytes_n, const int8_t *values, uint8_t *bytes)
{
    for (int64_t b = 0; b < bytes_n; b++) {
        int64_t first;
        const int64_t count = digits_of(layout, n, b, &first);
        int code = 0;
        for (int64_t k = PER_CODE - 1; k >= 0; k--)
            code = 3 * code + (k < count ? values[first + k] : 0) + 1;
        bytes[b] = (uint8_t)code;
    }
}

/* ---- whole tensors ---------------------------------------------------------------------------------------------------- */

static gboolean check_values(const SubbyteLayout *layout, const int8_t *values, int64_t n, GError **error)
{
    const int low = layout->type == DTYPE_UINT3 ? 0 : layout->type == DTYPE_INT3 ? -4 : -1;
    const int high = layout->type == DTYPE_UINT3 ? 7 : layout->type == DTYPE_INT3 ? 3 : 1;
    for (int64_t i = 0; i < n; i++) {
        const int value = layout->type == DTYPE_UINT3 ? (uint8_t)values[i] : values[i];
        if (value < low || value > high)
            return eval_fail(error, "element %" G_GINT64_FORMAT " is %d, expected %d to %d", i, value, low, high);
    }
    return TRUE;
}

static const SubbyteLayout dense_row = { .type = DTYPE_INT3, .packing = PACKING_DENSE };

gboolean subbyte_pack(const SubbyteLayout *layout, const Shape *shape, const int8_t *values, uint8_t *bytes, GError **error)
{
    const int64_t n = shape_count(shape), total = subbyte_bytes(layout, shape);
    if (!check_values(layout, values, n, error))
        return FALSE;
    if (layout->packing == PACKING_BASE3) {
        pack_base3(layout, n, total, values, bytes);
        return TRUE;
    }
    memset(bytes, 0, (gsize)total);
    int64_t rows = 1, length = n;
    if (layout->packing == PACKING_OFFSET_ROWS)
        rows_of(shape, &rows, &length);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t k = 0; k < length; k++) {
            const int value = values[r * length + k];
            if (layout->packing == PACKING_OFFSET_ROWS)
                write_code(&dense_row, bytes + r * (total / rows), length, k, (unsigned)(value + OFFSET));
            else
                write_code(layout, bytes, n, k, (unsigned)value & 7);
        }
    return TRUE;
}

static gboolean unpack_offset_rows(const Shape *shape, const uint8_t *bytes, int8_t *values, GError **error)
{
    int64_t rows, length;
    rows_of(shape, &rows, &length);
    const int64_t width = (int64_t)packing_size(DTYPE_UINT3, length);
    for (int64_t r = 0; r < rows; r++) {
        const uint8_t *row = bytes + r * width;
        for (int64_t k = 0; k < length; k++)
            values[r * length + k] = (int8_t)((int)read_code(&dense_row, row, length, k) - OFFSET);
        for (int64_t bit = 3 * length; bit < 8 * width; bit++)
            if (get_bits(row, bit, 1))
                return eval_fail(error, "row %" G_GINT64_FORMAT " ends with byte 0x%02X, expected unused bits of 0", r,
                                 row[width - 1]);
    }
    return TRUE;
}

gboolean subbyte_unpack(const SubbyteLayout *layout, const Shape *shape, const uint8_t *bytes, int8_t *values, GError **error)
{
    const int64_t n = shape_count(shape);
    if (layout->packing == PACKING_BASE3)
        return unpack_base3(layout, n, subbyte_bytes(layout, shape), bytes, values, error);
    if (layout->packing == PACKING_OFFSET_ROWS)
        return unpack_offset_rows(shape, bytes, values, error);
    if (layout->strict && !check_fixed_bits(layout, bytes, n, error))
        return FALSE;
    for (int64_t k = 0; k < n; k++) {
        const unsigned code = read_code(layout, bytes, n, k);
        values[k] = (int8_t)(layout->type == DTYPE_INT3 ? convert_sign_extend(code, 3) : (int64_t)code);
    }
    return TRUE;
}

#include "reference/tensor/tensor.h"

#include "reference/tensor/convert.h"
#include "reference/tensor/float_format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

G_DEFINE_QUARK(assay-tensor-error-quark, tensor_error)

#define ALIGNMENT 64

/* ---- memory accounting ------------------------------------------------------------------------------------------ */

static gsize live, peak, limit;

static gboolean account(gsize bytes)
{
    const gsize now = __atomic_add_fetch(&live, bytes, __ATOMIC_RELAXED);
    const gsize allowed = __atomic_load_n(&limit, __ATOMIC_RELAXED);
    if (allowed && now > allowed) {
        __atomic_sub_fetch(&live, bytes, __ATOMIC_RELAXED);
        return FALSE;
    }
    gsize highest = __atomic_load_n(&peak, __ATOMIC_RELAXED);
    while (now > highest && !__atomic_compare_exchange_n(&peak, &highest, now, TRUE, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return TRUE;
}

static void release(gsize bytes)
{
    __atomic_sub_fetch(&live, bytes, __ATOMIC_RELAXED);
}

gsize tensor_memory_live(void)
{
    return __atomic_load_n(&live, __ATOMIC_RELAXED);
}

gsize tensor_memory_peak(void)
{
    return __atomic_load_n(&peak, __ATOMIC_RELAXED);
}

gboolean tensor_memory_allows(gsize bytes)
{
    const gsize allowed = __atomic_load_n(&limit, __ATOMIC_RELAXED), now = tensor_memory_live();
    return !allowed || (now <= allowed && bytes <= allowed - now);
}

void tensor_memory_set_limit(gsize bytes)
{
    __atomic_store_n(&limit, bytes, __ATOMIC_RELAXED);
}

/* ---- life --------------------------------------------------------------------------------------------------------- */

static Tensor *allocate(DType dtype, const Shape *shape, gboolean zero, GError **error)
{
    const DTypeInfo *info = dtype_info(dtype);
    if (!info) {
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_DTYPE, "unknown element type %d", (int)dtype);
        return NULL;
    }
    const int64_t count = shape_count(shape);
    gsize bytes = 0, room = 0;
    if (count < 0 || __builtin_mul_overflow((gsize)count, (gsize)info->width, &bytes) ||
        __builtin_add_overflow(bytes, (gsize)2 * ALIGNMENT, &room) || room > (gsize)G_MAXINT64) {
        g_autofree char *text = shape_to_string(shape);
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_SHAPE, "%s%s is too large to exist", info->name, text);
        return NULL;
    }
    room = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT; /* never zero */
    void *data = NULL;
    const gboolean allowed = account(room);
    if (allowed && posix_memalign(&data, ALIGNMENT, room) != 0)
        data = NULL;
    Tensor *tensor = data ? g_try_new0(Tensor, 1) : NULL;
    if (!tensor) {
        free(data);
        if (allowed)
            release(room);
        g_autofree char *text = shape_to_string(shape);
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_MEMORY,
                    "no memory for %s%s (%" G_GSIZE_FORMAT " bytes; live %" G_GSIZE_FORMAT ", limit %" G_GSIZE_FORMAT ")",
                    info->name, text, bytes, tensor_memory_live(), limit);
        return NULL;
    }
    tensor->refs = 1;
    tensor->dtype = dtype;
    tensor->shape = *shape;
    tensor->count = count;
    tensor->bytes = bytes;
    tensor->data = data;
    if (zero)
        memset(data, 0, bytes);
    return tensor;
}

Tensor *tensor_new(DType dtype, const Shape *shape, GError **error)
{
    return allocate(dtype, shape, TRUE, error);
}

Tensor *tensor_new_uninitialised(DType dtype, const Shape *shape, GError **error)
{
    g_assert(dtype != DTYPE_STRING);
    return allocate(dtype, shape, FALSE, error);
}

Tensor *tensor_from_data(DType dtype, const Shape *shape, const void *data, GError **error)
{
    Tensor *tensor = allocate(dtype, shape, FALSE, error);
    if (tensor) {
        memcpy(tensor->data, data, tensor->bytes);
        tensor_adopt_strings(tensor);
    }
    return tensor;
}

Tensor *tensor_ref(const Tensor *tensor)
{
    Tensor *shared = (Tensor *)tensor;
    g_atomic_int_inc(&shared->refs);
    return shared;
}

/* A box without a text in it costs something too. */
static gsize string_room(gsize length)
{
    return length + 1 + 2 * sizeof(gsize);
}

static void string_freed(gpointer string)
{
    release(string_room(g_ref_string_length(string)));
}

static void string_release(char *string)
{
    g_atomic_rc_box_release_full(string, string_freed); /* a GRefString is such a box */
}

void tensor_unref(Tensor *tensor)
{
    if (!tensor || !g_atomic_int_dec_and_test(&tensor->refs))
        return;
    if (tensor->lender) {
        tensor_unref(tensor->lender);
        g_free(tensor);
        return;
    }
    if (tensor->dtype == DTYPE_STRING) {
        char **strings = tensor->data;
        for (int64_t i = 0; i < tensor->count; i++)
            if (strings[i])
                string_release(strings[i]);
    }
    release((tensor->bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
    free(tensor->data);
    g_free(tensor);
}

void tensor_adopt_strings(Tensor *tensor)
{
    if (tensor->dtype != DTYPE_STRING)
        return;
    char **strings = tensor->data;
    for (int64_t i = 0; i < tensor->count; i++)
        if (strings[i])
            g_ref_string_acquire(strings[i]);
}

Tensor *tensor_copy(const Tensor *tensor, GError **error)
{
    return tensor_from_data(tensor->dtype, &tensor->shape, tensor->data, error);
}

Tensor *tensor_reshape(const Tensor *tensor, const Shape *shape, GError **error)
{
    if (shape_count(shape) != tensor->count) {
        g_autofree char *from = shape_to_string(&tensor->shape);
        g_autofree char *to = shape_to_string(shape);
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_SHAPE, "shape %s cannot become %s: element counts differ", from, to);
        return NULL;
    }
    Tensor *other = g_try_new(Tensor, 1);
    if (!other) {
        g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_MEMORY, "no memory for another shape of a tensor");
        return NULL;
    }
    *other = *tensor;
    other->refs = 1;
    other->shape = *shape;
    other->lender = tensor_ref(tensor->lender ? tensor->lender : tensor);
    return other;
}

/* ---- elements ------------------------------------------------------------------------------------------------------ */

static const char *string_at(const Tensor *tensor, int64_t index)
{
    const char *text = ((char *const *)tensor->data)[index];
    return text ? text : "";
}

static gboolean strings_equal(const Tensor *a, const Tensor *b)
{
    for (int64_t i = 0; i < a->count; i++) {
        gsize na, nb;
        const char *ta = tensor_get_string(a, i, &na), *tb = tensor_get_string(b, i, &nb);
        if (na != nb || memcmp(ta, tb, na) != 0)
            return FALSE;
    }
    return TRUE;
}

gboolean tensor_equal(const Tensor *a, const Tensor *b)
{
    if (a == b)
        return TRUE;
    if (a->dtype != b->dtype || !shape_equal(&a->shape, &b->shape))
        return FALSE;
    return a->dtype == DTYPE_STRING ? strings_equal(a, b) : memcmp(a->data, b->data, a->bytes) == 0;
}

static void *element(const Tensor *tensor, int64_t index)
{
    return (uint8_t *)tensor->data + index * dtype_info(tensor->dtype)->width;
}

double tensor_get_double(const Tensor *tensor, int64_t index)
{
    double value;
    convert_to_double(tensor->dtype, element(tensor, index), &value, 1);
    return value;
}

int64_t tensor_get_int(const Tensor *tensor, int64_t index)
{
    int64_t value;
    convert_to_int64(tensor->dtype, element(tensor, index), &value, 1);
    return value;
}

void tensor_set_double(Tensor *tensor, int64_t index, double value)
{
    convert_from_double(tensor->dtype, &value, element(tensor, index), 1);
}

void tensor_set_int(Tensor *tensor, int64_t index, int64_t value)
{
    convert_from_int64(tensor->dtype, &value, element(tensor, index), 1);
}

uint64_t tensor_get_bits(const Tensor *tensor, int64_t index)
{
    uint64_t bits = 0;
    memcpy(&bits, element(tensor, index), (gsize)dtype_info(tensor->dtype)->width);
    return bits;
}

void tensor_set_bits(Tensor *tensor, int64_t index, uint64_t bits)
{
    memcpy(element(tensor, index), &bits, (gsize)dtype_info(tensor->dtype)->width);
}

const char *tensor_get_string(const Tensor *tensor, int64_t index, gsize *length)
{
    const char *owned = ((char *const *)tensor->data)[index];
    if (length)
        *length = owned ? g_ref_string_length((char *)owned) : 0;
    return string_at(tensor, index);
}

static __thread gsize refused_string; /* bytes of the last one without room; 0: none */

void tensor_set_string(Tensor *tensor, int64_t index, const char *text, gssize given)
{
    char **slot = (char **)tensor->data + index;
    const gsize length = given < 0 ? strlen(text) : (gsize)given;
    char *fresh = NULL;
    if (account(string_room(length)))
        fresh = g_ref_string_new_len(text, (gssize)length);
    else
        refused_string = string_room(length);
    if (*slot)
        string_release(*slot);
    *slot = fresh;
}

gboolean tensor_strings_kept(GError **error)
{
    if (!refused_string)
        return TRUE;
    g_set_error(error, TENSOR_ERROR, TENSOR_ERROR_MEMORY,
                "no memory for a string of %" G_GSIZE_FORMAT " bytes (live %" G_GSIZE_FORMAT ", limit %" G_GSIZE_FORMAT ")",
                refused_string, tensor_memory_live(), __atomic_load_n(&limit, __ATOMIC_RELAXED));
    refused_string = 0;
    return FALSE;
}

/* ---- text ---------------------------------------------------------------------------------------------------------- */

char *tensor_describe(const Tensor *tensor)
{
    g_autofree char *shape = shape_to_string(&tensor->shape);
    return g_strconcat(dtype_name(tensor->dtype), tensor->shape.rank ? shape : "", NULL);
}

/* printf's %a follows the locale's decimal point; this does not. */
static char *hex_float(double value)
{
    if (isnan(value))
        return g_strdup(signbit(value) ? "-nan" : "nan");
    if (isinf(value))
        return g_strdup(value < 0 ? "-inf" : "inf");
    int exponent;
    const double fraction = frexp(fabs(value), &exponent);
    if (fraction == 0)
        return g_strdup(signbit(value) ? "-0x0p+0" : "0x0p+0");
    uint64_t digits = (uint64_t)ldexp(fraction, 53); /* one bit before the point, 52 after */
    GString *text = g_string_new(value < 0 ? "-0x1" : "0x1");
    digits &= (UINT64_C(1) << 52) - 1;
    if (digits) {
        g_string_append_printf(text, ".%013" G_GINT64_MODIFIER "x", digits);
        while (text->str[text->len - 1] == '0')
            g_string_truncate(text, text->len - 1);
    }
    g_string_append_printf(text, "p%+d", exponent - 1);
    return g_string_free(text, FALSE);
}

char *tensor_element_to_string(const Tensor *tensor, int64_t index)
{
    switch (dtype_info(tensor->dtype)->domain) {
    case DOMAIN_STRING: {
        g_autofree char *escaped = g_strescape(string_at(tensor, index), NULL);
        return g_strconcat("\"", escaped, "\"", NULL);
    }
    case DOMAIN_BOOL:
        return g_strdup(tensor_get_bits(tensor, index) ? "true" : "false");
    case DOMAIN_SIGNED:
        return g_strdup_printf("%" G_GINT64_FORMAT, tensor_get_int(tensor, index));
    case DOMAIN_UNSIGNED: {
        uint64_t value;
        convert_to_uint64(tensor->dtype, element(tensor, index), &value, 1);
        return g_strdup_printf("%" G_GUINT64_FORMAT, value);
    }
    case DOMAIN_COMPLEX: {
        const gboolean wide = tensor->dtype == DTYPE_COMPLEX128;
        double parts[2];
        convert_to_double(wide ? DTYPE_DOUBLE : DTYPE_FLOAT, element(tensor, index), parts, 2);
        g_autofree char *real = hex_float(parts[0]), *imaginary = hex_float(parts[1]);
        return g_strdup_printf("(%s,%s)", real, imaginary);
    }
    default:
        return hex_float(tensor_get_double(tensor, index));
    }
}

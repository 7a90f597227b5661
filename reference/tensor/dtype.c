#include "reference/tensor/dtype.h"

#include "reference/tensor/float_format.h"

#include <string.h>

/* The codec column of dtypes.def names a FloatFormat, or plain. */
#define float_format_plain (*(const FloatFormat *)NULL)

static const DTypeInfo infos[] = {
#define DTYPE(NAME, number, text, bits, domain, codec) \
    { DTYPE_##NAME, text, bits, ((bits) + 7) / 8, DOMAIN_##domain, &float_format_##codec },
#include "spec/dtypes.def"
#undef DTYPE
};

/* Wire numbers are dense from 1, carried ones from 0x100: the table is in that order, so a number is an index. */
#define ON_WIRE 26
#define FIRST_CARRIED 0x100

enum {
#define DTYPE(NAME, number, text, bits, domain, codec) ROW_##NAME,
#include "spec/dtypes.def"
#undef DTYPE
    ROWS
};
#define DTYPE(NAME, number, text, bits, domain, codec) \
    G_STATIC_ASSERT(ROW_##NAME == ((number) < FIRST_CARRIED ? (number)-1 : ON_WIRE + (number)-FIRST_CARRIED));
#include "spec/dtypes.def"
#undef DTYPE

const DTypeInfo *dtype_info(DType dtype)
{
    const unsigned number = (unsigned)dtype;
    if (number - 1 < ON_WIRE)
        return &infos[number - 1];
    if (number >= FIRST_CARRIED && number - FIRST_CARRIED < ROWS - ON_WIRE)
        return &infos[ON_WIRE + number - FIRST_CARRIED];
    return NULL;
}

const char *dtype_name(DType dtype)
{
    const DTypeInfo *info = dtype_info(dtype);
    if (info)
        return info->name;
    return dtype == DTYPE_UNDEFINED ? "undefined" : "unknown";
}

DType dtype_from_name(const char *name)
{
    for (gsize i = 0; i < ROWS; i++)
        if (strcmp(infos[i].name, name) == 0)
            return infos[i].dtype;
    return DTYPE_UNDEFINED;
}

gboolean dtype_on_wire(int64_t number)
{
    return number >= 1 && number <= ON_WIRE;
}

int64_t dtype_min(DType dtype)
{
    const DTypeInfo *info = dtype_info(dtype);
    if (info->domain != DOMAIN_SIGNED)
        return 0;
    if (dtype == DTYPE_TERNARY)
        return -1;
    return -(int64_t)(UINT64_C(1) << (info->bits - 1));
}

uint64_t dtype_max(DType dtype)
{
    const DTypeInfo *info = dtype_info(dtype);
    switch (info->domain) {
    case DOMAIN_SIGNED:
        return (UINT64_C(1) << (info->bits - 1)) - 1;
    case DOMAIN_UNSIGNED:
        return UINT64_MAX >> (64 - info->bits);
    default:
        return 1;
    }
}

gboolean dtype_is_float(DType dtype)
{
    const DTypeInfo *info = dtype_info(dtype);
    return info && info->domain == DOMAIN_FLOAT;
}

gboolean dtype_is_integer(DType dtype)
{
    const DTypeInfo *info = dtype_info(dtype);
    return info && (info->domain == DOMAIN_SIGNED || info->domain == DOMAIN_UNSIGNED);
}

const DTypeInfo *const *dtype_all(gsize *count)
{
    static const DTypeInfo *const rows[] = {
#define DTYPE(NAME, number, text, bits, domain, codec) &infos[ROW_##NAME],
#include "spec/dtypes.def"
#undef DTYPE
    };
    *count = ROWS;
    return rows;
}

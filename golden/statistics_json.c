#include "golden/statistics_json.h"

#include <math.h>

#define LISTED_INDICES 32

/* Numbers of six digits: what follows differs for no reader. */
static cJSON *number(double x)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    if (!isfinite(x))
        return cJSON_CreateNull();
    return cJSON_CreateRaw(g_ascii_formatd(text, sizeof text, fabs(x) < 0x1p53 && x == floor(x) ? "%.0f" : "%.6g", x));
}

static cJSON *place(const Shape *shape, int64_t flat)
{
    cJSON *list = flat < 0 ? cJSON_CreateNull() : cJSON_CreateArray();
    int64_t strides[SHAPE_MAX_RANK];
    shape_strides(shape, strides);
    for (int axis = 0; flat >= 0 && axis < shape->rank; axis++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)(flat / strides[axis] % shape->dims[axis])));
    return list;
}

static cJSON *axis_to_json(const Statistics *s, int axis)
{
    const int64_t size = s->shape.dims[axis], *failing = s->failing[axis];
    int64_t wrong = 0, first = -1, last = -1;
    for (int64_t i = 0; i < size; i++) {
        wrong += failing[i] > 0;
        first = failing[i] > 0 && first < 0 ? i : first;
        last = failing[i] > 0 ? i : last;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "size", number((double)size));
    cJSON_AddItemToObject(object, "wrong", number((double)wrong));
    cJSON_AddItemToObject(object, "first", number((double)first));
    cJSON_AddItemToObject(object, "last", number((double)last));
    if (size > LISTED_INDICES)
        return object;
    cJSON *shares = cJSON_AddArrayToObject(object, "failing");
    for (int64_t i = 0; i < size; i++)
        cJSON_AddItemToArray(shares, number(round((double)failing[i] * (double)size / (double)s->elements * 1000) / 1000));
    return object;
}

cJSON *statistics_to_json(const Statistics *s)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "elements", number((double)s->elements));
    cJSON_AddItemToObject(object, "wrong", number((double)s->wrong));
    cJSON_AddItemToObject(object, "max_ulps", number(s->max_ulps));
    cJSON_AddItemToObject(object, "max_ulps_at", place(&s->shape, s->max_ulps_at));
    cJSON_AddItemToObject(object, "max_share", number(s->max_share));
    cJSON_AddItemToObject(object, "max_share_at", place(&s->shape, s->max_share_at));
    cJSON_AddItemToObject(object, "snr_db", number(s->snr_db));
    cJSON_AddItemToObject(object, "bias_ulps", number(s->bias_ulps));
    cJSON_AddItemToObject(object, "z1", number(s->z1));
    cJSON_AddItemToObject(object, "z2", number(s->z2));
    cJSON *mismatches = cJSON_AddObjectToObject(object, "mismatches");
    cJSON_AddItemToObject(mismatches, "nan", number((double)s->nan));
    cJSON_AddItemToObject(mismatches, "infinity", number((double)s->infinity));
    cJSON_AddItemToObject(mismatches, "zero_sign", number((double)s->zero_sign));
    cJSON_AddItemToObject(mismatches, "subnormal", number((double)s->subnormal));
    if (s->wrong == 0)
        return object;
    cJSON *axes = cJSON_AddArrayToObject(object, "axes");
    for (int axis = 0; axis < s->shape.rank; axis++)
        cJSON_AddItemToArray(axes, axis_to_json(s, axis));
    return object;
}

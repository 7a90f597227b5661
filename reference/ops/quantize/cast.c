#include "reference/ops/shared/cast.h"

#include <string.h>

/* Cast-1 names the type ("FLOAT16"), later versions number it. DTYPE_UNDEFINED if it is none. */
static DType target(const Eval *ev)
{
    const char *name = eval_string(ev, "to");
    if (!name)
        return dtype_on_wire(eval_int(ev, "to")) ? (DType)eval_int(ev, "to") : DTYPE_UNDEFINED;
    g_autofree char *lower = g_ascii_strdown(name, -1), *upper = g_ascii_strup(name, -1);
    const DType dtype = dtype_from_name(lower);
    return strcmp(name, upper) == 0 && dtype_on_wire(dtype) ? dtype : DTYPE_UNDEFINED;
}

static gboolean cast(Eval *ev, GError **error)
{
    const DType to = target(ev);
    if (to == DTYPE_UNDEFINED || dtype_info(to)->domain == DOMAIN_COMPLEX) {
        g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, eval_int(ev, "to"));
        return eval_fail(error, "to is %s, expected a type of the operator's output",
                         eval_string(ev, "to") ? eval_string(ev, "to") : number);
    }
    CastOptions options;
    if (!cast_options(ev, &options, error))
        return FALSE;
    Tensor *y = cast_tensor(eval_input(ev, 0), to, &options, error);
    if (y)
        eval_set_tensor(ev, 0, y);
    return y != NULL;
}

#define CAST_1 "numeric1 bool"
#define CAST_9 CAST_1 " string"
#define CAST_13 CAST_9 " bfloat16"
#define CAST_19 CAST_13 " float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz"
#define CAST_21 CAST_19 " uint4 int4"
#define CAST_23 CAST_21 " float4e2m1"
#define CAST_24 CAST_23 " float8e8m0"
#define CAST_25 CAST_24 " uint2 int2"
#define TYPES(list) .types = "T1: " list " | T2: " list
#define REST .signature = "input:T1 -> output:T2", .kernel = cast, .bound = cast_bound
OPERATOR_DEFINE(cast, "Cast", "",
    { .since = 1, TYPES(CAST_1), .attributes = "to:string!", REST },
    { .since = 6, TYPES(CAST_1), .attributes = "to:int!", REST },
    { .since = 9, TYPES(CAST_9), .attributes = "to:int!", REST },
    { .since = 13, TYPES(CAST_13), .attributes = "to:int!", REST },
    { .since = 19, TYPES(CAST_19), .attributes = "to:int!, saturate:int=1", REST },
    { .since = 21, TYPES(CAST_21), .attributes = "to:int!, saturate:int=1", REST },
    { .since = 23, TYPES(CAST_23), .attributes = "to:int!, saturate:int=1", REST },
    { .since = 24, TYPES(CAST_24), .attributes = "to:int!, saturate:int=1, round_mode:string=up", REST },
    { .since = 25, TYPES(CAST_25), .attributes = "to:int!, saturate:int=1, round_mode:string=up", REST })

/* CastLike: Cast to the type of a second input. round_mode is honoured as the schema declares it, although the published
 * function body does not pass it on. */
#include "reference/ops/shared/cast.h"

#include "reference/onnx/text.h"

static gboolean cast_like(Eval *ev, GError **error)
{
    CastOptions options;
    if (!cast_options(ev, &options, error))
        return FALSE;
    Tensor *y = cast_tensor(eval_input(ev, 0), eval_input(ev, 1)->dtype, &options, error);
    if (y)
        eval_set_tensor(ev, 0, y);
    return y != NULL;
}

static Function *expand(const Eval *ev, Model *into, GError **error)
{
    CastOptions options;
    if (!cast_options(ev, &options, error))
        return NULL;
    const int version = eval_version(ev);
    g_autofree char *saturate = version < 19 ? g_strdup("") : g_strdup_printf(", saturate = %d", options.saturate);
    g_autofree char *mode = version < 24 ? g_strdup("") : g_strdup_printf(", round_mode = \"%s\"", eval_string(ev, "round_mode"));
    g_autofree char *text = g_strdup_printf("<domain: \"\", opset_import: [\"\" : %d]> CastLike (input, target_type) => (output)"
                                            "{ output = Cast <to = %d%s%s> (input) }",
                                            version, (int)eval_input(ev, 1)->dtype, saturate, mode);
    return function_from_text(into, text, error);
}

#define CAST_15 "numeric1 bool string bfloat16"
#define CAST_19 CAST_15 " float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz"
#define CAST_21 CAST_19 " uint4 int4"
#define CAST_23 CAST_21 " float4e2m1"
#define CAST_24 CAST_23 " float8e8m0"
#define CAST_25 CAST_24 " uint2 int2"
#define TYPES(list) .types = "T1: " list " | T2: " list
#define REST .signature = "input:T1, target_type:T2 -> output:T2", .kernel = cast_like, .bound = cast_bound, \
             .expand = expand
OPERATOR_DEFINE(cast_like, "CastLike", "",
    { .since = 15, TYPES(CAST_15), REST },
    { .since = 19, TYPES(CAST_19), .attributes = "saturate:int=1", REST },
    { .since = 21, TYPES(CAST_21), .attributes = "saturate:int=1", REST },
    { .since = 23, TYPES(CAST_23), .attributes = "saturate:int=1", REST },
    { .since = 24, TYPES(CAST_24), .attributes = "saturate:int=1, round_mode:string=up", REST },
    { .since = 25, TYPES(CAST_25), .attributes = "saturate:int=1, round_mode:string=up", REST })

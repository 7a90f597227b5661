#include "golden/proof.h"

#include "reference/bounds/relaxation.h"

/* Elements of a tensor output, 1 for any other value. */
static int64_t elements_of(const EvalOutput *o)
{
    return o->value->kind == VALUE_TENSOR ? o->value->tensor->count : 1;
}

static gboolean alike(const Value *a, const Value *b)
{
    return a->kind == b->kind &&
           (a->kind != VALUE_TENSOR || (a->tensor->dtype == b->tensor->dtype && a->tensor->count == b->tensor->count));
}

/* Elements of the golden that this run does not prove. */
static int64_t open_in(const EvalOutput *golden, const EvalOutput *o)
{
    int64_t count = 0;
    const Tensor *value = golden->value->tensor, *low = o->lower ? o->lower : o->value->tensor,
                 *high = o->upper ? o->upper : low;
    if (!o->certified || !alike(golden->value, o->value))
        return elements_of(golden);
    if (golden->value->kind != VALUE_TENSOR || value->dtype == DTYPE_STRING) /* they have no intervals */
        return 0;
    for (int64_t i = 0; i < value->count; i++) {
        const uint64_t bits = tensor_get_bits(value, i);
        count += tensor_get_bits(low, i) != bits || tensor_get_bits(high, i) != bits;
    }
    return count;
}

static gboolean all_allow_nothing(const EvalOutput *outputs, gsize n)
{
    for (gsize i = 0; i < n; i++)
        if (!derivation_allows_nothing(outputs[i].derivation))
            return FALSE;
    return TRUE;
}

static gboolean run_as_the_reference(const Model *model, Value *const *inputs, gsize n, EvalOutput *outputs,
                                     GError **error)
{
    const EvalOptions options = { .certify = TRUE };
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, error);
    if (!evaluator)
        return FALSE;
    const Relaxation *before = relaxation_use(&relaxation_reference);
    const gboolean ok = evaluator_run(evaluator, inputs, n, outputs, error);
    relaxation_use(before);
    return ok;
}

/* Lowers each open[i] to what this form leaves open of output i; *left: whether any is left. */
static gboolean ask(const Model *form, Value *const *inputs, gsize n, const EvalOutput *outputs, gsize n_outputs,
                    int64_t *open, gboolean *left, GError **error)
{
    g_autofree EvalOutput *own = g_new0(EvalOutput, n_outputs + 1);
    if (!run_as_the_reference(form, inputs, n, own, error))
        return FALSE;
    *left = FALSE;
    for (gsize i = 0; i < n_outputs; i++) {
        const int64_t here = derivation_allows_nothing(outputs[i].derivation) ? 0 : open_in(&outputs[i], &own[i]);
        open[i] = MIN(open[i], here);
        *left |= open[i] > 0;
        eval_output_clear(&own[i]);
    }
    return TRUE;
}

gboolean golden_prove(const Model *const *forms, gsize n_forms, Value *const *inputs, gsize n,
                      const EvalOutput *outputs, gsize n_outputs, GArray *certificates, GError **error)
{
    g_autofree int64_t *open = g_new(int64_t, n_outputs + 1);
    gboolean left = !all_allow_nothing(outputs, n_outputs);
    for (gsize i = 0; i < n_outputs; i++)
        open[i] = INT64_MAX;
    for (gsize f = 0; left && f < n_forms; f++)
        if (!ask(forms[f], inputs, n, outputs, n_outputs, open, &left, error))
            return FALSE;
    for (gsize i = 0; i < n_outputs; i++) {
        Derivation *derivation = outputs[i].derivation;
        GoldenCertificate c = { .proof = GOLDEN_EXACT, .derivation = derivation ? derivation_ref(derivation) : NULL };
        if (!derivation_allows_nothing(derivation)) {
            c.open = open[i];
            c.proof = c.open ? GOLDEN_BOUNDED : GOLDEN_PROVEN;
        }
        g_array_append_val(certificates, c);
    }
    return TRUE;
}

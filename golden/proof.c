#include "golden/proof.h"

#include "reference/bounds/relaxation.h"

/* Elements of a tensor output, 1 for any other value. */
static int64_t elements_of(const EvalOutput *o)
{
    return o->value->kind == VALUE_TENSOR ? o->value->tensor->count : 1;
}

static int64_t open_in(const EvalOutput *o)
{
    int64_t count = 0;
    if (!o->certified)
        return elements_of(o);
    for (int64_t i = 0; o->lower && i < o->lower->count; i++)
        count += tensor_get_bits(o->lower, i) != tensor_get_bits(o->upper, i);
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

gboolean golden_prove(const Model *model, Value *const *inputs, gsize n, const EvalOutput *outputs, gsize n_outputs,
                      GArray *certificates, GError **error)
{
    g_autofree EvalOutput *own = g_new0(EvalOutput, n_outputs + 1);
    const gboolean asks = !all_allow_nothing(outputs, n_outputs);
    if (asks && !run_as_the_reference(model, inputs, n, own, error))
        return FALSE;
    for (gsize i = 0; i < n_outputs; i++) {
        Derivation *derivation = outputs[i].derivation;
        GoldenCertificate c = { .proof = GOLDEN_EXACT, .derivation = derivation ? derivation_ref(derivation) : NULL };
        if (!derivation_allows_nothing(derivation)) {
            c.open = open_in(&own[i]);
            c.proof = c.open ? GOLDEN_BOUNDED : GOLDEN_PROVEN;
        }
        g_array_append_val(certificates, c);
        if (asks)
            eval_output_clear(&own[i]);
    }
    return TRUE;
}

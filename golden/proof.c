#include "golden/proof.h"

#include "reference/bounds/relaxation.h"
#include "reference/eval/eval.h"

static const char *const proof_names[] = { "exact", "proven", "bounded" };

const char *golden_proof_name(GoldenProof proof)
{
    return proof_names[proof];
}

void golden_certificate_clear(GoldenCertificate *c)
{
    g_clear_pointer(&c->derivation, derivation_free);
}

typedef struct {
    EvalOutput *outputs;
    gsize       n;
} Run;

static void run_clear(Run *run)
{
    for (gsize i = 0; i < run->n; i++)
        eval_output_clear(&run->outputs[i]);
    g_free(run->outputs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

static gboolean evaluate(const Model *model, const Relaxation *profile, Value *const *inputs, gsize n, Run *run, GError **error)
{
    const EvalOptions options = { .certify = TRUE };
    g_autoptr(Evaluator) evaluator = evaluator_new(model, &options, error);
    if (!evaluator)
        return FALSE;
    run->n = model->graph->outputs.n;
    run->outputs = g_new0(EvalOutput, run->n + 1);
    const Relaxation *before = relaxation_use(profile);
    const gboolean ok = evaluator_run(evaluator, inputs, n, run->outputs, error);
    relaxation_use(before);
    return ok;
}

static gboolean allows_nothing(const Derivation *d)
{
    for (gsize i = 0; i < derivation_count(d); i++)
        if (derivation_entry(d, i)->error > 0)
            return FALSE;
    return TRUE;
}

/* Elements of a tensor output, 1 for any other value. */
static int64_t elements_of(const EvalOutput *o)
{
    return o->value->kind == VALUE_TENSOR ? o->value->tensor->count : 1;
}

static int64_t ambiguous_in(const EvalOutput *o)
{
    int64_t count = 0;
    if (!o->certified)
        return elements_of(o);
    for (int64_t i = 0; o->lower && i < o->lower->count; i++)
        count += tensor_get_bits(o->lower, i) != tensor_get_bits(o->upper, i);
    return count;
}

gboolean golden_prove(const Model *model, Value *const *inputs, gsize n, GoldenCertificate *c, GError **error)
{
    g_auto(Run) strict = { 0 }, own = { 0 };
    *c = (GoldenCertificate){ .proof = GOLDEN_EXACT };
    derivation_begin();
    const gboolean ok = evaluate(model, NULL, inputs, n, &strict, error);
    c->derivation = derivation_end();
    for (gsize i = 0; ok && i < strict.n; i++)
        c->elements += elements_of(&strict.outputs[i]);
    if (!ok || allows_nothing(c->derivation))
        return ok;
    if (!evaluate(model, &relaxation_reference, inputs, n, &own, error))
        return FALSE;
    for (gsize i = 0; i < own.n; i++)
        c->ambiguous += ambiguous_in(&own.outputs[i]);
    c->proof = c->ambiguous ? GOLDEN_BOUNDED : GOLDEN_PROVEN;
    return TRUE;
}

gboolean golden_prove_case(const Case *c, const char *folder, GoldenCertificate *certificate, GError **error)
{
    g_autofree char *path = case_model_path(folder);
    g_autoptr(Model) model = model_load(path, NULL, error);
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)value_unref);
    *certificate = (GoldenCertificate){ 0 };
    for (guint i = 0; model && i < c->n_inputs; i++) {
        g_autofree char *file = case_data_path(folder, "input", i);
        const List *declared = &model->graph->inputs;
        Value *value = value_load(file, i < declared->n ? LIST_AT(declared, ValueInfo, i)->type : NULL, NULL, error);
        if (!value)
            return FALSE;
        g_ptr_array_add(inputs, value);
    }
    return model && golden_prove(model, (Value *const *)inputs->pdata, inputs->len, certificate, error);
}

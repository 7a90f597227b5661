/* Prefill: the indices that ScatterND needs to write a whole prompt into a cache, against TensorScatter's one number. */
#include "generators/engine/data.h"
#include "generators/engine/experiment.h"

enum { HEADS = 8, CHANNELS = 64 };

static void declare(Model *model, const char *name, const Tensor *tensor, gboolean output)
{
    (output ? graph_add_output : graph_add_input)(model->graph, name, type_tensor(model, tensor->dtype, &tensor->shape));
}

static void add(Lab *lab, gboolean scatter_nd, int64_t tokens)
{
    const Shape cache = SHAPE(1, HEADS, tokens + 64, CHANNELS), prompt = SHAPE(1, HEADS, tokens, CHANNELS);
    Model *model = model_new();
    model->ir_version = 12;
    model_import(model, "", 24);
    g_autoptr(Tensor) past = data_constant(DTYPE_FLOAT, &cache, 0), update = data_integers(DTYPE_FLOAT, &prompt, 2, -8, 8);
    g_autoptr(Tensor) where = data_constant(DTYPE_INT64, scatter_nd ? &SHAPE(1, HEADS, tokens, 3) : &SHAPE(1), 0);
    for (int64_t i = 0; scatter_nd && i < HEADS * tokens; i++) {
        tensor_set_int(where, 3 * i + 1, i / tokens);
        tensor_set_int(where, 3 * i + 2, i % tokens);
    }
    declare(model, "past", past, FALSE);
    declare(model, "update", update, FALSE);
    declare(model, "where", where, FALSE);
    if (scatter_nd)
        graph_add_node(model->graph, "", "ScatterND", NAMES("past", "where", "update"), NAMES("present"));
    else
        graph_add_node(model->graph, "", "TensorScatter", NAMES("past", "update", "where"), NAMES("present"));
    declare(model, "present", past, TRUE);
    Tensor *const inputs[] = { past, update, where };
    lab_add(lab, scatter_nd ? "ScatterND" : "TensorScatter", tokens, model, inputs, 3, (double)where->bytes);
}

static void build(Lab *lab)
{
    for (int64_t tokens = 16; tokens <= 4096; tokens *= 4) {
        add(lab, TRUE, tokens);
        add(lab, FALSE, tokens);
    }
}

static const Contrast contrasts[] = {
    { METRIC_FACT, "ScatterND", "TensorScatter" },
    { METRIC_RUN, "ScatterND", "TensorScatter" },
};
EXPERIMENT_DEFINE(index_volume, .id = "index-volume", .title = "Indices needed to write a prompt into a cache",
                  .question = "How much index data does ScatterND need where TensorScatter needs one number a batch?",
                  .proposal = "kv-cache", .x = "prompt tokens", .fact = "bytes of indices", .contrasts = contrasts,
                  .n_contrasts = G_N_ELEMENTS(contrasts), .build = build)

/* One decode step of a key cache of fixed length: what does writing one row cost? */
#include "generators/engine/data.h"
#include "generators/engine/experiment.h"


enum { HEADS = 8, CHANNELS = 64 };

static Model *begin(int64_t opset)
{
    Model *model = model_new();
    model->ir_version = 12;
    model_import(model, "", opset);
    return model;
}

static void declare(Model *model, const char *name, const Tensor *tensor, gboolean output)
{
    (output ? graph_add_output : graph_add_input)(model->graph, name, type_tensor(model, tensor->dtype, &tensor->shape));
}

/* Bytes that a backend must at least move: Concat makes a new tensor; the others may write in place, and then move the
 * update and, for ScatterND, read its indices. */
static void add(Lab *lab, const char *series, int64_t length)
{
    const Shape cache = SHAPE(1, HEADS, length, CHANNELS), row = SHAPE(1, HEADS, 1, CHANNELS);
    const Shape before = SHAPE(1, HEADS, length - 1, CHANNELS);
    Model *model = begin(24);
    const double row_bytes = HEADS * CHANNELS * sizeof(float), index_bytes = HEADS * 3 * sizeof(int64_t);
    g_autoptr(Tensor) past = data_integers(DTYPE_FLOAT, series[0] == 'C' ? &before : &cache, 1, -8, 8);
    g_autoptr(Tensor) update = data_integers(DTYPE_FLOAT, &row, 2, -8, 8), where = NULL;
    g_autoptr(Tensor) present = data_constant(DTYPE_FLOAT, &cache, 0);
    declare(model, "past", past, FALSE);
    declare(model, "update", update, FALSE);
    double moved = row_bytes;
    if (series[0] == 'C') {
        Node *node = graph_add_node(model->graph, "", "Concat", NAMES("past", "update"), NAMES("present"));
        node_set_int(node, model->graph, "axis", 2);
        moved = row_bytes * (double)length;
    } else if (series[0] == 'S') {
        where = data_constant(DTYPE_INT64, &SHAPE(1, HEADS, 1, 3), 0);
        for (int64_t h = 0; h < HEADS; h++) {
            tensor_set_int(where, 3 * h + 1, h);
            tensor_set_int(where, 3 * h + 2, length / 2);
        }
        declare(model, "indices", where, FALSE);
        graph_add_node(model->graph, "", "ScatterND", NAMES("past", "indices", "update"), NAMES("present"));
        moved += index_bytes;
    } else {
        where = data_constant(DTYPE_INT64, &SHAPE(1), (double)(length / 2));
        declare(model, "write_indices", where, FALSE);
        graph_add_node(model->graph, "", "TensorScatter", NAMES("past", "update", "write_indices"), NAMES("present"));
        moved += sizeof(int64_t);
    }
    declare(model, "present", present, TRUE);
    Tensor *const inputs[] = { past, update, where };
    lab_add(lab, series, length, model, inputs, where ? 3 : 2, moved);
}

static void build(Lab *lab)
{
    for (int64_t length = 128; length <= 8192; length *= 4) {
        add(lab, "Concat", length);
        add(lab, "ScatterND", length);
        add(lab, "TensorScatter", length);
    }
}

static const Contrast contrasts[] = {
    { METRIC_RUN, "Concat", "TensorScatter" },
    { METRIC_RUN, "ScatterND", "TensorScatter" },
    { METRIC_FACT, "Concat", "TensorScatter" },
};
EXPERIMENT_DEFINE(cache_update, .id = "cache-update", .title = "Updating a key-value cache by one token",
                  .question = "What do Concat, ScatterND and TensorScatter cost against the length of the cache?",
                  .proposal = "kv-cache", .x = "cache length", .fact = "bytes that must move, writing in place where the operator allows it",
                  .contrasts = contrasts, .n_contrasts = G_N_ELEMENTS(contrasts), .build = build)

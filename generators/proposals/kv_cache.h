/* The parts of the generator of kv-cache; spec/proposals/kv-cache holds the requirements. Private to it. */
#ifndef ASSAY_GENERATORS_PROPOSALS_KV_CACHE_H
#define ASSAY_GENERATORS_PROPOSALS_KV_CACHE_H

#include "generators/engine/chain.h"
#include "generators/engine/data.h"

/* One TensorScatter node. */
typedef struct {
    Shape       cache;
    int         axis;       /* as written; KV_DEFAULT_AXIS: the attribute is not written */
    int64_t     length;     /* of the update on that axis */
    gboolean    circular;
    DType       dtype;
    const int64_t *indices; /* one a batch item; NULL: the input is absent */
} Update;

#define KV_DEFAULT_AXIS 99

int    kv_axis(const Update *u);          /* in [0, rank) */
Shape  kv_update_shape(const Update *u);
/* Elements that are all different where the type allows: cache and update never agree at the same place by chance. */
Tensor *kv_cache_data(DType dtype, const Shape *shape);
Tensor *kv_update_data(DType dtype, const Shape *shape);

/* The node with its attributes, from the values named to `present`. */
Node *kv_tensor_scatter(Scenario *s, const Update *u, const char *cache, const char *update, const char *indices,
                        const char *present);
/* What TensorScatter means in published operators: ScatterND over a grid of indices. Only for types that ScatterND or a
 * wider type can carry (kv_has_meaning). */
gboolean kv_has_meaning(DType dtype);
void     kv_meaning(Scenario *s, const Update *u);

void kv_cache_update(Generator *g);
void kv_cache_functional(Generator *g);
void kv_cache_rejects(Generator *g);
void kv_cache_quantized(Generator *g);
void kv_cache_paged(Generator *g);
void kv_cache_decode(Generator *g);
void kv_cache_surgery(Generator *g);

#endif

/* What the files of the flex-attention generator share. */
#ifndef ASSAY_GENERATORS_PROPOSALS_FLEX_ATTENTION_H
#define ASSAY_GENERATORS_PROPOSALS_FLEX_ATTENTION_H

#include "generators/engine/data.h"
#include "generators/engine/scenario.h"

#define FLEX_PREVIEW "ai.onnx.preview"
#define FLEX_ELEMENTWISE "assay.flex_attention"

/* Sizes: query heads `heads`, key-value heads `kv`. */
typedef struct {
    int64_t batch, heads, kv, queries, keys, depth, values;
} FlexSizes;

/* ---- modifiers ----------------------------------------------------------------------------------------------------------- */

enum { FLEX_CONSTANTS = 3 };

/* A modifier said twice: as nodes, and as a formula in C from which data are designed. Were the two to differ, the scores
 * would no longer be equal or far apart, and generation would fail.
 *
 * nodes: one node a line in ONNX's text, over the score $s and the INT64 indices b, h, q, k, which are scalars in the
 * element-wise form and broadcast to [B,H,L,S] in the tensor form. The result is $r; a mask makes the BOOL $v instead.
 * $T is the scores' type, $N its number; '@' in a name keeps stages of a composition apart. */
typedef struct {
    const char *name, *what;
    const char *indices;                                     /* those of "bhqk" that the nodes use */
    const char *nodes;
    gboolean  (*visible)(const FlexSizes *z, const int64_t *at); /* at: b, h, q, k; NULL: no mask */
    double    (*bias)(const FlexSizes *z, const int64_t *at);    /* added to the score; NULL: none */
    double      cap;                                         /* soft cap; 0: none */
    struct {
        const char *name;                                    /* as in the nodes, without the '@' */
        DType       dtype;                                   /* DTYPE_UNDEFINED: that of the scores */
        Tensor   *(*make)(const FlexSizes *z, DType dtype);
    } constants[FLEX_CONSTANTS];
} FlexModifier;

const FlexModifier *flex_modifier(const char *name); /* aborts on an unknown name: ours */
const FlexModifier *flex_modifiers(gsize *n);        /* all score modifiers */

/* Where a modifier's constants stand. */
typedef enum { FLEX_INITIALIZER, FLEX_CONSTANT_NODE, FLEX_CAPTURED } FlexPlace;

/* ---- nodes --------------------------------------------------------------------------------------------------------------- */

typedef enum {
    FLEX_ROUTED, /* every row puts all weight on its first visible key in an order that each head has for itself */
    FLEX_LEVEL   /* every row puts equal weight on 2^n visible keys; every hidden key would weigh as much */
} FlexData;

enum { FLEX_STAGES = 4 };

typedef struct {
    FlexSizes   sizes;
    DType       dtype;
    DType       precision; /* softmax_precision; DTYPE_UNDEFINED: not given */
    const float *scale;    /* NULL: not given */
    const char *score[FLEX_STAGES], *prob[FLEX_STAGES]; /* names of modifiers, composed in this order; NULL ends */
    FlexPlace   place;
    FlexData    data;
    gboolean    elementwise;
    gboolean    inlined;   /* in the function's body the modifiers' nodes stand directly, not in a Scan */
    const char *clash;     /* what inner names begin with, to meet names of the function's body; NULL: "m" */
} FlexNode;

/* The whole scenario but its emission: inputs Q, K, V, the node, the meaning, the output Y. NULL tensors are designed. */
Node *flex_node(Scenario *s, const FlexNode *n, Tensor *q, Tensor *k, Tensor *v);

/* Gives the node another graph, as text; the function then refers to that. */
void   flex_set_text(Scenario *s, Node *node, const char *attribute, const char *text);
void   flex_function(Scenario *s, const FlexNode *n); /* flex_attention_body.c */
DType  flex_precision(const FlexNode *n);

/* scenario_semantic() with a format. */
void flex_means(Scenario *s, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Shared by the graphs and the body: nodes of `stages`, with `kind` and the node's prefix in their names. */
void  flex_append_indices(GString *out, const FlexNode *n, const char *const *stages, const char *kind);
gsize flex_append_stages(GString *out, const FlexNode *n, const char *const *stages, const char *kind); /* their number */
void  flex_add_constants(Scenario *s, const FlexNode *n, Graph *graph, FlexPlace place, const char *const *stages, const char *kind);
const char *flex_prefix(const FlexNode *n);
/* The element-wise draft says masks apart. */
void  flex_split_masks(const FlexNode *n, const char **scores, const char **masks);

Tensor *flex_values(const FlexNode *n);
/* Q and K whose product, scaled, is what the modifiers turn into the pattern of n->data. */
void    flex_design(const FlexNode *n, Tensor **q, Tensor **k);
double  flex_scale(const FlexNode *n);

/* ---- the subjects ---------------------------------------------------------------------------------------------------------- */

void flex_attention_shapes(Generator *g);
void flex_attention_modifiers(Generator *g);
void flex_attention_probabilities(Generator *g);
void flex_attention_elementwise(Generator *g);
void flex_attention_edges(Generator *g);
void flex_attention_rejects(Generator *g);

#endif

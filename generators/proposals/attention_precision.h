/* What the files of the attention-precision generator share. */
#ifndef ASSAY_GENERATORS_PROPOSALS_ATTENTION_PRECISION_H
#define ASSAY_GENERATORS_PROPOSALS_ATTENTION_PRECISION_H

#include "generators/engine/data.h"
#include "generators/engine/scenario.h"

#define PRECISION_DOMAIN "assay.attention_precision"

typedef enum { PLACE_Q, PLACE_K, PLACE_P, PLACE_V, PLACES } PrecisionPlace;
/* How the same thing is said. */
typedef enum { SAY_GRAPHS, SAY_ATTRIBUTES, SAY_HYBRID, SAYS } PrecisionSay;

/* One place's quantization. */
typedef struct {
    DType       type;       /* of the codes; DTYPE_UNDEFINED: none */
    double      scale;      /* of the first block; each next one is twice as large, then starts anew after four */
    int64_t     block[4];   /* as the attribute; all 0: one scale */
    gboolean    asymmetric; /* a zero point, 3 */
    gboolean    computed;   /* the scale is max |x| / 128, computed by the model; one scale, int8 */
} PrecisionQuant;

typedef struct {
    int64_t        batch, heads, kv, queries, keys, depth, values;
    PrecisionQuant quant[PLACES];
    DType          qk_accum, pv_accum; /* DTYPE_UNDEFINED: not given */
    gboolean       causal, cap;        /* cap: a soft cap of 4096 on the scores; only graphs and the hybrid can say it */
    gboolean       ties_away;          /* Q and K quantized to int8 by rounding halves away from zero; graphs only */
    gboolean       smooth_k;           /* the mean over the keys is taken from K first, by the model */
    guint          salt;               /* of the data */
    double         quantum;            /* Q, K and V are multiples of it; 0: 1/8 */
} PrecisionNode;

/* The whole scenario but its emission, in one of the ways to say it. */
Node *precision_node(Scenario *s, const PrecisionNode *n, PrecisionSay say);
void  precision_function(Scenario *s, const PrecisionNode *n, PrecisionSay say);

/* Nodes, in text, that quantize `in` at that place and dequantize it to `out`; scale and zero point are `<place>_scale` and
 * `<place>_zero_point`. */
void    precision_append_qdq(GString *out, const PrecisionNode *n, PrecisionPlace place, const char *in, const char *to);
void    precision_append_cap(GString *out, const char *in, const char *to);
Tensor *precision_scale(const PrecisionNode *n, PrecisionPlace place);
Tensor *precision_zero_point(const PrecisionNode *n, PrecisionPlace place);
Shape   precision_shape(const PrecisionNode *n, PrecisionPlace place); /* of what is quantized there */
extern const char *const precision_names[PLACES]; /* "q" ... */

void attention_precision_places(Generator *g);
void attention_precision_recipes(Generator *g);
void attention_precision_rejects(Generator *g);

#endif

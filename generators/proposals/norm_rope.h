/* The parts of the generator of norm-rope; spec/proposals/norm-rope holds the requirements. Private to it. */
#ifndef ASSAY_GENERATORS_PROPOSALS_NORM_ROPE_H
#define ASSAY_GENERATORS_PROPOSALS_NORM_ROPE_H

#include "generators/engine/chain.h"
#include "generators/engine/data.h"

/* ---- RMSNormalization -------------------------------------------------------------------------------------------- */

/* The ways in which exporters write it; the first is the operator's own function body. */
typedef enum { RMS_BODY, RMS_POW, RMS_RECIPROCAL, RMS_LATE_CAST, RMS_PATTERNS } RmsPattern;
extern const char *const rms_pattern_tags[RMS_PATTERNS];

typedef struct {
    Shape x, scale;
    int   axis;             /* as written; RMS_DEFAULT_AXIS: the attribute is not written */
    float epsilon;          /* always written */
    DType dtype, stash;     /* stash 0: not written */
} Rms;
#define RMS_DEFAULT_AXIS 99

Node *rms_node(Scenario *s, const Rms *r);
/* The meaning as a function of the default domain. */
void  rms_meaning(Scenario *s, const Rms *r, RmsPattern pattern);
/* Rows of ones and threes, a quarter threes (mean square 3, so that an epsilon of 1 makes the root 2), placed differently
 * in every row; rows whose length is no multiple of 4 are of ones (an epsilon of 3 makes the root 2). */
Tensor *rms_rows(DType dtype, const Shape *shape, int64_t group);
float   rms_epsilon(int64_t group); /* the epsilon that goes with rms_rows */

void norm_rope_rms(Generator *g);
void norm_rope_rms_rejects(Generator *g);

/* ---- RotaryEmbedding --------------------------------------------------------------------------------------------- */

/* Split and rotate; rotate_half over doubled caches; a product with a constant matrix of signs. */
typedef enum { ROPE_SPLIT, ROPE_ROTATE_HALF, ROPE_MATRIX, ROPE_PATTERNS } RopePattern;
extern const char *const rope_pattern_tags[ROPE_PATTERNS];

typedef struct {
    int64_t        batch, heads, length, depth;
    int64_t        rotated;     /* rotary_embedding_dim; 0: all */
    gboolean       flat;        /* X is [B, S, H * D] */
    gboolean       interleaved;
    int64_t        table;       /* rows of the caches if there are position_ids, else 0 */
    const int64_t *positions;   /* [B, S]; NULL: a default pattern if table is not 0 */
    DType          dtype;
} Rope;

Shape   rope_x_shape(const Rope *r);
Shape   rope_cache_shape(const Rope *r);
Tensor *rope_x(const Rope *r);
Tensor *rope_cache(const Rope *r, gboolean sine);
Tensor *rope_positions(const Rope *r);
/* Inputs x, cos, sin, and positions if there is a table; the node from them to y. NULL: the data above. */
Node   *rope_describe(Scenario *s, const Rope *r, Tensor *x, Tensor *cosines, Tensor *sines);
Node   *rope_node(Scenario *s, const Rope *r, const char *x, const char *y);
void    rope_meaning(Scenario *s, const Rope *r, RopePattern pattern);

void norm_rope_rope(Generator *g);
void norm_rope_rope_identities(Generator *g);
void norm_rope_rope_rejects(Generator *g);

#endif

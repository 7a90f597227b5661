/* Attention in stages, for the proposed operators that let a model step in between: scores, softmax, product with the
 * values, each in a type of its own, with a hook after the scores and one after the softmax.
 *
 * Q [B,Hq,L,D], K [B,Hkv,S,D] and V [B,Hkv,S,Dv] have one type; query head h reads key-value head h / (Hq / Hkv). Q and K
 * are both multiplied by `root`. A row in which everything is masked is NaN, as softmax of -inf alone is.
 *
 * With `track` the run also finds out what every conforming backend must give (attention_stages_bound.h). */
#ifndef ASSAY_OPS_SHARED_ATTENTION_STAGES_H
#define ASSAY_OPS_SHARED_ATTENTION_STAGES_H

#include "reference/eval/certify.h"

typedef struct Stages Stages;
/* Replaces s->scores (then s->low and s->high, when tracking) by a tensor of the same type and shape. */
typedef gboolean (*StageHook)(Eval *ev, Stages *s, GError **error);

struct Stages {
    const Tensor *q, *k, *v;
    double        root, scale; /* root as the body rounds it; scale before that */
    DType         dtype;       /* in which scores and probabilities stand */
    StageHook     score, prob; /* NULL: none */
    StageHook     last;        /* on Y, which stands in s->scores for its time; NULL: none */
    gboolean      track, fused; /* fused: y may be held unrounded (eval_may_fuse) */
    /* results, owned */
    Tensor       *scores, *low, *high; /* low, high: interval of the scores or probabilities; NULL: exact */
    Tensor       *logits, *logits_radius; /* float64, of rows that no hook sees after the softmax; NULL: none */
    Tensor       *y, *y_low, *y_high;
    gboolean      certified;   /* starts as TRUE */
    Tensor       *own[3];      /* Q, K, V if the node changed them first; owned */
    /* private */
    int64_t       batch, heads, kv_heads, queries, keys, depth, out_depth;
    gboolean      precise;
    gint          out_of_memory;
};

/* FALSE with an error that names the shapes. */
gboolean stages_check_shapes(Stages *s, GError **error);
/* After stages_check_shapes(). */
gboolean stages_run(Eval *ev, Stages *s, GError **error);
void     stages_clear(Stages *s);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stages, stages_clear)

/* root: sqrt(scale) taken in float32, then rounded to dtype; scale NULL: 1 / sqrt(depth). */
void stages_set_scale(Stages *s, DType dtype, const float *scale);
/* The attribute softmax_precision, else double for double and float for narrower types. */
gboolean stages_precision(const Eval *ev, DType own, DType *dtype, GError **error);

/* A hook's work: the graph attribute of that name maps s->scores to the new ones. Nothing if it is not given. */
gboolean stages_through_graph(Eval *ev, Stages *s, const char *attribute, GError **error);

/* Before the stages: operand 0, 1 or 2 (Q, K, V) through a graph that keeps its type and shape. */
gboolean stages_operand_through_graph(Eval *ev, Stages *s, gsize which, const char *attribute, GError **error);
/* In a score hook: -inf where the key comes after the query. */
void     stages_hide_later_keys(Stages *s);

/* Kernel and bound rule from a function that fills in a Stages for the node. */
typedef gboolean (*StagesRead)(Eval *ev, Stages *s, GError **error);
gboolean stages_kernel(Eval *ev, StagesRead read, GError **error);
gboolean stages_bound(Eval *ev, StagesRead read, GError **error);

#endif

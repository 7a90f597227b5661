/* A failing case while it shrinks: a model and its inputs, and the cuts that make smaller ones from it. A cut never changes
 * its specimen; it returns a new one, or NULL where there is nothing to cut. Whether the result still is a model, and still
 * fails, is for others to say. Private to `assay reduce`. */
#ifndef ASSAY_RUNNER_SPECIMEN_H
#define ASSAY_RUNNER_SPECIMEN_H

#include "reference/onnx/model.h"
#include "reference/tensor/value.h"

typedef struct {
    Model     *model;
    GPtrArray *inputs; /* of Value, one for each graph input */
} Specimen;

Specimen *specimen_new(Model *model, GPtrArray *inputs); /* takes both */
Specimen *specimen_copy(const Specimen *specimen);
void      specimen_free(Specimen *specimen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Specimen, specimen_free)

/* Nodes of the graph, nested graphs and functions included. */
gsize specimen_nodes(const Specimen *specimen);
/* Elements of inputs and initializers; those of them that are not zero. */
gsize specimen_elements(const Specimen *specimen, gsize *non_zero);

/* ---- structure (specimen_cut.c) ------------------------------------------------------------------------------------------ */

/* The nodes with keep[i] alone. What they take from others becomes an input with the value that `values` has for it, or an
 * initializer if it depends on no input; what they give to others becomes an output. */
Specimen *specimen_keep(const Specimen *specimen, const gboolean *keep, GHashTable *values);
/* Function calls replaced by the functions' bodies. */
Specimen *specimen_inline(const Specimen *specimen);
/* Without documentation, metadata and shapes of inner values. */
Specimen *specimen_strip(const Specimen *specimen);
Specimen *specimen_without_output(const Specimen *specimen, gsize output);
Specimen *specimen_without_attribute(const Specimen *specimen, gsize node, gsize attribute);
/* Without one of a node's inputs or outputs: the name becomes "", and goes where it is the last. */
Specimen *specimen_without_use(const Specimen *specimen, gsize node, gboolean output, gsize at);

/* ---- values (specimen_shrink.c) ------------------------------------------------------------------------------------------ */

/* Inputs and initializers are numbered: inputs first. NULL for what is no dense tensor. */
gsize         specimen_tensors(const Specimen *specimen);
const Tensor *specimen_tensor(const Specimen *specimen, gsize i);

/* Every axis of `from` elements keeps its first `to`: of all tensors, or of axis `axis` of tensor `only` (-1: all). With
 * `numbers`, integers that are `from` become `to` in attributes and in short integer tensors too. */
Specimen *specimen_resize(const Specimen *specimen, int64_t from, int64_t to, gssize only, int axis, gboolean numbers);

/* How simple an element is: 0 zero, 1 one, 2 a whole number, 3 another; and elements [first, first + n) of tensor i made
 * that simple where they are not. */
Specimen *specimen_simplify(const Specimen *specimen, gsize i, int64_t first, int64_t n, int level);

#endif

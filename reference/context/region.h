/* Uses and producers of values, for the files of reference/context/. Private to them. */
#ifndef ASSAY_CONTEXT_REGION_H
#define ASSAY_CONTEXT_REGION_H

#include "reference/context/context.h"

/* *name may be replaced. */
typedef void (*ContextUse)(const char **name, gpointer data);

/* Every value of the enclosing scope that the node uses, its own inputs first, then what graphs inside it capture. */
void context_uses(const Node *node, ContextUse visit, gpointer data);

/* name -> index of the producing node + 1. Names are borrowed. */
GHashTable *context_producers(const Graph *graph);

/* Marks the nodes from which `from` is computed; `stops` (may be NULL) are names behind which nobody looks. */
void context_reach_back(const Graph *graph, GHashTable *producers, GHashTable *stops, const char *const *from, gsize n,
                        gboolean *reached);

#endif

/* Standard operators wired up by calls: for graphs, function bodies and graph attributes alike. Results are names that
 * live as long as the graph's model; every result is fresh ("t0", "t1", ...). */
#ifndef ASSAY_GENERATORS_ENGINE_NET_H
#define ASSAY_GENERATORS_ENGINE_NET_H

#include "generators/engine/data.h"
#include "reference/onnx/model.h"

typedef struct {
    Graph *graph;
    guint  next;
} Net;

const char *net_fresh(Net *net);

/* One node of the default domain with one result; NULL-terminated inputs. *node, if wanted, for its attributes. */
const char *net_add(Net *net, const char *op, const char *const *inputs, Node **node);
const char *net_1(Net *net, const char *op, const char *x);
const char *net_2(Net *net, const char *op, const char *x, const char *y);
const char *net_axis(Net *net, const char *op, const char *x, int64_t axis);                  /* op with attribute axis */
const char *net_2_axis(Net *net, const char *op, const char *x, const char *y, int64_t axis);

const char *net_list(Net *net, const int64_t *values, gsize n); /* an int64 constant of rank 1; INTS(...) */
const char *net_number(Net *net, DType dtype, double value);    /* a scalar */
const char *net_tensor(Net *net, Tensor *tensor);               /* takes the reference */

const char *net_cast(Net *net, const char *x, DType from, DType to); /* x itself if nothing changes */
const char *net_reshape(Net *net, const char *x, const int64_t *dims, gsize n); /* zeros are sizes */
const char *net_unsqueeze(Net *net, const char *x, int64_t axis);
const char *net_squeeze(Net *net, const char *x, int64_t axis);
const char *net_sum(Net *net, const char *x, int64_t axis, gboolean keep); /* ReduceSum */
const char *net_transpose(Net *net, const char *x, const int64_t *order, gsize n);
/* x[from : to : step] on one axis. */
const char *net_slice(Net *net, const char *x, int64_t axis, int64_t from, int64_t to, int64_t step);
/* The k largest along the last axis; *indices receives where they are. */
const char *net_top(Net *net, const char *x, int64_t k, const char **indices);

#endif

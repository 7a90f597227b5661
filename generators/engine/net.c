#include "generators/engine/net.h"

const char *net_fresh(Net *net)
{
    return arena_printf(net->graph->model->arena, "t%u", net->next++);
}

const char *net_add(Net *net, const char *op, const char *const *inputs, Node **node)
{
    const char *y = net_fresh(net);
    Node *added = graph_add_node(net->graph, "", op, inputs, NAMES(y));
    if (node)
        *node = added;
    return y;
}

const char *net_1(Net *net, const char *op, const char *x)
{
    return net_add(net, op, NAMES(x), NULL);
}

const char *net_2(Net *net, const char *op, const char *x, const char *y)
{
    return net_add(net, op, NAMES(x, y), NULL);
}

const char *net_axis(Net *net, const char *op, const char *x, int64_t axis)
{
    Node *node;
    const char *y = net_add(net, op, NAMES(x), &node);
    node_set_int(node, net->graph, "axis", axis);
    return y;
}

const char *net_2_axis(Net *net, const char *op, const char *x, const char *y, int64_t axis)
{
    Node *node;
    const char *z = net_add(net, op, NAMES(x, y), &node);
    node_set_int(node, net->graph, "axis", axis);
    return z;
}

const char *net_tensor(Net *net, Tensor *tensor)
{
    Node *node;
    const char *y = net_add(net, "Constant", NO_NAMES, &node);
    node_set_tensor(node, net->graph, "value", tensor);
    return y;
}

const char *net_list(Net *net, const int64_t *values, gsize n)
{
    return net_tensor(net, data_int64s(&SHAPE((int64_t)n), values));
}

const char *net_number(Net *net, DType dtype, double value)
{
    return net_tensor(net, data_scalar(dtype, value));
}

const char *net_cast(Net *net, const char *x, DType from, DType to)
{
    if (from == to)
        return x;
    Node *node;
    const char *y = net_add(net, "Cast", NAMES(x), &node);
    node_set_int(node, net->graph, "to", to);
    return y;
}

const char *net_reshape(Net *net, const char *x, const int64_t *dims, gsize n)
{
    Node *node;
    const char *y = net_add(net, "Reshape", NAMES(x, net_list(net, dims, n)), &node);
    node_set_int(node, net->graph, "allowzero", 1);
    return y;
}

const char *net_unsqueeze(Net *net, const char *x, int64_t axis)
{
    return net_2(net, "Unsqueeze", x, net_list(net, &axis, 1));
}

const char *net_squeeze(Net *net, const char *x, int64_t axis)
{
    return net_2(net, "Squeeze", x, net_list(net, &axis, 1));
}

const char *net_sum(Net *net, const char *x, int64_t axis, gboolean keep)
{
    Node *node;
    const char *y = net_add(net, "ReduceSum", NAMES(x, net_list(net, &axis, 1)), &node);
    node_set_int(node, net->graph, "keepdims", keep);
    return y;
}

const char *net_transpose(Net *net, const char *x, const int64_t *order, gsize n)
{
    Node *node;
    const char *y = net_add(net, "Transpose", NAMES(x), &node);
    node_set_ints(node, net->graph, "perm", order, n);
    return y;
}

const char *net_slice(Net *net, const char *x, int64_t axis, int64_t from, int64_t to, int64_t step)
{
    const char *starts = net_list(net, &from, 1), *ends = net_list(net, &to, 1), *axes = net_list(net, &axis, 1);
    return net_add(net, "Slice", NAMES(x, starts, ends, axes, net_list(net, &step, 1)), NULL);
}

const char *net_top(Net *net, const char *x, int64_t k, const char **indices)
{
    const char *values = net_fresh(net);
    *indices = net_fresh(net);
    graph_add_node(net->graph, "", "TopK", NAMES(x, net_list(net, &k, 1)), NAMES(values, *indices));
    return values;
}

#include "backends_under_test/runner/specimen.h"

#include <math.h>
#include <string.h>

#define SHORT_TENSOR 16 /* elements: shapes, axes, sizes */

/* ---- tensors by number -------------------------------------------------------------------------------------------------- */

gsize specimen_tensors(const Specimen *s)
{
    return s->inputs->len + s->model->graph->initializers.n;
}

const Tensor *specimen_tensor(const Specimen *s, gsize i)
{
    if (i >= s->inputs->len)
        return LIST_AT(&s->model->graph->initializers, NamedTensor, i - s->inputs->len)->tensor;
    const Value *value = s->inputs->pdata[i];
    return value->kind == VALUE_TENSOR ? value->tensor : NULL;
}

/* The declared dims of an input follow its value where they are numbers. */
static void declare(Specimen *s, gsize input)
{
    const Tensor *t = specimen_tensor(s, input);
    Type         *type = LIST_AT(&s->model->graph->inputs, ValueInfo, input)->type;
    for (gsize i = 0; type && type->has_shape && type->rank == (gsize)t->shape.rank && i < type->rank; i++)
        if (type->dims[i].value >= 0)
            type->dims[i].value = t->shape.dims[i];
}

/* Takes the reference. */
static void replace(Specimen *s, gsize i, Tensor *tensor)
{
    if (i < s->inputs->len) {
        value_unref(s->inputs->pdata[i]);
        s->inputs->pdata[i] = value_from_tensor(tensor);
        declare(s, i);
        return;
    }
    NamedTensor *named = LIST_AT(&s->model->graph->initializers, NamedTensor, i - s->inputs->len);
    named->tensor = arena_tensor(s->model->arena, tensor);
    if (named->storage == STORAGE_EXTERNAL)
        named->storage = STORAGE_RAW;
    named->wire = NULL;
}

static gboolean is_zero(const Tensor *t, int64_t element)
{
    if (t->dtype == DTYPE_STRING)
        return *tensor_get_string(t, element, NULL) == '\0';
    const gsize    width = (gsize)dtype_info(t->dtype)->width;
    const uint8_t *bytes = (const uint8_t *)t->data + (gsize)element * width;
    for (gsize i = 0; i < width; i++)
        if (bytes[i])
            return FALSE;
    return TRUE;
}

gsize specimen_elements(const Specimen *s, gsize *non_zero)
{
    gsize n = 0;
    *non_zero = 0;
    for (gsize i = 0; i < specimen_tensors(s); i++) {
        const Tensor *t = specimen_tensor(s, i);
        n += t ? (gsize)t->count : 0;
        for (int64_t k = 0; t && k < t->count; k++)
            *non_zero += !is_zero(t, k);
    }
    return n;
}

/* ---- dims --------------------------------------------------------------------------------------------------------------- */

/* The first elements along every axis. NULL if memory is short. */
static Tensor *corner(const Tensor *t, const Shape *shape)
{
    const gsize width = (gsize)dtype_info(t->dtype)->width;
    int64_t     strides[SHAPE_MAX_RANK];
    Tensor     *result = tensor_new(t->dtype, shape, NULL);
    shape_strides(&t->shape, strides);
    for (int64_t i = 0; result && i < result->count; i++) {
        int64_t from = 0, rest = i;
        for (int axis = shape->rank; axis-- > 0; rest /= shape->dims[axis])
            from += rest % shape->dims[axis] * strides[axis];
        if (t->dtype == DTYPE_STRING) {
            gsize       length;
            const char *text = tensor_get_string(t, from, &length);
            tensor_set_string(result, i, text, (gssize)length);
        } else {
            memcpy((uint8_t *)result->data + (gsize)i * width, (const uint8_t *)t->data + (gsize)from * width, width);
        }
    }
    return result;
}

static gboolean resize_tensor(Specimen *s, gsize i, int64_t from, int64_t to, int only_axis)
{
    const Tensor *t = specimen_tensor(s, i);
    Shape         shape = t->shape;
    for (int axis = 0; axis < shape.rank; axis++)
        if (shape.dims[axis] == from && (only_axis < 0 || axis == only_axis))
            shape.dims[axis] = to;
    Tensor *smaller = shape_equal(&shape, &t->shape) ? NULL : corner(t, &shape);
    if (smaller)
        replace(s, i, smaller);
    return smaller != NULL;
}

static Tensor *renumbered(const Tensor *t, int64_t from, int64_t to)
{
    Tensor *copy = NULL;
    if ((t->dtype != DTYPE_INT64 && t->dtype != DTYPE_INT32) || t->count > SHORT_TENSOR)
        return NULL;
    for (int64_t i = 0; i < t->count; i++)
        if (tensor_get_int(t, i) == from) {
            if (!copy && !(copy = tensor_copy(t, NULL)))
                return NULL;
            tensor_set_int(copy, i, to);
        }
    return copy;
}

static gboolean renumber_attribute(Model *model, Attribute *a, int64_t from, int64_t to)
{
    gboolean changed = FALSE;
    if (a->type == ATTRIBUTE_INT && a->i == from) {
        a->i = to;
        changed = TRUE;
    }
    for (gsize i = 0; a->type == ATTRIBUTE_INTS && i < a->n; i++)
        if (a->ints[i] == from) {
            a->ints[i] = to;
            changed = TRUE;
        }
    Tensor *tensor = a->type == ATTRIBUTE_TENSOR && a->tensor ? renumbered(a->tensor->tensor, from, to) : NULL;
    if (tensor)
        a->tensor->tensor = arena_tensor(model->arena, tensor);
    return changed || tensor;
}

static gboolean renumber_nodes(Model *model, Graph *graph, int64_t from, int64_t to)
{
    gboolean changed = FALSE;
    for (gsize i = 0; i < graph->nodes.n; i++) {
        const Node *node = LIST_AT(&graph->nodes, Node, i);
        for (gsize k = 0; k < node->attributes.n; k++)
            changed |= renumber_attribute(model, LIST_AT(&node->attributes, Attribute, k), from, to);
    }
    return changed;
}

static gboolean renumber(Specimen *s, int64_t from, int64_t to)
{
    gboolean changed = renumber_nodes(s->model, s->model->graph, from, to);
    for (gsize i = 0; i < s->model->functions.n; i++)
        changed |= renumber_nodes(s->model, LIST_AT(&s->model->functions, Function, i)->body, from, to);
    for (gsize i = 0; i < specimen_tensors(s); i++) {
        const Tensor *t = specimen_tensor(s, i);
        Tensor       *other = t ? renumbered(t, from, to) : NULL;
        if (other)
            replace(s, i, other);
        changed |= other != NULL;
    }
    return changed;
}

/* What the reference gives to outputs may have another shape now. */
static void forget_outputs(Specimen *s)
{
    for (gsize i = 0; i < s->model->graph->outputs.n; i++) {
        ValueInfo *info = LIST_AT(&s->model->graph->outputs, ValueInfo, i);
        if (info->type && info->type->kind == TYPE_TENSOR)
            info->type = NULL;
    }
}

Specimen *specimen_resize(const Specimen *specimen, int64_t from, int64_t to, gssize only, int axis, gboolean numbers)
{
    g_autoptr(Specimen) s = specimen_copy(specimen);
    gboolean            changed = FALSE;
    for (gsize i = 0; i < specimen_tensors(s); i++)
        if (specimen_tensor(s, i) && (only < 0 || (gsize)only == i))
            changed |= resize_tensor(s, i, from, to, axis);
    if (!changed || (numbers && !renumber(s, from, to)))
        return NULL;
    forget_outputs(s);
    return g_steal_pointer(&s);
}

/* ---- values ------------------------------------------------------------------------------------------------------------- */

static int level_of(const Tensor *t, int64_t element, const Tensor *zero_one)
{
    const uint64_t bits = tensor_get_bits(t, element);
    if (bits == tensor_get_bits(zero_one, 0))
        return 0;
    if (bits == tensor_get_bits(zero_one, 1))
        return 1;
    const double value = tensor_get_double(t, element);
    return isfinite(value) && value == trunc(value) ? 2 : 3;
}

static void set_level(Tensor *t, int64_t element, int level, const Tensor *zero_one)
{
    if (level < 2)
        tensor_set_bits(t, element, tensor_get_bits(zero_one, level));
    else
        tensor_set_double(t, element, (double)tensor_get_int(t, element));
}

/* Zero and one of a type; NULL for types without. */
static Tensor *zero_and_one(DType dtype)
{
    const Domain domain = dtype_info(dtype)->domain;
    Tensor      *t = domain == DOMAIN_COMPLEX || domain == DOMAIN_STRING ? NULL : tensor_new(dtype, &SHAPE(2), NULL);
    if (t && domain == DOMAIN_FLOAT) {
        tensor_set_double(t, 0, 0);
        tensor_set_double(t, 1, 1);
    } else if (t) {
        tensor_set_int(t, 1, 1);
    }
    return t;
}

Specimen *specimen_simplify(const Specimen *specimen, gsize i, int64_t first, int64_t n, int level)
{
    const Tensor     *t = specimen_tensor(specimen, i);
    g_autoptr(Tensor) zero_one = t ? zero_and_one(t->dtype) : NULL, copy = NULL;
    if (!zero_one || (level == 2 && dtype_info(t->dtype)->domain != DOMAIN_FLOAT) || !(copy = tensor_copy(t, NULL)))
        return NULL;
    gboolean changed = FALSE;
    for (int64_t k = first; k < first + n && k < t->count; k++) {
        if (level_of(t, k, zero_one) <= level)
            continue;
        set_level(copy, k, level, zero_one);
        changed |= level_of(copy, k, zero_one) < level_of(t, k, zero_one);
    }
    if (!changed)
        return NULL;
    Specimen *s = specimen_copy(specimen);
    replace(s, i, g_steal_pointer(&copy));
    return s;
}

/* Einsum-12: every distinct index of the equation is an axis; each output element is one sum over the axes that are not
 * in the output, in row-major order of their first appearance. */
#include "reference/ops/shared/compensated.h"
#include "reference/ops/shared/contraction.h"
#include "reference/ops/shared/linear_bound.h"
#include "reference/tensor/convert.h"

#include <string.h>

#define LETTERS   52
#define MOST_AXES (LETTERS + SHAPE_MAX_RANK)
#define ELLIPSIS  LETTERS /* the first of the axes an ellipsis stands for */

typedef struct {
    int axes[2 * SHAPE_MAX_RANK];
    int n;
    gboolean ellipsis;
} Term;

typedef struct {
    gsize          operands;
    const Tensor **x;
    int64_t       *strides;                 /* [operands, MOST_AXES] */
    int64_t        size[MOST_AXES];         /* -1: not in the equation */
    int            summed[MOST_AXES], n_summed;
    int            ellipsis;                /* dims it stands for */
    Term           out;
    Tensor        *y;
} Einsum;

/* ---- the equation ----------------------------------------------------------------------------------------------------------- */

static int letter(char c)
{
    return g_ascii_isupper(c) ? c - 'A' : g_ascii_islower(c) ? c - 'a' + 26 : -1;
}

/* One term, an ellipsis marked by ELLIPSIS. */
static gboolean parse_term(const char *text, Term *term, GError **error)
{
    *term = (Term){ .n = 0 };
    for (const char *c = text; *c; c++) {
        if (*c == ' ')
            continue;
        const gboolean dots = g_str_has_prefix(c, "...");
        if (!dots && letter(*c) < 0)
            return eval_fail(error, "the equation has the character '\\x%02x', expected letters, ',', '->' and '...'",
                             (unsigned)(guchar)*c);
        if (dots && term->ellipsis)
            return eval_fail(error, "a term of the equation has more than one ellipsis");
        if (term->n >= SHAPE_MAX_RANK)
            return eval_fail(error, "a term of the equation has more than %d indices", SHAPE_MAX_RANK);
        term->ellipsis |= dots;
        term->axes[term->n++] = dots ? ELLIPSIS : letter(*c);
        c += dots ? 2 : 0;
    }
    return TRUE;
}

/* Replaces the mark by as many axes as the ellipsis stands for. */
static void spread(Term *term, int dims)
{
    for (int i = 0; term->ellipsis && i < term->n; i++) {
        if (term->axes[i] != ELLIPSIS)
            continue;
        memmove(&term->axes[i + dims], &term->axes[i + 1], (gsize)(term->n - i - 1) * sizeof term->axes[0]);
        for (int d = 0; d < dims; d++)
            term->axes[i + d] = ELLIPSIS + d;
        term->n += dims - 1;
        break;
    }
}

static gboolean place_operand(Einsum *e, gsize k, Term *term, GError **error)
{
    const Shape *shape = &e->x[k]->shape;
    const int dims = shape->rank - (term->n - term->ellipsis);
    if (dims < 0 || (dims > 0 && !term->ellipsis))
        return eval_fail(error, "term %" G_GSIZE_FORMAT " of the equation has %d indices, the operand has rank %d", k,
                         term->n - term->ellipsis, shape->rank);
    if (term->ellipsis && e->ellipsis >= 0 && dims != e->ellipsis)
        return eval_fail(error, "the ellipsis stands for %d dims in term %" G_GSIZE_FORMAT ", for %d before", dims, k, e->ellipsis);
    if (term->ellipsis)
        e->ellipsis = dims;
    spread(term, dims);
    int64_t dense[SHAPE_MAX_RANK];
    shape_strides(shape, dense);
    for (int d = 0; d < term->n; d++) {
        int64_t *size = &e->size[term->axes[d]];
        if (*size >= 0 && shape->dims[d] != *size && shape->dims[d] != 1 && *size != 1)
            return eval_fail(error, "dim %d of operand %" G_GSIZE_FORMAT " has %" G_GINT64_FORMAT " elements, its index %"
                             G_GINT64_FORMAT " elsewhere", d, k, shape->dims[d], *size);
        if (*size < 0 || *size == 1)
            *size = shape->dims[d];
        if (shape->dims[d] != 1) /* a repeated index walks along the diagonal */
            e->strides[k * MOST_AXES + (gsize)term->axes[d]] += dense[d];
    }
    return TRUE;
}

/* Without "->": the ellipsis, then in alphabetical order the indices that occur once. */
static void implicit_output(Einsum *e, const Term *terms, gsize n)
{
    int uses[LETTERS] = { 0 };
    for (gsize k = 0; k < n; k++)
        for (int i = 0; i < terms[k].n; i++)
            if (terms[k].axes[i] < LETTERS)
                uses[terms[k].axes[i]]++;
    for (int d = 0; d < e->ellipsis; d++)
        e->out.axes[e->out.n++] = ELLIPSIS + d;
    for (int axis = 0; axis < LETTERS; axis++)
        if (uses[axis] == 1 && e->out.n < 2 * SHAPE_MAX_RANK)
            e->out.axes[e->out.n++] = axis;
}

static gboolean read_output(Einsum *e, const char *text, GError **error)
{
    if (!parse_term(text, &e->out, error))
        return FALSE;
    spread(&e->out, MAX(e->ellipsis, 0));
    gboolean seen[MOST_AXES] = { FALSE };
    for (int i = 0; i < e->out.n; i++) {
        const int axis = e->out.axes[i];
        if (seen[axis] || e->size[axis] < 0)
            return eval_fail(error, "an index of the equation's output %s", seen[axis] ? "is repeated" : "is in no input");
        seen[axis] = TRUE;
    }
    return TRUE;
}

static gboolean read_equation(Einsum *e, const char *equation, GError **error)
{
    g_auto(GStrv) sides = g_strsplit(equation, "->", 3);
    g_auto(GStrv) texts = g_strsplit(sides[0] ? sides[0] : "", ",", -1);
    const gsize n = g_strv_length(sides), given = MAX(g_strv_length(texts), 1);
    if (n > 2)
        return eval_fail(error, "the equation has more than one '->'");
    if (given != e->operands)
        return eval_fail(error, "the equation has %" G_GSIZE_FORMAT " terms for %" G_GSIZE_FORMAT " operands", given, e->operands);
    g_autofree Term *terms = g_new0(Term, e->operands);
    for (gsize k = 0; k < e->operands; k++)
        if (!parse_term(texts[0] ? texts[k] : "", &terms[k], error) || !place_operand(e, k, &terms[k], error))
            return FALSE;
    if (n == 2) {
        if (!read_output(e, sides[1], error))
            return FALSE;
    } else {
        implicit_output(e, terms, e->operands);
    }
    for (int axis = 0; axis < MOST_AXES; axis++) {
        gboolean kept = e->size[axis] < 0;
        for (int i = 0; i < e->out.n; i++)
            kept |= e->out.axes[i] == axis;
        if (!kept)
            e->summed[e->n_summed++] = axis;
    }
    return e->out.n <= SHAPE_MAX_RANK || eval_fail(error, "the output would have rank %d", e->out.n);
}

/* ---- sums ---------------------------------------------------------------------------------------------------------------------- */

/* The next combination of summed indices; FALSE after the last. */
static gboolean advance(const Einsum *e, int64_t *index, int64_t *at)
{
    for (int i = e->n_summed - 1; i >= 0; i--) {
        const int axis = e->summed[i];
        const gboolean more = ++index[i] < e->size[axis];
        for (gsize k = 0; k < e->operands; k++)
            at[k] += e->strides[k * MOST_AXES + (gsize)axis] * (more ? 1 : 1 - e->size[axis]);
        if (more)
            return TRUE;
        index[i] = 0;
    }
    return FALSE;
}

static void sum_floats(const Einsum *e, int64_t out, int64_t *index, int64_t *at, gboolean any)
{
    Compensated s = { 0, 0 };
    while (any) {
        double product = 1;
        for (gsize k = 0; k + 1 < e->operands; k++)
            product *= tensor_get_double(e->x[k], at[k]);
        compensated_add_product(&s, product, tensor_get_double(e->x[e->operands - 1], at[e->operands - 1]));
        any = advance(e, index, at);
    }
    tensor_set_double(e->y, out, compensated_value(s));
}

static void sum_integers(const Einsum *e, int64_t out, int64_t *index, int64_t *at, gboolean any)
{
    uint64_t sum = 0;
    while (any) {
        uint64_t product = 1;
        for (gsize k = 0; k < e->operands; k++)
            product *= (uint64_t)tensor_get_int(e->x[k], at[k]);
        sum += product;
        any = advance(e, index, at);
    }
    convert_from_uint64(e->y->dtype, &sum, (uint8_t *)e->y->data + out * dtype_info(e->y->dtype)->width, 1);
}

static void some_elements(int64_t first, int64_t last, gpointer data)
{
    const Einsum *e = data;
    g_autofree int64_t *at = g_new(int64_t, e->operands);
    gboolean any = TRUE; /* whether there is anything to sum */
    for (int i = 0; i < e->n_summed; i++)
        any &= e->size[e->summed[i]] > 0;
    for (int64_t out = first; out < last; out++) {
        int64_t index[MOST_AXES] = { 0 }, rest = out;
        memset(at, 0, e->operands * sizeof *at);
        for (int i = e->out.n - 1; i >= 0; i--) {
            const int axis = e->out.axes[i];
            for (gsize k = 0; k < e->operands; k++)
                at[k] += rest % e->size[axis] * e->strides[k * MOST_AXES + (gsize)axis];
            rest /= e->size[axis];
        }
        if (dtype_is_float(e->y->dtype))
            sum_floats(e, out, index, at, any);
        else
            sum_integers(e, out, index, at, any);
    }
}

/* Two operands, the usual case, are matrix products. */
static gboolean contract(Eval *ev, const Einsum *e, GError **error)
{
    ContractionAxis axes[MOST_AXES];
    int64_t dense[SHAPE_MAX_RANK];
    int n = 0;
    shape_strides(&e->y->shape, dense);
    for (int i = 0; i < e->out.n; i++) {
        const int axis = e->out.axes[i];
        axes[n++] = (ContractionAxis){ e->size[axis], e->strides[axis], e->strides[MOST_AXES + axis], dense[i], FALSE };
    }
    for (int i = 0; i < e->n_summed; i++) {
        const int axis = e->summed[i];
        axes[n++] = (ContractionAxis){ e->size[axis], e->strides[axis], e->strides[MOST_AXES + axis], 0, TRUE };
    }
    return contraction_run(ev, e->x[0], e->x[1], e->y, axes, n, error);
}

static gboolean einsum(Eval *ev, GError **error)
{
    Einsum e = { .operands = eval_input_count(ev), .ellipsis = -1 };
    g_autofree const Tensor **x = g_new0(const Tensor *, e.operands);
    g_autofree int64_t *strides = g_new0(int64_t, e.operands * MOST_AXES);
    e.x = x;
    e.strides = strides;
    for (gsize k = 0; k < e.operands; k++)
        e.x[k] = eval_input(ev, k);
    for (int axis = 0; axis < MOST_AXES; axis++)
        e.size[axis] = -1;
    if (!read_equation(&e, eval_string(ev, "equation"), error))
        return FALSE;
    int64_t dims[SHAPE_MAX_RANK];
    Shape shape;
    for (int i = 0; i < e.out.n; i++)
        dims[i] = e.size[e.out.axes[i]];
    if (!shape_make(dims, (gsize)e.out.n, &shape, error))
        return FALSE;
    e.y = eval_output(ev, 0, e.x[0]->dtype, &shape, error);
    if (!e.y)
        return FALSE;
    if (e.operands == 2)
        return contract(ev, &e, error);
    eval_parallel(ev, e.y->count, 256, some_elements, &e);
    return TRUE;
}

static gboolean einsum_bound(Eval *ev, GError **error)
{
    return linear_bound(ev, &(LinearRule){ .factors = eval_input_count(ev), .pure = eval_input_count(ev) == 1 }, error);
}

OPERATOR_DEFINE(einsum, "Einsum", "",
    { .since = 12, .signature = "Inputs:T+ -> Output:T", .types = "T: numeric1", .attributes = "equation:string!",
      .kernel = einsum, .bound = einsum_bound })

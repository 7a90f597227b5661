/* SVMClassifier. The text names the attributes and no computation; this is libsvm's one-against-one vote among classes
 * (or one linear model a class, without support vectors), its pairwise coupling of probabilities, and for the label of
 * two classes the conventions of implementations: with one machine the second class wins a positive vote. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/svm.h"

#include <math.h>
#include <sleef.h>

typedef struct {
    SvmKernel     kernel;
    PostTransform transform;
    MlLabels      labels;
    int64_t       classes, vectors, features; /* vectors 0: linear models */
    const int64_t *per_class;
    double       *weights, *support, *rho, *prob_a, *prob_b;
    gsize         n_rho, n_prob;
    gboolean      positive; /* no weight is negative */
    int64_t       scores;   /* columns of Z */
} Svm;

/* ---- attributes -------------------------------------------------------------------------------------------------- */

static gboolean check_count(const char *name, gsize found, int64_t expected, GError **error)
{
    return found == (gsize)expected ||
           eval_fail(error, "%s has %" G_GSIZE_FORMAT " entries, expected %" G_GINT64_FORMAT, name, found, expected);
}

static gboolean count_vectors(const Eval *ev, Svm *s, GError **error)
{
    gsize n;
    s->per_class = eval_ints(ev, "vectors_per_class", &n);
    for (gsize i = 0; i < n; i++) {
        if (s->per_class[i] < 0 || s->per_class[i] > INT32_MAX)
            return eval_fail(error, "vectors_per_class holds %" G_GINT64_FORMAT, s->per_class[i]);
        s->vectors += s->per_class[i];
    }
    return s->vectors == 0 || check_count("vectors_per_class", n, s->classes, error);
}

static gboolean read_attributes(const Eval *ev, Svm *s, GError **error)
{
    gsize n_weights, n_support, n_b;
    if (!svm_kernel_read(ev, &s->kernel, error) || !post_transform_read(ev, &s->transform, error) ||
        !ml_labels_read(ev, "classlabels_ints", "classlabels_strings", &s->labels, error))
        return FALSE;
    s->classes = (int64_t)s->labels.n;
    s->weights = ml_numbers(ev, "coefficients", &n_weights, error);
    s->support = ml_numbers(ev, "support_vectors", &n_support, error);
    s->rho = ml_numbers(ev, "rho", &s->n_rho, error);
    s->prob_a = ml_numbers(ev, "prob_a", &s->n_prob, error);
    s->prob_b = ml_numbers(ev, "prob_b", &n_b, error);
    if (!s->weights || !s->support || !s->rho || !s->prob_a || !s->prob_b || !count_vectors(ev, s, error))
        return FALSE;
    s->positive = TRUE;
    for (gsize i = 0; i < n_weights; i++)
        s->positive = s->positive && s->weights[i] >= 0;
    const int64_t pairs = s->classes * (s->classes - 1) / 2;
    if (s->vectors == 0)
        return check_count("coefficients", n_weights, s->classes * s->features, error) &&
               (s->n_rho > 0 || eval_fail(error, "rho is missing"));
    if (s->classes < 2 || s->classes > 1 << 15)
        return eval_fail(error, "%" G_GINT64_FORMAT " classes, expected at least 2 (and no more than 32768)",
                         s->classes);
    return check_count("coefficients", n_weights, (s->classes - 1) * s->vectors, error) &&
           check_count("support_vectors", n_support, s->vectors * s->features, error) &&
           check_count("rho", s->n_rho, pairs, error) && check_count("prob_b", n_b, (int64_t)s->n_prob, error) &&
           (s->n_prob == 0 || check_count("prob_a", s->n_prob, pairs, error));
}

static void clear(Svm *s)
{
    g_free(s->weights);
    g_free(s->support);
    g_free(s->rho);
    g_free(s->prob_a);
    g_free(s->prob_b);
}

/* ---- decisions --------------------------------------------------------------------------------------------------- */

/* One score for each pair i < j; the winner of each pair gets a vote. `kernels` has room for one value a vector. */
static void decide_pairs(const Svm *s, const double *row, double *kernels, double *votes, double *scores)
{
    for (int64_t v = 0; v < s->vectors; v++)
        kernels[v] = svm_kernel(&s->kernel, row, s->support + v * s->features, s->features);
    for (int64_t c = 0; c < s->classes; c++)
        votes[c] = 0;
    int64_t pair = 0;
    for (int64_t i = 0, from_i = 0; i < s->classes; from_i += s->per_class[i++])
        for (int64_t j = i + 1, from_j = from_i + s->per_class[i]; j < s->classes;
             from_j += s->per_class[j++], pair++) {
            scores[pair] = s->rho[pair] +
                           ml_dot(s->weights + (j - 1) * s->vectors + from_i, kernels + from_i, s->per_class[i]) +
                           ml_dot(s->weights + i * s->vectors + from_j, kernels + from_j, s->per_class[j]);
            votes[scores[pair] > 0 ? i : j]++;
        }
}

/* Wu, Lin and Weng's second method, as in libsvm: p minimises the sum over pairs of (r_ji p_i - r_ij p_j)^2. */
static void couple(int64_t k, const double *r, double *q, double *qp, double *p)
{
    for (int64_t t = 0; t < k; t++) {
        p[t] = 1 / (double)k;
        q[t * k + t] = 0;
        for (int64_t j = 0; j < k; j++)
            if (j != t) {
                q[t * k + t] += r[j * k + t] * r[j * k + t];
                q[t * k + j] = -r[j * k + t] * r[t * k + j];
            }
    }
    for (int64_t round = 0; round < MAX(100, k); round++) {
        double pqp = 0, most = 0;
        for (int64_t t = 0; t < k; t++) {
            qp[t] = ml_dot(q + t * k, p, k);
            pqp += p[t] * qp[t];
        }
        for (int64_t t = 0; t < k; t++)
            most = MAX(most, fabs(qp[t] - pqp));
        if (most < 0.005 / (double)k)
            break;
        for (int64_t t = 0; t < k; t++) {
            const double diff = (pqp - qp[t]) / q[t * k + t];
            p[t] += diff;
            pqp = (pqp + diff * (diff * q[t * k + t] + 2 * qp[t])) / ((1 + diff) * (1 + diff));
            for (int64_t j = 0; j < k; j++) {
                qp[j] = (qp[j] + diff * q[t * k + j]) / (1 + diff);
                p[j] /= 1 + diff;
            }
        }
    }
}

/* scores of the pairs become the probabilities of the classes; `scratch` has room for 2 k k + k numbers. */
static void probabilities(const Svm *s, double *scratch, double *scores)
{
    const int64_t k = s->classes;
    double *r = scratch, *q = r + k * k, *qp = q + k * k;
    int64_t pair = 0;
    for (int64_t i = 0; i < k; i++)
        for (int64_t j = i + 1; j < k; j++, pair++) {
            const double f = scores[pair] * s->prob_a[pair] + s->prob_b[pair], e = Sleef_cinz_expd1_u10purec(-fabs(f));
            const double p = f >= 0 ? e / (1 + e) : 1 / (1 + e);
            r[i * k + j] = CLAMP(p, 1e-7, 1 - 1e-7);
            r[j * k + i] = 1 - r[i * k + j];
        }
    couple(k, r, q, qp, scores);
}

/* Index of the label; -1 for the label of nothing. */
static int64_t choose(const Svm *s, const double *votes, const double *scores)
{
    const double *by = votes ? votes : scores;
    const int64_t best = ml_argmax(by, s->classes);
    if (s->n_rho != 1)
        return best;
    if (s->classes == 2)
        return s->n_prob == 0 && s->positive && by[best] >= 0.5 ? 1 : best;
    return s->classes == 1 ? (by[0] > 0 ? 0 : -1) : best;
}

/* One raw score of two classes is written as two. */
static void finish_scores(const Svm *s, int64_t n, double *scores)
{
    if (n == 1 && s->scores == 2) {
        scores[1] = scores[0];
        scores[0] = -scores[0];
    }
    post_transform_apply(s->transform, scores, s->scores);
}

/* ---- the operator ------------------------------------------------------------------------------------------------ */

static gboolean run(Eval *ev, Svm *s, const Tensor *x, int64_t rows, GError **error)
{
    const int64_t pairs = s->classes * (s->classes - 1) / 2;
    const int64_t n = s->vectors == 0 || s->n_prob ? s->classes : pairs; /* scores before the second one is added */
    s->scores = n == 1 && s->classes == 2 ? 2 : n;
    const Shape shape = SHAPE(rows, s->scores);
    g_autofree double *values = ml_load(x, error), *kernels = g_new(double, (gsize)s->vectors + 1);
    g_autofree double *votes = g_new(double, (gsize)s->classes),
                      *out = g_new(double, (gsize)MAX(pairs, s->classes) + 1);
    g_autofree double *scratch =
        s->n_prob ? g_try_malloc_n((gsize)(2 * s->classes + 1) * sizeof(double), (gsize)s->classes) : NULL;
    if (s->n_prob && !scratch)
        return eval_fail(error, "no memory for the probabilities of %" G_GINT64_FORMAT " classes", s->classes);
    Tensor *labels = values ? ml_labels_output(ev, &s->labels, rows, error) : NULL;
    g_autoptr(Tensor) scores = labels ? tensor_new(DTYPE_FLOAT, &shape, error) : NULL;
    if (!scores)
        return FALSE;
    for (int64_t row = 0; row < rows; row++) {
        const double *features = values + row * s->features;
        if (!eval_tick(ev, error))
            return FALSE;
        if (s->vectors)
            decide_pairs(s, features, kernels, votes, out);
        for (int64_t c = 0; s->vectors == 0 && c < s->classes; c++)
            out[c] = s->rho[0] + ml_dot(features, s->weights + c * s->features, s->features);
        if (s->vectors && s->n_prob)
            probabilities(s, scratch, out);
        ml_labels_set(&s->labels, labels, row, choose(s, s->vectors ? votes : NULL, out));
        finish_scores(s, n, out);
        for (int64_t k = 0; k < s->scores; k++)
            tensor_set_double(scores, row * s->scores + k, out[k]);
    }
    eval_set_tensor(ev, 1, g_steal_pointer(&scores));
    return TRUE;
}

static gboolean svm_classifier(Eval *ev, GError **error)
{
    const Tensor *x = eval_input(ev, 0);
    int64_t rows;
    Svm s = { 0 };
    const gboolean ok =
        ml_matrix(x, &rows, &s.features, error) && read_attributes(ev, &s, error) && run(ev, &s, x, rows, error);
    clear(&s);
    return ok;
}

OPERATOR_DEFINE(svm_classifier, "SVMClassifier", "ai.onnx.ml",
    { .since = 1, .signature = "X:T1 -> Y:T2, Z:float", .types = "T1: float double int64 int32 | T2: string int64",
      .attributes = "classlabels_ints:ints, classlabels_strings:strings, coefficients:floats, kernel_params:floats, "
                    "kernel_type:string=LINEAR, post_transform:string=NONE, prob_a:floats, prob_b:floats, rho:floats, "
                    "support_vectors:floats, vectors_per_class:ints",
      .kernel = svm_classifier })

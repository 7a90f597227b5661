/* Evidence for open questions: families of models that say the same in different ways, to be measured on backends.
 *
 *     static void build(Lab *lab)
 *     {
 *         for (int n = 1; n <= 512; n *= 2)
 *             lab_add(lab, "graph attribute", n, model_of(n), inputs, 2);
 *     }
 *     EXPERIMENT_DEFINE(attention_load, .id = "attention-load", .title = ..., .build = build)
 *
 * A generator only builds; backends_under_test/runner measures (assay experiment). Models are written under the lab's
 * folder. Mistakes of ours abort. */
#ifndef ASSAY_GENERATORS_ENGINE_EXPERIMENT_H
#define ASSAY_GENERATORS_ENGINE_EXPERIMENT_H

#include "generators/engine/scenario.h"
#include "reference/context/context.h"

/* How a point is measured. */
typedef enum {
    POINT_PLAIN,  /* the model is loaded and run */
    POINT_OBJECT, /* compiled ahead of time, and the object loaded again; skipped on backends that do not compile */
    POINT_SESSION /* a process of its own opens a container of "reference" objects: that is the load; and its peak memory. On the
                     backend "reference" only */
} PointKind;

typedef struct {
    const char *series; /* one way of saying it */
    int64_t     x;
    char       *model;  /* path */
    GPtrArray  *inputs; /* of char*: paths */
    gint64      bytes;  /* of the model file, and of payload files beside it */
    gint64      nodes;  /* nested graphs and functions included */
    double      fact;   /* of the experiment's own metric, or NAN */
    PointKind   kind;
} Point;

typedef enum { METRIC_LOAD, METRIC_RUN, METRIC_BYTES, METRIC_NODES, METRIC_PEAK, METRIC_FACT } Metric;

/* "At the largest x, `a` takes ... times the METRIC of `b`." */
typedef struct {
    Metric      metric;
    const char *a, *b;
} Contrast;

typedef struct Lab Lab;

typedef struct {
    const char     *id, *title, *question;
    const char     *proposal;  /* that it is evidence for, and whose scenarios lab_add_scenario() takes */
    const char     *open_question; /* of the proposal, that it helps to decide: "Q1"; NULL: none */
    const char     *x;         /* what x counts: "attention nodes" */
    const char     *fact;      /* what Point.fact is, with its unit; NULL: none */
    const Contrast *contrasts; /* the answer's sentences */
    gsize           n_contrasts;
    gboolean        heavy;     /* the models are large: they are removed when they have been measured */
    void          (*build)(Lab *lab);
} Experiment;

#define EXPERIMENT_DEFINE(name, ...)             \
    extern const Experiment experiment_##name;   \
    const Experiment experiment_##name = { __VA_ARGS__ };

/* NULL-terminated. */
const Experiment *const *experiment_all(void);
const Experiment        *experiment_find(const char *id);

/* Builds every point into `folder`, which exists; `small`: for trying, whatever the numbers say then. Array of Point in the order added, free with g_ptr_array_unref; NULL with
 * an error if a file cannot be written. */
GPtrArray *experiment_build(const Experiment *experiment, const char *folder, gboolean small, GError **error);

/* For build(): takes the model and a reference to each input. `fact` may be NAN. */
void lab_add(Lab *lab, const char *series, int64_t x, Model *model, Tensor *const *inputs, gsize n, double fact);

/* The same, but measured as an object. */
void lab_add_object(Lab *lab, const char *series, int64_t x, Model *model, Tensor *const *inputs, gsize n);
/* A container, measured as a session; takes it. Payloads that have a location are written beside it. */
void lab_add_container(Lab *lab, const char *series, int64_t x, Container *container);
gboolean lab_small(const Lab *lab);

/* The same for one form of a scenario made with the lab's generator; takes the scenario. */
Generator *lab_generator(Lab *lab);
void       lab_add_scenario(Lab *lab, const char *series, int64_t x, Scenario *s, Form form);

#endif

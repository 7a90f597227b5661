/* One proposal's run of its generator: registry, queue of finished scenarios, the writer's folder. Private to the
 * engine and cmd_generate.c. */
#ifndef ASSAY_GENERATORS_ENGINE_GENERATOR_H
#define ASSAY_GENERATORS_ENGINE_GENERATOR_H

#include "generators/engine/scenario.h"
#include "golden/proposal.h"

typedef struct {
    char *id;
    char *twin; /* of a reject case, else NULL */
} Written;

struct Generator {
    const Proposal *proposal;
    const char     *folder;    /* receives one folder a case */
    const char     *filter;    /* of GeneratorOptions */
    gboolean        uncertified;
    GThreadPool    *pool;
    GMutex          lock;
    GCond           taken;     /* a queued scenario went to a thread */
    guint           queued;
    GHashTable     *names;     /* of scenarios, to refuse duplicates */
    GHashTable     *goldens;   /* semantic case -> digest of its golden */
    GPtrArray      *written;   /* of Written */
    GError         *error;     /* the first by scenario order */
    guint           error_order, next_order;
};

const ProposalGenerator *const *generator_all(gsize *count);
const ProposalGenerator        *generator_find(const char *id);

typedef struct {
    const char *filter;      /* glob on names; NULL: all */
    guint       jobs;        /* threads */
    gboolean    uncertified; /* goldens only, neither intervals nor certificates: to measure what those cost */
} GeneratorOptions;

/* Generates every case of a proposal into `folder` (which exists and is empty). *cases receives the number of cases. FALSE
 * with the first error. */
gboolean generator_run(const ProposalGenerator *self, const Proposal *proposal, const char *folder,
                       const GeneratorOptions *options, guint *cases, GError **error);

/* One form of a scenario as a model, outputs declared from the golden; for experiments. Caller frees. */
Model *scenario_form(Scenario *s, Form form, GError **error);

/* Evaluates and writes one scenario; called on the pool's threads. */
gboolean scenario_write(Scenario *s, GError **error);

struct Scenario {
    Generator *generator;
    guint      order;
    Case      *facts;     /* id, form and comparisons are set per form */
    char      *name;
    Model     *model;     /* the native form */
    Model     *functions; /* the meanings; NULL if none was given */
    GPtrArray *inputs;    /* of Value, in the order of the graph's inputs */
    GPtrArray *expected; /* of Tensor: what each output must be (scenario_expect); NULL or missing: anything */
    GPtrArray *alternatives; /* of GPtrArray of Tensor */
    guint      forms;
    gboolean   reject, bits, free_zero_sign;
    char      *because;
    GBytes    *bytes;
    void     (*change)(Model *model, Form form, gpointer data);
    gpointer   change_data;
    const ScenarioFile *file; /* NULL: the model is the file */
    gpointer   file_data;
};

void scenario_free(Scenario *s);
/* A mistake in a generator: generation stops with this message. */
void scenario_blame(Scenario *s, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif

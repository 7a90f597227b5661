/* The adapter's side of the protocol, for adapters written in C: adapter_serve() reads requests, calls the functions and
 * answers, until stop or the end of input. Whatever the backend's libraries print on stdout goes to stderr instead. A function
 * that fails without setting an error is answered for with an error of kind "adapter". */
#ifndef ASSAY_RUNNER_SERVE_H
#define ASSAY_RUNNER_SERVE_H

#include "reference/tensor/value.h"

#include <cJSON.h>

#define ADAPTER_ERROR (adapter_error_quark())
GQuark adapter_error_quark(void);
/* Why a case has no answer; the codes become "stage" and "kind". */
typedef enum {
    ADAPTER_ERROR_LOAD,             /* the backend refused the model */
    ADAPTER_ERROR_RUN,              /* the backend refused to run it */
    ADAPTER_ERROR_LOAD_UNSUPPORTED, /* as LOAD: the backend says that it has no implementation */
    ADAPTER_ERROR_RUN_UNSUPPORTED,
    ADAPTER_ERROR_ITSELF            /* not the backend: the adapter could not do its part */
} AdapterError;

typedef struct {
    const char *version; /* of the engine; borrowed, must live as long as the adapter. NULL: "unknown" */
    const char *device;  /* borrowed as well. NULL: "cpu" */
} AdapterFacts;

/* What a backend that compiles ahead of time can do besides. `state` is adapter_serve()'s. */
typedef struct {
    /* Writes the object that the model compiles to into the file `blob`; returns the text by which load() will judge it (free
     * with g_free). NULL with ADAPTER_ERROR. */
    char *(*compile)(const char *model, const char *blob, gpointer state, GError **error);
    /* Returns the verdict, a text of README.md ("usable" ...), and where it is another one why (*message, free with g_free).
     * `interface` is a model of the object's inputs and outputs. NULL with ADAPTER_ERROR_ITSELF. */
    const char *(*load)(const char *name, const char *blob, const char *compatibility, const char *interface, char **message,
                        gpointer state, GError **error);
    /* As AdapterCallbacks.run, of the object loaded under that name. */
    GPtrArray *(*run)(const char *name, const char *const *inputs, gsize n_inputs, gpointer state, GError **error);
} AdapterAheadOfTime;

typedef struct {
    const char *name;
    const AdapterAheadOfTime *ahead; /* NULL: it does not compile */
    /* `options`: object of texts. FALSE with any error if the backend cannot run here. */
    gboolean (*hello)(const cJSON *options, AdapterFacts *facts, gpointer state, GError **error);
    /* Runs the model. Returns an array of Value, one an output, in order; NULL with ADAPTER_ERROR. */
    GPtrArray *(*run)(const char *model, const char *const *inputs, gsize n_inputs, const cJSON *options, gpointer state,
                      GError **error);
    gboolean announces_load; /* run() calls adapter_loaded() */
} AdapterCallbacks;

/* Announces that the model of the case under way is loaded: called once by run(), before it looks at the inputs. */
void adapter_loaded(void);

/* What the case under way cost, in seconds: making the model ready, and running it once. Called by run(), for answers
 * that are to carry "timing"; what experiments measure. */
void   adapter_timing(double load, double run);
double adapter_clock(void); /* seconds of a clock that only runs forward, to the nanosecond */

/* Returns the process's exit status. */
int adapter_serve(const AdapterCallbacks *callbacks, gpointer state);

/* The text of an option; `fallback` if it is not given. */
const char *adapter_option(const cJSON *options, const char *key, const char *fallback);

#endif

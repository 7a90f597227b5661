/* Backends as providers of a context session (reference/context/session.h): the compiler that makes objects from regions, and
 * the runtime that takes them back. What a real backend says of a real object is a class of the state machine:
 *
 *     backend = context_backend_start("openvino", &error);
 *     context_backend_compile(backend, container, region, &blob, &error);        the packager
 *
 *     session->providers[0] = *context_backend_provider(backend);                the runtime: context_select() asks it
 *     options.object = context_backends_run; options.object_data = backends;     and the evaluator hands it the regions
 *
 * Errors: BACKEND_ERROR, or CONTEXT_ERROR where the region cannot be given to a compiler. A crash of the backend is an error,
 * never a reason to fall back: in a real runtime it would have taken the process with it. */
#ifndef ASSAY_RUNNER_CONTEXT_BACKEND_H
#define ASSAY_RUNNER_CONTEXT_BACKEND_H

#include "backends_under_test/runner/worker.h"
#include "reference/context/session.h"

typedef struct ContextBackend ContextBackend;

/* `what` as backend_load() takes it; the provider's key is the name without options. BACKEND_ERROR_START if it cannot run here
 * or does not compile. */
ContextBackend *context_backend_start(const char *what, GError **error);
void            context_backend_free(ContextBackend *backend); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContextBackend, context_backend_free)

const ContextProvider *context_backend_provider(const ContextBackend *backend); /* borrowed */

/* Compiles the region, with its weights as the region says, into a blob: key, compatibility text, and *payload, of which the
 * caller owns the reference. The blob's strings live as long as the backend. */
gboolean context_backend_compile(ContextBackend *backend, const Container *container, const ContextRegion *region, ContextBlob *blob,
                                 GBytes **payload, GError **error);

/* Seconds that the backend said the last compile or load took; negative: it did not say. */
double context_backend_seconds(const ContextBackend *backend);

/* EvalOptions.object: `data` is an array of ContextBackend, of which one has loaded the object. */
gboolean context_backends_run(const Node *node, Value *const *inputs, gsize n_inputs, Value **outputs, gsize n_outputs, gpointer data,
                              GError **error);

#endif

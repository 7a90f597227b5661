/* What spec/proposals/<id>/proposal.json says: variants, numbered requirements, open questions.
 * spec/schemas/proposal.schema.json describes the file. Strings live as long as the Proposal. Errors: CORPUS_ERROR. */
#ifndef ASSAY_GOLDEN_PROPOSAL_H
#define ASSAY_GOLDEN_PROPOSAL_H

#include "golden/corpus.h"

typedef enum { LEVEL_MUST, LEVEL_SHOULD, LEVEL_MAY } Level;
const char *level_name(Level level); /* "MUST" ... */

typedef struct {
    const char *id;      /* "R12", unique in the proposal */
    Level       level;
    gboolean    negative; /* can be violated by a model or its data, so a case that must be rejected is needed too */
    const char *text;
    const char *source;  /* where the rule comes from */
} Requirement;

typedef struct {
    const char *id, *title, *text;
} Topic; /* a variant or an open question */

typedef struct {
    char        *json; /* the file's bytes, for those who pass it on */
    gpointer     root; /* cJSON */
    const char  *id, *title, *status, *summary;
    Requirement *requirements;
    Topic       *variants, *questions;
    gsize        n_requirements, n_variants, n_questions;
} Proposal;

Proposal *proposal_read(const char *folder, GError **error);
void      proposal_free(Proposal *proposal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Proposal, proposal_free)

const Requirement *proposal_requirement(const Proposal *proposal, const char *id); /* NULL if there is none */
gboolean           proposal_has_variant(const Proposal *proposal, const char *id);

/* Every proposal under <home>/spec/proposals, sorted by id; array of Proposal*, free with g_ptr_array_unref. */
GPtrArray *proposal_list(GError **error);
/* The one of that id in such a list; NULL with an error that names those there are. */
const Proposal *proposal_find(const GPtrArray *proposals, const char *id, GError **error);

#endif

#include "backends_under_test/runner/regenerate.h"

#include "backends_under_test/runner/backend.h"
#include "backends_under_test/runner/scratch.h"
#include "generators/engine/generator.h"
#include "reference/cli/paths.h"

#include <string.h>

static gboolean generate_into(const ProposalGenerator *generator, const char *corpus, GError **error)
{
    g_autofree char *relative = g_build_filename("spec", "proposals", generator->id, NULL), *spec = home_path(relative);
    g_autofree char *folder = g_build_filename(corpus, generator->id, NULL);
    g_autoptr(Proposal) proposal = proposal_read(spec, error);
    guint cases;
    if (!proposal)
        return FALSE;
    if (g_mkdir_with_parents(folder, 0777) != 0) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_IO, "%s: %s", folder, g_strerror(errno));
        return FALSE;
    }
    return generator_run(generator, proposal, folder, &(GeneratorOptions){ .jobs = g_get_num_processors() }, &cases, error);
}

char *regenerate(const char *case_id, GError **error)
{
    const char *slash = strchr(case_id, '/');
    g_autofree char *id = slash ? g_strndup(case_id, (gsize)(slash - case_id)) : g_strdup(case_id);
    const ProposalGenerator *generator = generator_find(id);
    if (!generator) {
        g_set_error(error, BACKEND_ERROR, BACKEND_ERROR_UNKNOWN, "no generator makes cases of '%s'", id);
        return NULL;
    }
    char *corpus = scratch_make(error);
    if (corpus && generate_into(generator, corpus, error))
        return corpus;
    scratch_remove(corpus);
    g_free(corpus);
    return NULL;
}

#include "reference/eval/on_the_way.h"

#include "reference/eval/certify.h"
#include "reference/eval/run.h"

gboolean eval_certifies(const Eval *ev)
{
    return ev->certifies;
}

gboolean eval_certifies_exactly(const Eval *ev)
{
    return ev->certifies && eval_inputs_exact(ev);
}

gboolean eval_derives(const Eval *ev)
{
    return ev->evaluator->options.derive;
}

void eval_decide(Eval *ev)
{
    ev->decided = eval_certifies_exactly(ev);
}

void eval_keep(Eval *ev, gpointer kept, GDestroyNotify clear)
{
    if (ev->kept)
        ev->clear_kept(ev->kept);
    ev->kept = kept;
    ev->clear_kept = clear;
}

gpointer eval_kept(const Eval *ev)
{
    return ev->kept;
}

#include "reference/eval/on_the_way.h"

#include "reference/eval/run.h"

gboolean eval_certifies(const Eval *ev)
{
    return ev->certifies;
}

gboolean eval_derives(const Eval *ev)
{
    return ev->evaluator->options.derive;
}

void eval_decide(Eval *ev)
{
    ev->decided = ev->certifies;
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

#include "reports/results.h"

#include <string.h>

static const struct {
    const char *name;
    Outcome outcome;
    const char *meaning;
} verdicts[VERDICT_COUNT] = {
#define X(id, name, outcome, meaning) [VERDICT_##id] = { name, OUTCOME_##outcome, meaning },
    VERDICTS(X)
#undef X
};

const char *verdict_name(Verdict verdict)
{
    return verdicts[verdict].name;
}

Outcome verdict_outcome(Verdict verdict)
{
    return verdicts[verdict].outcome;
}

const char *verdict_meaning(Verdict verdict)
{
    return verdicts[verdict].meaning;
}

gboolean verdict_from_name(const char *name, Verdict *verdict)
{
    for (int v = 0; v < VERDICT_COUNT; v++) {
        if (strcmp(name, verdicts[v].name) == 0) {
            *verdict = (Verdict)v;
            return TRUE;
        }
    }
    return FALSE;
}

const char *grade_meaning(char grade)
{
    switch (grade) {
    case 'R':
        return "bit-equal to the golden";
    case 'A':
        return "inside the strict interval";
    case 'B':
        return "only inside a relaxed profile, or with errors of less precision than the strict one";
    case 'C':
        return "only ONNX's legacy tolerance would take it";
    case 'F':
        return "wrong";
    case 'V':
        return "void: no certificate applied";
    default:
        return NULL;
    }
}

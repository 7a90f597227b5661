#include "reference/bounds/relaxation.h"

#include "reference/bounds/rounding.h"

#include <math.h>
#include <string.h>

#define STRICT .functions = 1

const Relaxation relaxation_strict = { STRICT };
const Relaxation relaxation_reference = { STRICT, .computing = DTYPE_DOUBLE, .unfused = TRUE };

static const char *const names[] = { "tf32x3", "bf16x3", "mma-trunc", "device-math", "tf32", "bf16x1", "mma-trunc13", "f16-acc",
                                     "bf16-acc" };
static const Relaxation freedoms[] = {
    { STRICT, .kept = 11, .split = TRUE },
    { STRICT, .kept = 8, .split = TRUE },
    { STRICT, .trunc = 23, .group = 4 },
    { .functions = 8 },
    { STRICT, .kept = 11 },
    { STRICT, .kept = 8 },
    { STRICT, .trunc = 13, .group = 32 },
    { STRICT, .computing = DTYPE_FLOAT16 },
    { STRICT, .computing = DTYPE_BFLOAT16 },
};
G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(freedoms));

const char *const *relaxation_names(gsize *count)
{
    *count = G_N_ELEMENTS(names);
    return names;
}

/* What either of two admits. */
static void join(Relaxation *into, const Relaxation *other)
{
    const gboolean less = other->kept && (!into->kept || other->kept < into->kept || (other->kept == into->kept && !other->split));
    if (less) {
        into->kept = other->kept;
        into->split = other->split;
    }
    if (other->trunc && (!into->trunc || other->trunc < into->trunc)) {
        into->trunc = other->trunc;
        into->group = other->group;
    }
    if (other->computing && into->computing != DTYPE_BFLOAT16)
        into->computing = other->computing;
    into->functions = MAX(into->functions, other->functions);
}

gboolean relaxation_parse(const char *name, Relaxation *profile)
{
    g_auto(GStrv) parts = g_strsplit(name, "+", -1);
    *profile = relaxation_strict;
    for (char **part = parts; *part; part++) {
        gsize k = 0;
        while (k < G_N_ELEMENTS(names) && strcmp(names[k], *part) != 0)
            k++;
        if (k < G_N_ELEMENTS(names))
            join(profile, &freedoms[k]);
        else if (strcmp(*part, RELAXATION_STRICT_NAME) != 0)
            return FALSE;
    }
    return parts[0] != NULL;
}

static _Thread_local const Relaxation *in_force;

const Relaxation *relaxation_in_force(void)
{
    return in_force ? in_force : &relaxation_strict;
}

const Relaxation *relaxation_use(const Relaxation *profile)
{
    const Relaxation *before = in_force;
    in_force = profile;
    return before;
}

/* ---- what follows --------------------------------------------------------------------------------------------------------- */

/* The distance to the farther of the two numbers of that many bits around x: rounding and truncation alike. */
static double moved(double x, int bits)
{
    int exponent;
    if (x == 0 || !isfinite(x))
        return 0;
    const double mantissa = frexp(x, &exponent), scaled = ldexp(mantissa, bits), below = floor(scaled);
    return scaled == below ? 0 : ldexp(MAX(scaled - below, below + 1 - scaled), exponent - bits);
}

double relaxation_demotion(DType dtype, double x)
{
    const Relaxation *p = relaxation_in_force();
    if (p->kept == 0 || dtype == DTYPE_DOUBLE)
        return 0;
    const double distance = moved(x, p->kept);
    return p->split && distance > 0 ? 1.5 * ldexp(fabs(x), -2 * p->kept) : distance;
}

double relaxation_dot_excess(DType dtype, double terms, double magnitude, double strict)
{
    const Relaxation *p = relaxation_in_force();
    double excess = p->split && dtype != DTYPE_DOUBLE ? 2 * strict : 0;
    if (p->trunc == 0 || dtype == DTYPE_DOUBLE || terms == 0)
        return excess;
    const double relative = ceil(terms / p->group) * (ldexp(p->group + 1, -p->trunc) + 0x1p-23);
    return relative < 0.5 ? MAX(excess, relative / (1 - relative) * magnitude) : INFINITY;
}

int relaxation_precision(DType dtype, int precision)
{
    const Relaxation *p = relaxation_in_force();
    return p->trunc && dtype != DTYPE_DOUBLE ? MIN(precision, p->trunc) : precision;
}

double relaxation_functions(DType dtype)
{
    return dtype == DTYPE_DOUBLE ? 1 : relaxation_in_force()->functions;
}

#include "reference/bounds/relaxation.h"

#include "reference/bounds/rounding.h"
#include "reference/tensor/float_format.h"

#include <math.h>
#include <string.h>

#define STRICT .functions = 1

const Relaxation relaxation_strict = { STRICT };
const Relaxation relaxation_reference = { STRICT, .computing = DTYPE_DOUBLE, .unfused = TRUE };

static const char *const names[] = { "ftz", "division", "tf32x3", "bf16x3", "mma-trunc", "device-math", "tf32", "bf16x1", "mma-trunc13",
                                     "f16-chunks", "f16-acc", "bf16-acc" };
static const Relaxation freedoms[] = {
    { STRICT, .flush = TRUE },
    { STRICT, .division = TRUE },
    { STRICT, .kept = 11, .split = TRUE },
    { STRICT, .kept = 8, .split = TRUE },
    { STRICT, .trunc = 23, .group = 4 },
    { .functions = 8 },
    { STRICT, .kept = 11 },
    { STRICT, .kept = 8 },
    { STRICT, .trunc = 13, .group = 32 },
    { STRICT, .chunks = DTYPE_FLOAT16 },
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
    into->chunks = other->chunks ? other->chunks : into->chunks;
    into->division |= other->division;
    into->flush |= other->flush;
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

static double demoted(const Relaxation *p, double x)
{
    const double distance = p->kept ? moved(x, p->kept) : 0;
    return p->split && distance > 0 ? 1.5 * ldexp(fabs(x), -2 * p->kept) : distance;
}

double relaxation_demotion(DType dtype, double x)
{
    const double distance = dtype == DTYPE_DOUBLE ? 0 : demoted(relaxation_in_force(), x);
    return fabs(x) < relaxation_flushed(dtype) ? fabs(x) : distance;
}

#define CHUNK 64

static double of_chunks(const Relaxation *p, double terms, double magnitude)
{
    if (!p->chunks || terms <= CHUNK)
        return 0;
    const FloatFormat *format = dtype_info(p->chunks)->format;
    return magnitude <= float_max(format) ? ceil(terms / CHUNK) * ldexp(magnitude, -format->mantissa_bits - 1) : INFINITY;
}

double relaxation_dot_excess(DType dtype, double terms, double magnitude, double strict)
{
    const Relaxation *p = relaxation_in_force();
    if (dtype == DTYPE_DOUBLE)
        return 0;
    const double excess = (p->split ? 2 * strict : 0) + of_chunks(p, terms, magnitude);
    if (p->trunc == 0 || terms == 0)
        return excess;
    const double relative = ceil(terms / p->group) * (ldexp(p->group + 1, -p->trunc) + 0x1p-23);
    return relative < 0.5 ? MAX(excess, relative / (1 - relative) * magnitude) : INFINITY;
}

int relaxation_precision(DType dtype, int precision)
{
    const Relaxation *p = relaxation_in_force();
    if (dtype == DTYPE_DOUBLE)
        return precision;
    if (p->chunks)
        precision = MIN(precision, dtype_info(p->chunks)->format->mantissa_bits + 1);
    return p->trunc ? MIN(precision, p->trunc) : precision;
}

double relaxation_functions(DType dtype)
{
    return dtype == DTYPE_DOUBLE ? 1 : relaxation_in_force()->functions;
}

double relaxation_quotient(DType dtype)
{
    return dtype != DTYPE_DOUBLE && relaxation_in_force()->division ? 3 : 0;
}

double relaxation_flushed(DType dtype)
{
    const DTypeInfo *info = dtype_info(dtype);
    return relaxation_in_force()->flush && info->format && info->bits >= 16 && dtype != DTYPE_DOUBLE ? ldexp(1, 1 - info->format->bias) : 0;
}

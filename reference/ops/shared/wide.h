/* The inputs of a node as bound rules see them: every float input as binary64 numbers low to high, and its kernel run
 * again on numbers made from these. A kernel that runs in binary64 gives results that are still to be rounded to the
 * output's dtype; run on magnitudes it gives the sum of magnitudes, on the sign of magnitudes the number of terms. */
#ifndef ASSAY_OPS_SHARED_WIDE_H
#define ASSAY_OPS_SHARED_WIDE_H

#include "reference/eval/certify.h"

#include <math.h>
#include <string.h>

enum { WIDE_INPUTS = 16 };

typedef struct {
    Eval    *ev;
    gsize    n;
    Tensor **low;    /* per input, float64; NULL: omitted, or no float type. Readable up to WIDE_INPUTS, however few the node has */
    Tensor **high;   /* NULL: exact, low is the value */
    gboolean known;  /* whether the inputs have usable intervals: certified, finite, and points where they are no floats */
    gboolean exact;  /* points throughout */
    gboolean finite; /* no infinity and no NaN among the ends */
} Wide;

/* FALSE with an error if memory is short. Clear in either case. */
gboolean wide_init(Wide *wide, Eval *ev, GError **error);
void     wide_clear(Wide *wide);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wide, wide_clear)

static inline double wide_middle(double low, double high)
{
    return low == high ? low : low / 2 + high / 2;
}

/* At least the distance of the middle from both ends: the larger rounded upwards, by the bits of a number that is not
 * negative. No branch, so that compilers take several at a time. */
static inline double wide_radius_around(double low, double high, double middle)
{
    const double right = high - middle, left = middle - low, radius = right > left ? right : left;
    int64_t bits;
    double up;
    memcpy(&bits, &radius, sizeof bits);
    bits = (bits + 1) & -(int64_t)(low != high);
    memcpy(&up, &bits, sizeof bits);
    return up;
}

static inline double wide_radius(double low, double high)
{
    return wide_radius_around(low, high, wide_middle(low, high));
}

/* The middle of two float32, whose halves are exact, without a branch either. */
static inline double wide_middle_of_floats(float low, float high)
{
    return (double)low / 2 + (double)high / 2;
}

/* Output `output` of the kernel, run on map(low, high, input, data) for every element of every float input; float64 if the
 * output has the type of such an input. NULL with an error if the kernel fails. */
typedef double (*WideMap)(double low, double high, gsize input, gconstpointer data);
Tensor *wide_run(const Wide *wide, WideMap map, gconstpointer data, gsize output, GError **error);

/* The map of input i alone, float64; the input must be a float tensor. */
Tensor *wide_map(const Wide *wide, gsize i, WideMap map, gconstpointer data, GError **error);

/* Inputs first to last - 1 as the profile in force may move them on their way into products (profile.h). */
gboolean wide_demote(Wide *wide, gsize first, gsize last, GError **error);

/* A map: the middle. */
double wide_map_middle(double low, double high, gsize input, gconstpointer data);

/* The lowest set bit of any element of input i (bounds_lowest_bit): INT_MAX if all are zero or it is omitted. */
int wide_lowest_bit(const Wide *wide, gsize i);

#endif

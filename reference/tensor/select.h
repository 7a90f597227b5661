/* One of two numbers without a branch, by their bits: where a branch could raise or spare a floating-point exception, compilers keep
 * it, and take elements one by one. Conditions of more than one comparison are joined by & and |, for the same reason. */
#ifndef ASSAY_TENSOR_SELECT_H
#define ASSAY_TENSOR_SELECT_H

#include <glib.h>
#include <string.h>

static inline double select_double(gboolean which, double yes, double no)
{
    int64_t a, b;
    memcpy(&a, &yes, sizeof a);
    memcpy(&b, &no, sizeof b);
    b ^= -(int64_t)which & (a ^ b);
    memcpy(&no, &b, sizeof b);
    return no;
}

static inline float select_float(gboolean which, float yes, float no)
{
    int32_t a, b;
    memcpy(&a, &yes, sizeof a);
    memcpy(&b, &no, sizeof b);
    b ^= -(int32_t)which & (a ^ b);
    memcpy(&no, &b, sizeof b);
    return no;
}

#endif

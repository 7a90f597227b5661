/* The judge: is this tensor what the case asks for? Element type and shape must match exactly; every element must pass;
 * never "mostly close". Thread-safe.
 *
 * Special values (all modes but bits): a NaN is right exactly where the golden has one, payload and sign ignored; an
 * infinity must be the golden's; -0 and +0 differ unless the spec says free zero sign. */
#ifndef ASSAY_GOLDEN_COMPARE_H
#define ASSAY_GOLDEN_COMPARE_H

#include "reference/tensor/value.h"

typedef enum {
    COMPARE_BITS,      /* every bit, NaN payloads too: operators that only move data */
    COMPARE_VALUE,     /* the golden value and no other */
    COMPARE_INTERVAL,  /* between lower and upper, both included */
    COMPARE_TOLERANCE  /* |y - g| <= atol + rtol*|g|: foreign test data without intervals, as ONNX's own runner */
} CompareMode;
const char *compare_mode_name(CompareMode mode); /* "bits", "value", "interval", "tolerance" */
gboolean    compare_mode_from_name(const char *name, CompareMode *mode);

typedef struct {
    CompareMode mode;
    gboolean    free_zero_sign;
    double      rtol, atol; /* COMPARE_TOLERANCE only */
    double      terms;      /* the most numbers that the sums behind one element add (golden/certified.h); 0 if there are none, or unknown */
} CompareSpec;

typedef enum { COMPARED_RIGHT, COMPARED_WRONG_VALUE, COMPARED_WRONG_SHAPE, COMPARED_WRONG_TYPE } Compared;

typedef struct {
    Compared result;
    char     grade;      /* 'R' equal to the golden; 'A' inside the interval; 'C' outside, but within rtol 1e-3 and atol
                            1e-7 as ONNX's own runner would have it; 'F' wrong */
    double   margin;     /* the largest error as a share of what was allowed: 0 exact, 1 at the edge, above 1 wrong;
                            infinite where nothing was allowed */
    int64_t  elements, wrong; /* counted */
    int64_t  first;      /* flat index of the first wrong element; -1 */
    char    *message;    /* for a person: where, expected, got, both in bits, what was allowed; NULL if right */
} Comparison;

void comparison_clear(Comparison *comparison);

/* lower and upper may be NULL (a point). `comparison` is filled in any case. TRUE if right. */
gboolean compare_tensors(const CompareSpec *spec, const Tensor *golden, const Tensor *lower, const Tensor *upper,
                         const Tensor *actual, Comparison *comparison);

/* Sequences, optionals and maps item by item, tensors as above. */
gboolean compare_values(const CompareSpec *spec, const Value *golden, const Tensor *lower, const Tensor *upper,
                        const Value *actual, Comparison *comparison);

#endif

/* The parts of the generator of subbyte-types; spec/proposals/subbyte-types holds the requirements. Private to it. */
#ifndef ASSAY_GENERATORS_PROPOSALS_SUBBYTE_TYPES_H
#define ASSAY_GENERATORS_PROPOSALS_SUBBYTE_TYPES_H

#include "generators/engine/data.h"
#include "generators/engine/scenario.h"
#include "reference/tensor/float_format.h"

/* Packed types first: the 2-bit and 4-bit ones, then the 8-bit floats. */
enum { SUBBYTE_PACKED = 5, SUBBYTE_TYPES = 10 };
extern const DType subbyte_types[SUBBYTE_TYPES];
gboolean subbyte_is_narrow(DType dtype);

/* "3x5", "scalar": how names tell a shape; free with g_free. */
char *subbyte_shape_name(const Shape *shape);
/* Codes 1, 2, 3 ... : every neighbour differs, so that a wrong order inside a byte shows in the first byte. */
Tensor *subbyte_staircase(DType dtype, const Shape *shape);

/* Conversion of one number as Cast does it. */
typedef enum { ROUND_DEFAULT, ROUND_UP, ROUND_DOWN, ROUND_NEAREST } RoundMode;
typedef struct {
    gboolean  not_saturating; /* saturate = 0 */
    RoundMode rounding;       /* round_mode; ROUND_DEFAULT: the attribute is absent */
} Conversion;
uint64_t subbyte_encode(DType to, double value, const Conversion *how);
/* Cast with its attributes as the node of the scenario. */
Node *subbyte_cast(Scenario *s, const char *from, const char *to_name, DType to, const Conversion *how);
/* A vector of the source values of a pair on which every published artefact agrees; not from strings. */
Tensor *subbyte_settled_values(DType from, DType to, const Conversion *how);

void subbyte_generate_storage(Generator *g);
void subbyte_generate_refused_storage(Generator *g);
void subbyte_generate_refused_types(Generator *g);
void subbyte_generate_casts(Generator *g);
void subbyte_generate_cast_edges(Generator *g);
void subbyte_generate_cast_open(Generator *g);
void subbyte_generate_decomposed(Generator *g);
void subbyte_generate_movement(Generator *g);
void subbyte_generate_carried(Generator *g);

#endif

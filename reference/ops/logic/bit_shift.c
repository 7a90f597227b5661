/* A shift by the width of the type or more, which the text leaves open, gives 0: every bit is shifted out. The operands
 * are widened to 64 bits, and the result keeps the low bits of its type. */
#include "reference/ops/shared/elementwise.h"

#include <string.h>

BINARY_BLOCK(left_u, uint64_t, b < 64 ? a << b : 0)
BINARY_BLOCK(right_u, uint64_t, b < 64 ? a >> b : 0)
static const BinaryFn left = { .u = left_u }, right = { .u = right_u };

static gboolean bit_shift(Eval *ev, GError **error)
{
    const char *direction = eval_string(ev, "direction");
    if (direction && strcmp(direction, "LEFT") == 0)
        return elementwise_binary(ev, &left, error);
    if (direction && strcmp(direction, "RIGHT") == 0)
        return elementwise_binary(ev, &right, error);
    return eval_fail(error, "direction is '%s', expected LEFT or RIGHT", direction ? direction : "");
}

OPERATOR_DEFINE(bit_shift, "BitShift", "",
    { .since = 11, .signature = "X:T, Y:T -> Z:T", .types = "T: uints", .attributes = "direction:string!",
      .kernel = bit_shift, .bound = bound_exact })

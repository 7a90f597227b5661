/* Private to the reader and the printer of ONNX's textual syntax: numbers. Independent of the locale.
 *
 * Of a float type a literal with a point or an exponent, nan and inf are values (through a double; one more rounding
 * to the type); a hexadecimal integer is the bit pattern. A decimal integer is the value of float and double but, as
 * the published parser has it, the bit pattern of every narrower float type. */
#ifndef ASSAY_ONNX_TEXT_NUMBER_H
#define ASSAY_ONNX_TEXT_NUMBER_H

#include "reference/onnx/text_lex.h"

/* A literal number, or one of the words nan, inf, infinity in any case. */
gboolean number_is(const Token *token);

/* The raw code (tensor_get_bits) of an element of a type that is neither string nor complex. FALSE with a message in
 * *problem (free with g_free) if the token is no number or does not fit. */
gboolean number_to_bits(const Token *token, DType dtype, uint64_t *bits, char **problem);

/* Appends the shortest text that number_to_bits() reads back to the same bits. */
void number_append(GString *out, DType dtype, uint64_t bits);

#endif

/* ImageDecoder. Grey is ITU-R BT.601 luma in 16-bit fixed point; the text leaves the weights open. */
#include "reference/eval/certify.h"
#include "reference/ops/shared/image.h"

#include <string.h>

typedef enum { PIXEL_RGB, PIXEL_BGR, PIXEL_GREY } PixelFormat;

static Image *decode(const uint8_t *data, gsize size)
{
    static Image *(*const decoders[])(const uint8_t *, gsize) = {
        image_decode_png, image_decode_jpeg, image_decode_bmp, image_decode_jpeg2000,
        image_decode_tiff, image_decode_webp, image_decode_pnm,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(decoders); i++) {
        Image *image = decoders[i](data, size);
        if (image)
            return image;
    }
    return NULL;
}

static void write_pixels(const Image *image, PixelFormat format, uint8_t *out)
{
    const uint8_t *in = image->pixels;
    for (int64_t i = 0; i < image->height * image->width; i++, in += 3) {
        if (format == PIXEL_GREY) {
            *out++ = (uint8_t)((19595u * in[0] + 38470u * in[1] + 7471u * in[2] + 0x8000u) >> 16);
            continue;
        }
        for (int c = 0; c < 3; c++)
            *out++ = in[format == PIXEL_BGR ? 2 - c : c];
    }
}

static gboolean image_decoder(Eval *ev, GError **error)
{
    static const char *const names[] = { "RGB", "BGR", "Grayscale" };
    const Tensor *x = eval_input(ev, 0);
    const char *name = eval_string(ev, "pixel_format");
    guint format = 0;
    while (format < G_N_ELEMENTS(names) && strcmp(names[format], name) != 0)
        format++;
    if (format == G_N_ELEMENTS(names))
        return eval_fail(error, "pixel_format is '%s', expected RGB, BGR or Grayscale", name);
    if (x->shape.rank != 1)
        return eval_fail(error, "encoded_stream has rank %d, expected 1", x->shape.rank);
    g_autofree Image *image = decode(x->data, (gsize)x->count);
    const Shape shape = SHAPE(image ? image->height : 0, image ? image->width : 0, format == PIXEL_GREY ? 1 : 3);
    Tensor *y = eval_output(ev, 0, DTYPE_UINT8, &shape, error);
    if (y && image) /* what cannot be decoded is an empty matrix */
        write_pixels(image, (PixelFormat)format, y->data);
    return y != NULL;
}

OPERATOR_DEFINE(image_decoder, "ImageDecoder", "",
    { .since = 20, .signature = "encoded_stream:T1 -> image:T2", .types = "T1: uint8 | T2: uint8",
      .attributes = "pixel_format:string=RGB", .kernel = image_decoder })

/* Pictures in files, decoded to 8-bit RGB. One function a format; each takes a whole file in memory and returns NULL if
 * it is not a picture of that format, is damaged, or is larger than IMAGE_MOST_PIXELS. Thread-safe. */
#ifndef ASSAY_OPS_SHARED_IMAGE_H
#define ASSAY_OPS_SHARED_IMAGE_H

#include <glib.h>
#include <stdint.h>

/* A file of a few bytes can announce any size. */
#define IMAGE_MOST_PIXELS (INT64_C(1) << 28)

typedef struct {
    int64_t height, width;
    uint8_t pixels[]; /* height * width * 3, rows from the top, R G B */
} Image;

/* Pixels are zero; NULL if the size is not positive, over the limit, or memory is short. Free with g_free. */
Image *image_new(int64_t height, int64_t width);

static inline uint8_t *image_pixel(Image *image, int64_t y, int64_t x)
{
    return image->pixels + (y * image->width + x) * 3;
}

Image *image_decode_bmp(const uint8_t *data, gsize size);
Image *image_decode_jpeg(const uint8_t *data, gsize size);
Image *image_decode_jpeg2000(const uint8_t *data, gsize size);
Image *image_decode_png(const uint8_t *data, gsize size);
Image *image_decode_pnm(const uint8_t *data, gsize size);
Image *image_decode_tiff(const uint8_t *data, gsize size);
Image *image_decode_webp(const uint8_t *data, gsize size);

#endif

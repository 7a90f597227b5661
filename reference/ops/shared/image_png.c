#include "reference/ops/shared/image.h"

#include <png.h>
#include <string.h>

typedef struct {
    const uint8_t *data;
    gsize          size, at;
    Image         *image;
    png_bytep     *rows;
} Source;

static void read_bytes(png_structp png, png_bytep out, size_t n)
{
    Source *source = png_get_io_ptr(png);
    if (n > source->size - source->at)
        png_error(png, "the file ends early");
    memcpy(out, source->data + source->at, n);
    source->at += n;
}

static void fail(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* Any PNG as 8-bit RGB; an alpha channel is dropped, samples of 16 bits are scaled. */
static void decode(png_structp png, png_infop info, Source *source)
{
    png_set_read_fn(png, source, read_bytes);
    png_read_info(png, info);
    source->image = image_new(png_get_image_height(png, info), png_get_image_width(png, info));
    source->rows = source->image ? g_try_new(png_bytep, (gsize)source->image->height) : NULL;
    if (!source->rows)
        png_error(png, "no memory");
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != (gsize)source->image->width * 3)
        png_error(png, "not RGB");
    for (int64_t y = 0; y < source->image->height; y++)
        source->rows[y] = image_pixel(source->image, y, 0);
    png_read_image(png, source->rows);
    png_read_end(png, NULL);
}

Image *image_decode_png(const uint8_t *data, gsize size)
{
    if (size < 8 || png_sig_cmp(data, 0, 8) != 0)
        return NULL;
    Source *source = g_new0(Source, 1); /* outlives a jump */
    source->data = data;
    source->size = size;
    Image *volatile result = NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, fail, ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (info && setjmp(png_jmpbuf(png)) == 0) {
        decode(png, info, source);
        result = g_steal_pointer(&source->image);
    }
    if (png)
        png_destroy_read_struct(&png, info ? &info : NULL, NULL);
    g_free(source->rows);
    g_free(source->image);
    g_free(source);
    return result;
}

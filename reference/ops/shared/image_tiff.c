#include "reference/ops/shared/image.h"

#include <string.h>
#include <tiffio.h>

typedef struct {
    const uint8_t *data;
    gsize          size, at;
} Source;

static tmsize_t read_bytes(thandle_t handle, void *out, tmsize_t n)
{
    Source *s = handle;
    const gsize left = s->at < s->size ? s->size - s->at : 0, take = MIN(left, (gsize)n);
    memcpy(out, s->data + MIN(s->at, s->size), take);
    s->at += take;
    return (tmsize_t)take;
}

static tmsize_t write_bytes(thandle_t handle, void *data, tmsize_t n)
{
    (void)handle;
    (void)data;
    (void)n;
    return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    Source *s = handle;
    s->at = (gsize)offset + (whence == SEEK_CUR ? s->at : whence == SEEK_END ? s->size : 0);
    return s->at;
}

static int close_source(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    return ((Source *)handle)->size;
}

static int silent(TIFF *tiff, void *data, const char *module, const char *format, va_list args)
{
    (void)tiff;
    (void)data;
    (void)module;
    (void)format;
    (void)args;
    return 1; /* handled */
}

static Image *decode(TIFF *tiff)
{
    uint32_t width = 0, height = 0;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height))
        return NULL;
    g_autofree Image *image = image_new(height, width);
    g_autofree uint32_t *raster = image ? g_try_new(uint32_t, (gsize)width * height) : NULL;
    if (!raster || !TIFFReadRGBAImageOriented(tiff, width, height, raster, ORIENTATION_TOPLEFT, 1))
        return NULL;
    for (gsize i = 0; i < (gsize)width * height; i++) {
        image->pixels[3 * i] = (uint8_t)TIFFGetR(raster[i]);
        image->pixels[3 * i + 1] = (uint8_t)TIFFGetG(raster[i]);
        image->pixels[3 * i + 2] = (uint8_t)TIFFGetB(raster[i]);
    }
    return g_steal_pointer(&image);
}

Image *image_decode_tiff(const uint8_t *data, gsize size)
{
    if (size < 8 || (memcmp(data, "II", 2) != 0 && memcmp(data, "MM", 2) != 0))
        return NULL;
    Source source = { data, size, 0 };
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    TIFFOpenOptionsSetErrorHandlerExtR(options, silent, NULL);
    TIFFOpenOptionsSetWarningHandlerExtR(options, silent, NULL);
    TIFF *tiff = TIFFClientOpenExt("image", "rm", &source, read_bytes, write_bytes, seek, close_source, size_of, NULL,
                                   NULL, options);
    TIFFOpenOptionsFree(options);
    Image *image = tiff ? decode(tiff) : NULL;
    if (tiff)
        TIFFClose(tiff);
    return image;
}

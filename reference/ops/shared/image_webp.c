#include "reference/ops/shared/image.h"

#include <webp/decode.h>

Image *image_decode_webp(const uint8_t *data, gsize size)
{
    int width, height;
    if (!WebPGetInfo(data, size, &width, &height))
        return NULL;
    g_autofree Image *image = image_new(height, width);
    if (!image || !WebPDecodeRGBInto(data, size, image->pixels, (gsize)height * (gsize)width * 3, width * 3))
        return NULL;
    return g_steal_pointer(&image);
}

#include "reference/ops/shared/image.h"

Image *image_new(int64_t height, int64_t width)
{
    if (height <= 0 || width <= 0 || height > IMAGE_MOST_PIXELS / width)
        return NULL;
    Image *image = g_try_malloc0(sizeof(Image) + (gsize)(height * width * 3));
    if (image) {
        image->height = height;
        image->width = width;
    }
    return image;
}

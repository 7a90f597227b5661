/* JPEG through libjpeg, which here decodes as the operator's text asks: "fancy" chroma upsampling is its default. */
#include "reference/ops/shared/image.h"

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h uses FILE without including it */

#include <jpeglib.h>

typedef struct {
    struct jpeg_error_mgr base; /* first: libjpeg hands back a pointer to it */
    jmp_buf               failed;
} Errors;

static void fail(j_common_ptr jpeg)
{
    longjmp(((Errors *)jpeg->err)->failed, 1);
}

/* Warnings are about damaged data: the decoder would go on with guesses. */
static void warn(j_common_ptr jpeg, int level)
{
    if (level < 0)
        fail(jpeg);
}

/* Adobe stores CMYK inverted. */
static void row_from_cmyk(uint8_t *row, const uint8_t *cmyk, JDIMENSION width)
{
    for (JDIMENSION x = 0; x < width; x++)
        for (JDIMENSION c = 0; c < 3; c++)
            row[3 * x + c] = (uint8_t)((cmyk[4 * x + c] * cmyk[4 * x + 3] + 127) / 255);
}

/* `image` and `line` belong to the caller, for they must survive the jump. */
static gboolean decode(struct jpeg_decompress_struct *jpeg, const uint8_t *data, gsize size, Image **image,
                       uint8_t **line)
{
    jpeg_mem_src(jpeg, data, size);
    jpeg_read_header(jpeg, TRUE);
    const gboolean cmyk = jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK;
    jpeg->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    *image = image_new(jpeg->image_height, jpeg->image_width);
    *line = cmyk ? g_try_malloc((gsize)jpeg->image_width * 4) : NULL;
    if (!*image || (cmyk && !*line))
        return FALSE;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        uint8_t *row = image_pixel(*image, jpeg->output_scanline, 0);
        JSAMPROW target = cmyk ? *line : row;
        jpeg_read_scanlines(jpeg, &target, 1);
        if (cmyk)
            row_from_cmyk(row, *line, jpeg->output_width);
    }
    jpeg_finish_decompress(jpeg);
    return TRUE;
}

Image *image_decode_jpeg(const uint8_t *data, gsize size)
{
    if (size < 3 || data[0] != 0xFF || data[1] != 0xD8 || data[2] != 0xFF)
        return NULL;
    struct jpeg_decompress_struct jpeg = { 0 };
    Errors errors;
    Image *volatile result = NULL;
    struct {
        Image   *image;
        uint8_t *line;
    } *memory = g_malloc0(sizeof *memory); /* outlives a jump */
    jpeg.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = fail;
    errors.base.emit_message = warn;
    if (setjmp(errors.failed) == 0) {
        jpeg_create_decompress(&jpeg);
        if (decode(&jpeg, data, size, &memory->image, &memory->line))
            result = g_steal_pointer(&memory->image);
    }
    jpeg_destroy_decompress(&jpeg);
    g_free(memory->image);
    g_free(memory->line);
    g_free(memory);
    return result;
}

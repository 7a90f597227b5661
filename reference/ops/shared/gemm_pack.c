/* gemm_pack: the panels that kernels read, from a matrix in memory. */
#include "reference/ops/shared/gemm.h"

#include "reference/tensor/clones.h"
#include "reference/tensor/convert.h"

#include <string.h>

#define CELL sizeof(double)

#define BLOCK 256

static void widen(GemmArithmetic arithmetic, DType dtype, const void *data, void *cells, gsize n)
{
    if (arithmetic == GEMM_INTEGER)
        convert_to_uint64(dtype, data, cells, n);
    else
        convert_to_double(dtype, data, cells, n);
}

typedef float  Float8 __attribute__((vector_size(32)));
typedef double Double8 __attribute__((vector_size(64)));
#define SHUFFLE __builtin_shufflevector

/* out[j * width + i] := row i of 8, element j: eight by eight in registers, since cells of one row lie far apart. */
CLONES static void transpose_floats(const float *in, int64_t stride, int64_t depth, double *out, int64_t width)
{
    int64_t j = 0;
    for (; j + 8 <= depth; j += 8) {
        Float8 r[8], a[8], b[8];
        for (int i = 0; i < 8; i++)
            memcpy(&r[i], in + i * stride + j, sizeof r[i]);
        for (int i = 0; i < 8; i += 2) {
            a[i] = SHUFFLE(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
            a[i + 1] = SHUFFLE(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
        }
        for (int i = 0; i < 8; i += 4)
            for (int h = 0; h < 2; h++) {
                b[i + 2 * h] = SHUFFLE(a[i + h], a[i + h + 2], 0, 1, 8, 9, 4, 5, 12, 13);
                b[i + 2 * h + 1] = SHUFFLE(a[i + h], a[i + h + 2], 2, 3, 10, 11, 6, 7, 14, 15);
            }
        for (int i = 0; i < 4; i++) {
            const Double8 low = __builtin_convertvector(SHUFFLE(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11), Double8);
            const Double8 high = __builtin_convertvector(SHUFFLE(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15), Double8);
            memcpy(out + (j + i) * width, &low, sizeof low);
            memcpy(out + (j + i + 4) * width, &high, sizeof high);
        }
    }
    for (; j < depth; j++)
        for (int i = 0; i < 8; i++)
            out[j * width + i] = (double)in[i * stride + j];
}

/* Short rows: a call of memcpy for each would cost more than its elements, and such the compiler makes of an inner loop. So the
 * widths that fast kernels ask for are written out. */
CLONES static void copy_cells(const double *restrict in, int64_t stride, int64_t depth, double *restrict out, int64_t n, int64_t width)
{
    for (int64_t j = 0; j < depth; j++, in += stride, out += width)
        switch (n) {
        case 24:
            memcpy(out + 16, in + 16, 8 * CELL); /* fall through */
        case 16:
            memcpy(out + 8, in + 8, 8 * CELL); /* fall through */
        case 8:
            memcpy(out + 4, in + 4, 4 * CELL); /* fall through */
        case 4:
            memcpy(out, in, 4 * CELL);
            break;
        default:
            for (int64_t i = 0; i < n; i++)
                out[i] = in[i];
        }
}

/* Of float32, eight at a time. */
CLONES static void widen_cells(const float *restrict in, int64_t stride, int64_t depth, double *restrict out, int64_t n, int64_t width)
{
    for (int64_t j = 0; j < depth; j++, in += stride, out += width) {
        int64_t i = 0;
        for (; i + 8 <= n; i += 8)
            for (int k = 0; k < 8; k++)
                out[i + k] = (double)in[i + k];
        for (; i < n; i++)
            out[i] = (double)in[i];
    }
}

void gemm_pack(GemmArithmetic arithmetic, const GemmMatrix *x, int64_t first, int64_t n, int64_t from, int64_t depth,
               void *cells, int64_t width)
{
    const int64_t bytes = dtype_info(x->dtype)->width;
    const uint8_t *data = (const uint8_t *)x->data + (first * x->outer + from * x->inner) * bytes;
    uint64_t *out = cells;
    if (x->outer == 1 && x->dtype == DTYPE_DOUBLE) {
        copy_cells((const double *)data, x->inner, depth, cells, n, width);
        return;
    }
    if (x->outer == 1 && x->dtype == DTYPE_FLOAT) {
        widen_cells((const float *)data, x->inner, depth, cells, n, width);
        return;
    }
    if (x->outer == 1) {
        for (int64_t j = 0; j < depth; j++)
            widen(arithmetic, x->dtype, data + j * x->inner * bytes, out + j * width, (gsize)n);
        return;
    }
    uint64_t row[BLOCK];
    int64_t i = 0;
    for (; x->dtype == DTYPE_FLOAT && x->inner == 1 && i + 8 <= n; i += 8)
        transpose_floats((const float *)data + i * x->outer, x->outer, depth, (double *)cells + i, width);
    for (; i < n; i++)
        for (int64_t done = 0; done < depth; done += BLOCK) {
            const int64_t some = MIN(depth - done, BLOCK);
            const uint8_t *source = data + (i * x->outer + done * x->inner) * bytes;
            if (x->inner == 1)
                widen(arithmetic, x->dtype, source, row, (gsize)some);
            else
                for (int64_t j = 0; j < some; j++)
                    widen(arithmetic, x->dtype, source + j * x->inner * bytes, &row[j], 1);
            for (int64_t j = 0; j < some; j++)
                out[(done + j) * width + i] = row[j];
        }
}

/* A paged cache, emulated with published operators: a pool of blocks [blocks, size, heads, depth] and a table of the blocks of
 * each sequence. Position p of sequence b lies in block table[b, p / size], row p mod size. */
#include "generators/proposals/kv_cache.h"

#include <math.h>

enum { SIZE = 2, HEADS = 3, DEPTH = 4, BLOCKS = 7, WIDE = 3 /* blocks of a sequence */ };
#define ROW (HEADS * DEPTH)

/* What position p of sequence b holds, whatever block it lies in. Sequences share their first `shared` positions. */
static double content(int64_t b, int64_t p, int64_t shared, int64_t i)
{
    return (double)((p < shared ? 0 : b) * 512 + p * ROW + i);
}

static const struct {
    const char *tag, *what;
    int64_t     table[2 * WIDE], shared;
} tables[] = {
    { "in-order", "blocks in order", { 0, 1, 2, 3, 4, 5 }, 0 },
    { "reversed", "blocks in reverse order", { 5, 4, 3, 2, 1, 0 }, 0 },
    { "interleaved", "blocks of two sequences by turns", { 0, 2, 4, 1, 3, 5 }, 0 },
    { "scattered", "blocks anywhere in the pool", { 6, 0, 3, 2, 5, 1 }, 0 },
    { "gap", "the first block of the pool is unused", { 1, 2, 3, 4, 5, 6 }, 0 },
    { "shared-prefix", "both sequences start with the same block", { 4, 0, 2, 4, 6, 1 }, SIZE },
    { "shared-two", "both sequences start with the same two blocks", { 3, 6, 0, 3, 6, 5 }, 2 * SIZE },
    { "shared-all", "both sequences are the same blocks", { 5, 1, 2, 5, 1, 2 }, 3 * SIZE },
};

static Tensor *pool(DType dtype, const int64_t *table, int64_t shared)
{
    Tensor *t = data_constant(dtype, &SHAPE(BLOCKS, SIZE, HEADS, DEPTH), (double)NAN); /* unused blocks must not show */
    for (int64_t b = 0; b < 2; b++)
        for (int64_t p = 0; p < WIDE * SIZE; p++)
            for (int64_t i = 0; i < ROW; i++)
                tensor_set_double(t, (table[b * WIDE + p / SIZE] * SIZE + p % SIZE) * ROW + i, content(b, p, shared, i));
    return t;
}

/* Tables that say the same sequences differently give the same view. */
static void views(Generator *g, DType dtype)
{
    g_autoptr(Tensor) first = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
        Scenario *s = scenario_new(g, "paged-view-%s-%s", tables[i].tag, dtype_name(dtype));
        scenario_about(s, "paged", tables[i].shared ? "R27 R28 R29" : "R27 R29",
                       "A paged cache read as [batch, heads, places, depth]: %s.", tables[i].what);
        scenario_input(s, "pool", pool(dtype, tables[i].table, tables[i].shared));
        scenario_input(s, "table", data_int64s(&SHAPE(2, WIDE), tables[i].table));
        scenario_text(s, "blocks = Gather <axis = 0> (pool, table)  "
                         "shape = Constant <value = int64[4] {2, %d, %d, %d}> ()  "
                         "rows = Reshape (blocks, shape)  "
                         "view = Transpose <perm = [0, 2, 1, 3]> (rows)", WIDE * SIZE, HEADS, DEPTH);
        scenario_output(s, "view");
        Tensor *view = NULL;
        if (!tables[i].shared && first)
            scenario_expect(s, 0, tensor_ref(first));
        else if (!tables[i].shared && scenario_run(s, &view, 1))
            first = view;
        scenario_compare_bits(s);
        scenario_emit(s);
    }
}

/* Writing: one new row a sequence goes to its slot, block * size + row of the flat pool; then the sequences are read. */
static void writes(Generator *g, DType dtype)
{
    g_autoptr(Tensor) first = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(tables) && !tables[i].shared; i++)
        for (int64_t step = 0; step < 2; step++) {
            const int64_t at[2] = { 3 + step, 4 + step }; /* ragged: the sequences have 3 and 4 rows so far */
            Scenario *s = scenario_new(g, "paged-write-%s-step%d-%s", tables[i].tag, (int)step, dtype_name(dtype));
            scenario_about(s, "paged", "R27 R29",
                           "New rows of two sequences at positions %d and %d of a paged cache: %s.", (int)at[0],
                           (int)at[1], tables[i].what);
            scenario_tag(s, "ragged");
            scenario_input(s, "pool", pool(dtype, tables[i].table, 0));
            scenario_input(s, "table", data_int64s(&SHAPE(2, WIDE), tables[i].table));
            scenario_input(s, "at", data_int64s(&SHAPE(2, 1), at));
            scenario_input(
                s, "news",
                data_integers(dtype, &SHAPE(2, HEADS, DEPTH), data_seed("news") + (uint64_t)step, -2000, -1));
            scenario_text(s, "size = Constant <value = int64 {%d}> ()  which = Div (at, size)  row = Mod (at, size)  "
                             "block = GatherElements <axis = 1> (table, which)  start = Mul (block, size)  "
                             "slot = Add (start, row)  "
                             "flat = Constant <value = int64[3] {%d, %d, %d}> ()  rows = Reshape (pool, flat)  "
                             "written = ScatterND (rows, slot, news)  "
                             "paged = Constant <value = int64[4] {%d, %d, %d, %d}> ()  "
                             "present = Reshape (written, paged)  blocks = Gather <axis = 0> (present, table)  "
                             "shape = Constant <value = int64[4] {2, %d, %d, %d}> ()  places = Reshape (blocks, shape)  "
                             "view = Transpose <perm = [0, 2, 1, 3]> (places)",
                          SIZE, BLOCKS * SIZE, HEADS, DEPTH, BLOCKS, SIZE, HEADS, DEPTH, WIDE * SIZE, HEADS, DEPTH);
            scenario_output(s, "view");
            scenario_output(s, "present");
            Tensor *view = NULL;
            if (step == 0 && first)
                scenario_expect(s, 0, tensor_ref(first));
            else if (step == 0 && scenario_run(s, &view, 1))
                first = view;
            scenario_compare_bits(s);
            scenario_emit(s);
        }
}

void kv_cache_paged(Generator *g)
{
    static const DType dtypes[] = { DTYPE_FLOAT, DTYPE_FLOAT16, DTYPE_BFLOAT16 };
    for (gsize i = 0; i < G_N_ELEMENTS(dtypes); i++) {
        views(g, dtypes[i]);
        writes(g, dtypes[i]);
    }
}

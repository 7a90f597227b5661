/* Tensors that must be refused: amounts that do not fit, several places, none, a wrong one, external data out of reach.
 * Each differs in one thing from a valid scenario of subbyte_types_storage.c or from the one built here. */
#include "generators/proposals/subbyte_types.h"

#include "generators/engine/wire.h"
#include "reference/tensor/packing.h"

#include <string.h>

/* One reject case: the tensor's bytes, built from the type's packed elements. */
typedef struct {
    DType      dtype;
    int64_t    count;
    GByteArray *wire;       /* has dims, type and name */
    uint8_t    packed[64];  /* the right bytes, zeros behind */
    int64_t    entries[64]; /* the same as int32_data has them */
    gsize      size;
} Damage;

typedef struct {
    const char *name, *variant, *requirement, *summary, *because;
    void      (*damage)(Damage *d);
    gboolean    packed_only;
} Refusal;

static void short_raw(Damage *d)    { wire_raw(d->wire, d->packed, d->size - 1); }
static void no_data(Damage *d)      { (void)d; }
static void empty_raw(Damage *d)    { wire_raw(d->wire, d->packed, 0); }
static void long_raw(Damage *d)     { wire_raw(d->wire, d->packed, d->size + 1); }
static void raw_unpacked(Damage *d) { wire_raw(d->wire, d->packed, (gsize)d->count); }
static void short_int32(Damage *d)  { wire_numbers(d->wire, WIRE_INT32_DATA, d->entries, d->size - 1); }
static void long_int32(Damage *d)   { wire_numbers(d->wire, WIRE_INT32_DATA, d->entries, d->size + 1); }
static void in_float(Damage *d)     { wire_zeros(d->wire, WIRE_FLOAT_DATA, (gsize)d->count); }
static void in_double(Damage *d)    { wire_zeros(d->wire, WIRE_DOUBLE_DATA, (gsize)d->count); }
static void in_int64(Damage *d)     { wire_numbers(d->wire, WIRE_INT64_DATA, d->entries, d->size); }
static void in_uint64(Damage *d)    { wire_numbers(d->wire, WIRE_UINT64_DATA, d->entries, d->size); }

/* Four bytes of packed elements in one entry, as the checker's bound would allow. */
static void four_bytes_an_entry(Damage *d)
{
    int64_t wide[16];
    const gsize n = (d->size + 3) / 4;
    for (gsize i = 0; i < n; i++) {
        uint32_t word = 0;
        for (gsize b = 0; b < 4; b++)
            word |= (uint32_t)d->packed[4 * i + b] << 8 * b;
        wide[i] = (int32_t)word;
    }
    wire_numbers(d->wire, WIRE_INT32_DATA, wide, n);
}

static void element_an_entry(Damage *d)
{
    wire_numbers(d->wire, WIRE_INT32_DATA, d->entries, (gsize)d->count);
}

static void twice(Damage *d)
{
    wire_raw(d->wire, d->packed, d->size);
    wire_numbers(d->wire, WIRE_INT32_DATA, d->entries, d->size);
}

static void raw_and_external(Damage *d)
{
    wire_raw(d->wire, d->packed, d->size);
    wire_external_entry(d->wire, "location", "weights.bin");
    wire_external(d->wire);
}

static const Refusal refusals[] = {
    { "raw-short", "storage", "R5", "raw_data is one byte short.", "raw_data has", short_raw, FALSE },
    { "raw-long", "strict-storage", "R6", "raw_data is one byte too long.", "raw_data has", long_raw, FALSE },
    { "raw-unpacked", "strict-storage", "R6", "raw_data has one byte an element.", "raw_data has", raw_unpacked, TRUE },
    { "int32-short", "storage", "R8", "int32_data is one entry short.", "int32_data has", short_int32, FALSE },
    { "int32-four-bytes", "storage", "R8", "Entries of int32_data hold four packed bytes each.", "int32_data has",
      four_bytes_an_entry, TRUE },
    { "int32-long", "strict-storage", "R6", "int32_data is one entry too long.", "int32_data has", long_int32, FALSE },
    { "int32-unpacked", "strict-storage", "R6", "int32_data has one entry an element.", "int32_data has", element_an_entry,
      TRUE },
    { "two-fields", "storage", "R10", "The elements stand in raw_data and in int32_data.", "expected one place", twice, FALSE },
    { "raw-and-external", "storage", "R10", "raw_data of a tensor that says its data are external.", "external data, but",
      raw_and_external, FALSE },
    { "no-data", "storage", "R12", "No data field at all.", "has no data", no_data, FALSE },
    { "raw-empty", "storage", "R12", "raw_data is present and empty.", "has no data", empty_raw, FALSE },
    { "float-data", "storage", "R16", "The elements stand in float_data.", "stand in float_data", in_float, FALSE },
    { "double-data", "storage", "R16", "The elements stand in double_data.", "stand in double_data", in_double, FALSE },
    { "int64-data", "storage", "R16", "The packed bytes stand in int64_data.", "stand in int64_data", in_int64, FALSE },
    { "uint64-data", "storage", "R16", "The packed bytes stand in uint64_data.", "stand in uint64_data", in_uint64, FALSE },
};

/* A scenario with the initializer w, whose bytes are d->wire. */
static Scenario *with_damaged(Generator *g, const char *name, const char *variant, const char *requirement,
                              const char *summary, Damage *d)
{
    Scenario *s = scenario_new(g, "%s-%s", name, dtype_name(d->dtype));
    scenario_about(s, variant, requirement, "%s Type %s.", summary, dtype_name(d->dtype));
    wire_attach(scenario_constant(s, "w", subbyte_staircase(d->dtype, &SHAPE(d->count))), scenario_model(s), d->wire);
    subbyte_cast(s, "w", "y", DTYPE_FLOAT, &(Conversion){ 0 });
    scenario_output_typed(s, "y", type_tensor(scenario_model(s), DTYPE_FLOAT, &SHAPE(d->count)));
    return s;
}

static void damage_init(Damage *d, DType dtype, int64_t count)
{
    *d = (Damage){ .dtype = dtype, .count = count, .wire = wire_tensor("w", dtype, &SHAPE(count)),
                   .size = packing_size(dtype, count) };
    g_autoptr(Tensor) right = subbyte_staircase(dtype, &SHAPE(count));
    packing_pack(dtype, right->data, count, d->packed);
    for (gsize i = 0; i < G_N_ELEMENTS(d->entries); i++)
        d->entries[i] = d->packed[i];
}

static void damaged_amounts(Generator *g, DType dtype)
{
    const gboolean packed = dtype_info(dtype)->bits < 8;
    const int64_t count = packed ? 33 : 16; /* of the twin */
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        const Refusal *r = &refusals[i];
        if (r->packed_only && !packed)
            continue;
        Damage d;
        damage_init(&d, dtype, count);
        r->damage(&d);
        Scenario *s = with_damaged(g, r->name, r->variant, r->requirement, r->summary, &d);
        g_autofree char *twin = g_strdup_printf("initializer-%s-%s-%d", g_str_has_prefix(r->name, "int32") ? "typed" : "raw",
                                                dtype_name(dtype), (int)count);
        scenario_reject(s, twin, r->because);
        g_byte_array_unref(d.wire);
    }
}

static void data_in_empty(Generator *g, DType dtype, gboolean raw)
{
    Damage d;
    damage_init(&d, dtype, 0);
    if (raw)
        wire_raw(d.wire, "\0", 1);
    else
        wire_numbers(d.wire, WIRE_INT32_DATA, d.entries, 1);
    Scenario *s = with_damaged(g, raw ? "empty-with-raw" : "empty-with-int32", "storage", "R11",
                               raw ? "raw_data of a tensor without elements." : "int32_data of a tensor without elements.", &d);
    g_autofree char *twin = g_strdup_printf("initializer-raw-%s-0", dtype_name(dtype));
    scenario_reject(s, twin, "has no elements");
    g_byte_array_unref(d.wire);
}

/* A bit pattern in int32_data that has more than eight bits. */
static void surplus_bits(Generator *g, DType dtype)
{
    static const struct {
        int64_t     entry;
        const char *name;
    } entries[] = { { 256, "int32-entry-256" }, { -1, "int32-entry-negative" } };
    for (gsize i = 0; i < G_N_ELEMENTS(entries); i++) {
        Damage d;
        damage_init(&d, dtype, 3);
        d.entries[1] = entries[i].entry;
        wire_numbers(d.wire, WIRE_INT32_DATA, d.entries, 3);
        Scenario *s = with_damaged(g, entries[i].name, "strict-storage", "R17",
                                   "An entry of int32_data is no 8-bit pattern.", &d);
        g_autofree char *twin = g_strdup_printf("initializer-typed-%s-3", dtype_name(dtype));
        scenario_reject(s, twin, "does not fit");
        g_byte_array_unref(d.wire);
    }
}

/* ---- external data ------------------------------------------------------------------------------------------------ */

typedef struct {
    const char *name, *summary, *location, *offset, *length, *because; /* NULL: no such entry */
} Reach;

static const Reach reaches[] = {
    { "external-missing", "The external file does not exist.", "missing.bin", NULL, NULL, "missing.bin" },
    { "external-no-location", "External data without a location.", NULL, "0", NULL, "names no location" },
    { "external-parent", "The location leaves the model's folder.", "../weights.bin", NULL, NULL, "\"..\"" },
    { "external-absolute", "The location is an absolute path.", "/weights.bin", NULL, NULL, "absolute" },
    { "external-folder", "The location is the model's folder.", ".", NULL, NULL, "names a folder" },
    { "external-offset-beyond", "The offset is beyond the file's end.", "weights.bin", "1000", "5", "beyond the file" },
    { "external-length-beyond", "Offset and length go beyond the file's end.", "weights.bin", "5", "5", "beyond the file" },
    { "external-length-short", "The length is less than the elements need.", "weights.bin", "0", "1", "expected" },
    { "external-offset-negative", "The offset is negative.", "weights.bin", "-1", "5", "expected a number" },
    { "external-offset-overflow", "Offset and length overflow 64 bits together.", "weights.bin", "9223372036854775807", "5",
      "beyond the file" },
    { "external-length-huge", "The length is not a 64-bit number.", "weights.bin", "0", "18446744073709551621",
      "expected a number" },
};

/* The twin is the shared file of two tensors; here the second one is out of reach. */
static void unreachable(Generator *g, DType dtype, const Reach *r)
{
    Scenario *s = scenario_new(g, "%s-%s", r->name, dtype_name(dtype));
    scenario_about(s, "storage", "R14", "%s Type %s.", r->summary, dtype_name(dtype));
    const Shape shape = SHAPE(5);
    const int64_t size = (int64_t)packing_size(dtype, 5);
    NamedTensor *a = scenario_constant(s, "a", subbyte_staircase(dtype, &shape));
    a->storage = STORAGE_EXTERNAL;
    a->location = "weights.bin";
    a->length = size;
    g_autoptr(GByteArray) w = wire_tensor("b", dtype, &shape);
    const char *const pairs[][2] = { { "location", r->location }, { "offset", r->offset }, { "length", r->length } };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (pairs[i][1])
            wire_external_entry(w, pairs[i][0], pairs[i][1]);
    wire_external(w);
    wire_attach(scenario_constant(s, "b", subbyte_staircase(dtype, &shape)), scenario_model(s), w);
    for (int i = 0; i < 2; i++) {
        subbyte_cast(s, i ? "b" : "a", i ? "yb" : "ya", DTYPE_FLOAT, &(Conversion){ 0 });
        scenario_output_typed(s, i ? "yb" : "ya", type_tensor(scenario_model(s), DTYPE_FLOAT, &shape));
    }
    g_autofree char *twin = g_strdup_printf("external-shared-file-%s", dtype_name(dtype));
    scenario_reject(s, twin, r->because);
}

void subbyte_generate_refused_storage(Generator *g)
{
    for (gsize t = 0; t < SUBBYTE_TYPES; t++) {
        const DType dtype = subbyte_types[t];
        damaged_amounts(g, dtype);
        data_in_empty(g, dtype, TRUE);
        data_in_empty(g, dtype, FALSE);
        if (dtype_info(dtype)->bits == 8)
            surplus_bits(g, dtype);
    }
    /* Reach does not depend on the element type; packing does on its width. */
    static const DType widths[] = { DTYPE_UINT2, DTYPE_INT4, DTYPE_FLOAT8E4M3FN };
    for (gsize t = 0; t < G_N_ELEMENTS(widths); t++)
        for (gsize i = 0; i < G_N_ELEMENTS(reaches); i++)
            unreachable(g, widths[t], &reaches[i]);
}

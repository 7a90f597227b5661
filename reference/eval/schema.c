#include "reference/eval/schema.h"

#include "reference/eval/eval.h"

#include <string.h>

/* ---- parsing ------------------------------------------------------------------------------------------------------
 * The strings are ours, so a mistake in one is a bug: it aborts with the string in the message. */

static const struct {
    const char *name, *members;
} groups[] = {
    { "ints", "int8 int16 int32 int64" },
    { "uints", "uint8 uint16 uint32 uint64" },
    { "floats1", "float16 float double" },
    { "floats13", "floats1 bfloat16" },
    { "numeric1", "ints uints floats1" },
    { "numeric13", "numeric1 bfloat16" },
    { "all1", "numeric1 bool string complex64 complex128" },
    { "all13", "all1 bfloat16" },
    { "all19", "all13 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz" },
    { "all21", "all19 uint4 int4" },
    { "all23", "all21 float4e2m1" },
    { "all24", "all23 float8e8m0" },
    { "all25", "all24 uint2 int2" },
};

static const struct {
    const char *name;
    ValueKind   kind;
} kinds[] = {
    { "seq", VALUE_SEQUENCE }, { "map", VALUE_MAP }, { "opt", VALUE_OPTIONAL }, { "sparse", VALUE_SPARSE },
};

static const struct {
    const char   *name;
    AttributeType type;
} attribute_types[] = {
    { "int", ATTRIBUTE_INT },         { "float", ATTRIBUTE_FLOAT },     { "string", ATTRIBUTE_STRING },
    { "tensor", ATTRIBUTE_TENSOR },   { "graph", ATTRIBUTE_GRAPH },     { "type", ATTRIBUTE_TYPE },
    { "sparse", ATTRIBUTE_SPARSE_TENSOR }, { "ints", ATTRIBUTE_INTS },  { "floats", ATTRIBUTE_FLOATS },
    { "strings", ATTRIBUTE_STRINGS }, { "tensors", ATTRIBUTE_TENSORS }, { "graphs", ATTRIBUTE_GRAPHS },
};

static void admit(TypeVariable *variable, const char *word)
{
    const DType dtype = dtype_from_name(word);
    if (dtype != DTYPE_UNDEFINED) {
        variable->dtypes[dtype / 64] |= UINT64_C(1) << (dtype % 64);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].name, word) == 0) {
            variable->kinds |= 1u << kinds[i].kind;
            return;
        }
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
        if (strcmp(groups[i].name, word) == 0) {
            g_auto(GStrv) members = g_strsplit(groups[i].members, " ", -1);
            for (char **m = members; *m; m++)
                admit(variable, *m);
            return;
        }
    g_error("operator schema: unknown type or group '%s'", word);
}

static void add_variable(GArray *variables, const char *name, const char *words)
{
    TypeVariable variable = { .name = g_intern_string(name), .text = g_strdup(words) };
    g_auto(GStrv) list = g_strsplit_set(words, " ", -1);
    for (char **word = list; *word; word++)
        if (**word)
            admit(&variable, *word);
    g_array_append_val(variables, variable);
}

static int find_variable(GArray *variables, const char *name)
{
    for (guint i = 0; i < variables->len; i++)
        if (strcmp(g_array_index(variables, TypeVariable, i).name, name) == 0)
            return (int)i;
    return -1;
}

static GArray *parse_variables(const char *types)
{
    GArray *variables = g_array_new(FALSE, TRUE, sizeof(TypeVariable));
    g_auto(GStrv) lines = g_strsplit(types ? types : "", "|", -1);
    for (char **line = lines; *line; line++) {
        char *colon = strchr(*line, ':');
        if (!colon) {
            if (*g_strstrip(*line))
                g_error("operator schema: '%s' in types has no colon", *line);
            continue;
        }
        *colon = '\0';
        add_variable(variables, g_strstrip(*line), g_strstrip(colon + 1));
    }
    return variables;
}

static GArray *parse_formals(const char *side, GArray *variables)
{
    GArray *formals = g_array_new(FALSE, TRUE, sizeof(Formal));
    g_auto(GStrv) parts = g_strsplit(side, ",", -1);
    for (char **part = parts; *part; part++) {
        char *text = g_strstrip(*part), *colon = strchr(text, ':');
        if (!*text)
            continue;
        if (!colon)
            g_error("operator schema: '%s' has no type", text);
        Formal formal = { 0 };
        char *type = colon + 1, *last = type + strlen(type) - 1;
        *colon = '\0';
        if (*last == '?' || *last == '*' || *last == '+') {
            formal.optional = *last != '+';
            formal.variadic = *last != '?';
            *last = '\0';
        }
        formal.name = g_intern_string(text);
        formal.variable = -1;
        if (strcmp(type, "any") != 0) {
            formal.variable = find_variable(variables, type);
            if (formal.variable < 0) { /* a dtype or group written in place: each use is a variable of its own */
                g_autofree char *own = g_strdup_printf("%s:%s", text, type);
                add_variable(variables, own, type);
                formal.variable = (int)variables->len - 1;
            }
        }
        g_array_append_val(formals, formal);
    }
    return formals;
}

static AttributeType attribute_type_from_name(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(attribute_types); i++)
        if (strcmp(attribute_types[i].name, name) == 0)
            return attribute_types[i].type;
    g_error("operator schema: unknown attribute type '%s'", name);
}

static void parse_default_list(Attribute *a, const char *text)
{
    g_autofree char *inner = g_strndup(text + 1, strlen(text) - 2);
    g_auto(GStrv) words = g_strsplit(inner, ",", -1);
    a->n = *inner ? g_strv_length(words) : 0;
    switch (a->type) {
    case ATTRIBUTE_INTS:
        a->ints = g_new0(int64_t, a->n + 1);
        for (gsize i = 0; i < a->n; i++)
            a->ints[i] = g_ascii_strtoll(words[i], NULL, 10);
        break;
    case ATTRIBUTE_FLOATS:
        a->floats = g_new0(float, a->n + 1);
        for (gsize i = 0; i < a->n; i++)
            a->floats[i] = (float)g_ascii_strtod(words[i], NULL);
        break;
    case ATTRIBUTE_STRINGS:
        a->strings = g_new0(Bytes, a->n + 1);
        for (gsize i = 0; i < a->n; i++)
            a->strings[i] = (Bytes){ (const uint8_t *)g_intern_string(words[i]), strlen(words[i]) };
        break;
    default:
        g_error("operator schema: no list default for attribute '%s'", a->name);
    }
}

static Attribute *parse_default(const char *name, AttributeType type, const char *text)
{
    Attribute *a = g_new0(Attribute, 1);
    a->name = name;
    a->type = type;
    switch (type) {
    case ATTRIBUTE_INT:
        a->i = g_ascii_strtoll(text, NULL, 10);
        break;
    case ATTRIBUTE_FLOAT:
        a->f = (float)g_ascii_strtod(text, NULL);
        break;
    case ATTRIBUTE_STRING:
        a->s = (Bytes){ (const uint8_t *)g_intern_string(text), strlen(text) };
        break;
    default:
        parse_default_list(a, text);
    }
    return a;
}

/* Splits at commas that are not inside a [list]. */
static GPtrArray *split_attributes(const char *text)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    const char *start = text;
    int depth = 0;
    for (const char *p = text;; p++) {
        depth += (*p == '[') - (*p == ']');
        if (*p == '\0' || (*p == ',' && depth == 0)) {
            char *part = g_strstrip(g_strndup(start, (gsize)(p - start)));
            if (*part)
                g_ptr_array_add(parts, part);
            else
                g_free(part);
            start = p + 1;
        }
        if (*p == '\0')
            return parts;
    }
}

static GArray *parse_attributes(const char *text)
{
    GArray *attributes = g_array_new(FALSE, TRUE, sizeof(FormalAttribute));
    g_autoptr(GPtrArray) parts = split_attributes(text ? text : "");
    for (guint i = 0; i < parts->len; i++) {
        char *part = g_ptr_array_index(parts, i), *colon = strchr(part, ':');
        if (!colon)
            g_error("operator schema: attribute '%s' has no type", part);
        *colon = '\0';
        char *type = colon + 1, *equals = strchr(type, '=');
        if (equals)
            *equals = '\0';
        FormalAttribute attribute = { .name = g_intern_string(part) };
        if (g_str_has_suffix(type, "!")) {
            attribute.required = TRUE;
            type[strlen(type) - 1] = '\0';
        }
        attribute.type = attribute_type_from_name(type);
        if (equals)
            attribute.fallback = parse_default(attribute.name, attribute.type, equals + 1);
        g_array_append_val(attributes, attribute);
    }
    return attributes;
}

static gsize least(const Formal *formals, gsize n)
{
    gsize needed = 0;
    for (gsize i = 0; i < n; i++)
        if (!formals[i].optional)
            needed = i + 1;
    return needed;
}

static Schema *parse(const OpVersion *version)
{
    const char *arrow = version->signature ? strstr(version->signature, "->") : NULL;
    if (!arrow)
        g_error("operator schema: no arrow in signature '%s'", version->signature ? version->signature : "");
    g_autofree char *left = g_strndup(version->signature, (gsize)(arrow - version->signature));
    GArray *variables = parse_variables(version->types);
    GArray *inputs = parse_formals(left, variables), *outputs = parse_formals(arrow + 2, variables);
    GArray *attributes = parse_attributes(version->attributes);

    Schema *schema = g_new0(Schema, 1);
    schema->n_inputs = inputs->len;
    schema->n_outputs = outputs->len;
    schema->n_variables = variables->len;
    schema->n_attributes = attributes->len;
    schema->inputs = (Formal *)(gpointer)g_array_free(inputs, FALSE);
    schema->outputs = (Formal *)(gpointer)g_array_free(outputs, FALSE);
    schema->variables = (TypeVariable *)(gpointer)g_array_free(variables, FALSE);
    schema->attributes = (FormalAttribute *)(gpointer)g_array_free(attributes, FALSE);
    schema->min_inputs = least(schema->inputs, schema->n_inputs);
    schema->min_outputs = least(schema->outputs, schema->n_outputs);
    return schema;
}

const Schema *schema_of(const OpVersion *version)
{
    static GHashTable *schemas;
    static GMutex lock;
    g_mutex_lock(&lock);
    if (!schemas)
        schemas = g_hash_table_new(NULL, NULL);
    Schema *schema = g_hash_table_lookup(schemas, version);
    if (!schema) {
        schema = parse(version);
        g_hash_table_insert(schemas, (gpointer)version, schema);
    }
    g_mutex_unlock(&lock);
    return schema;
}

const FormalAttribute *schema_attribute(const Schema *schema, const char *name)
{
    for (gsize i = 0; i < schema->n_attributes; i++)
        if (strcmp(schema->attributes[i].name, name) == 0)
            return &schema->attributes[i];
    return NULL;
}

/* ---- checking a node ---------------------------------------------------------------------------------------------- */

static gboolean check_arity(const char *what, gboolean inputs, const Formal *formals, gsize n_formals, gsize min,
                            const char **names, gsize n, GError **error)
{
    const gboolean variadic = n_formals > 0 && formals[n_formals - 1].variadic;
    const gsize    given = n;
    while (n > 0 && n > min && !*names[n - 1]) /* trailing omitted names do not count */
        n--;
    if (n < min || (n > n_formals && !variadic)) {
        g_autofree char *most = variadic ? g_strdup("any number") : g_strdup_printf("%" G_GSIZE_FORMAT, n_formals);
        return eval_fail(error, "%" G_GSIZE_FORMAT " %ss, expected %" G_GSIZE_FORMAT " to %s", n, what, min, most);
    }
    /* Outputs may be left unnamed; of inputs without a fixed number a kernel takes every one, even the last, for given. */
    for (gsize i = 0; i < (variadic && inputs ? given : n) && n_formals > 0; i++) {
        const Formal *formal = &formals[MIN(i, n_formals - 1)];
        if (!*names[i] && !formal->optional && (!formal->variadic || inputs))
            return eval_fail(error, "%s '%s' is required but omitted", what, formal->name);
    }
    return TRUE;
}

static gboolean check_attribute(const Schema *schema, const Attribute *a, GError **error)
{
    const FormalAttribute *formal = schema_attribute(schema, a->name);
    if (!formal)
        return eval_fail(error, "attribute '%s' does not exist in this version of the operator", a->name);
    if (a->type != formal->type)
        return eval_fail(error, "attribute '%s' is of type %s, expected %s", a->name, attribute_type_name(a->type),
                         attribute_type_name(formal->type));
    return TRUE;
}

gboolean schema_check_node(const Schema *schema, const Node *node, GError **error)
{
    if (!check_arity("input", TRUE, schema->inputs, schema->n_inputs, schema->min_inputs, node->inputs, node->n_inputs, error) ||
        !check_arity("output", FALSE, schema->outputs, schema->n_outputs, schema->min_outputs, node->outputs, node->n_outputs,
                     error))
        return FALSE;
    for (gsize i = 0; i < node->attributes.n; i++)
        if (!check_attribute(schema, LIST_AT(&node->attributes, Attribute, i), error))
            return FALSE;
    for (gsize i = 0; i < schema->n_attributes; i++)
        if (schema->attributes[i].required && !node_attribute(node, schema->attributes[i].name))
            return eval_fail(error, "attribute '%s' is required but missing", schema->attributes[i].name);
    return TRUE;
}

/* ---- checking values ---------------------------------------------------------------------------------------------- */

static gboolean admits(const TypeVariable *variable, const Value *value)
{
    if (value->kind != VALUE_TENSOR)
        return (variable->kinds >> value->kind & 1) != 0;
    const unsigned dtype = (unsigned)value->tensor->dtype;
    return (variable->dtypes[dtype / 64] >> (dtype % 64) & 1) != 0;
}

static gboolean check_value(const Schema *schema, const Formal *formal, const char *what, gsize index,
                            const Value *value, GError **error)
{
    const TypeVariable *variable = &schema->variables[formal->variable];
    if (admits(variable, value))
        return TRUE;
    g_autofree char *found = value_describe(value);
    return eval_fail(error, "%s %" G_GSIZE_FORMAT " '%s' is %s, expected one of: %s", what, index, formal->name, found,
                     variable->text);
}

gboolean schema_check_inputs(const Schema *schema, const Value *const *inputs, gsize n, GError **error)
{
    g_autofree gsize *first = g_new0(gsize, schema->n_variables + 1); /* 1 + the first input that bound the variable */
    for (gsize i = 0; i < n; i++) {
        const Formal *formal = &schema->inputs[MIN(i, schema->n_inputs - 1)];
        if (!inputs[i] || formal->variable < 0)
            continue;
        if (!check_value(schema, formal, "input", i, inputs[i], error))
            return FALSE;
        gsize *bound = &first[formal->variable];
        if (*bound == 0) {
            *bound = i + 1;
            continue;
        }
        const Value *other = inputs[*bound - 1];
        if (other->kind == VALUE_TENSOR && inputs[i]->kind == VALUE_TENSOR && other->tensor->dtype != inputs[i]->tensor->dtype)
            return eval_fail(error, "input %" G_GSIZE_FORMAT " '%s' is %s, but input %" G_GSIZE_FORMAT " is %s: both must be of one type",
                             i, formal->name, dtype_name(inputs[i]->tensor->dtype), *bound - 1,
                             dtype_name(other->tensor->dtype));
    }
    return TRUE;
}

gboolean schema_check_output(const Schema *schema, gsize index, const Value *output, GError **error)
{
    if (schema->n_outputs == 0)
        return eval_fail(error, "computed an output that the schema does not have");
    const Formal *formal = &schema->outputs[MIN(index, schema->n_outputs - 1)];
    return formal->variable < 0 || check_value(schema, formal, "output", index, output, error);
}

char *schema_self_check(void)
{
    gsize n;
    const Operator *const *operators = operator_all(&n);
    for (gsize i = 0; i < n; i++)
        for (gsize v = 0; v < operators[i]->n_versions; v++) {
            const OpVersion *version = &operators[i]->versions[v];
            if (v > 0 && version->since <= version[-1].since)
                return g_strdup_printf("%s: versions are not ascending", operators[i]->name);
            if (version->deprecated)
                continue;
            schema_of(version);
            if (!version->kernel && !version->body && !version->expand)
                return g_strdup_printf("%s-%d has neither kernel nor body", operators[i]->name, version->since);
        }
    return NULL;
}

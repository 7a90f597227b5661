/* backend-context: the graphs that containers are made of. All numbers are small and whole, every result is exact. */
#include "generators/proposals/backend_context.h"

#include <string.h>

#define W "float[3] w = {1, -2, 3}"
#define F "float[2,3] "

const ContextGraph context_graphs[] = {
    { "one", "1", 1, 17, "one node",
      "g (" F "x) => (" F "y) <" W ", " F "r> {\n"
      "h = Neg (x)\nr = Mul (h, w)\ny = Add (r, x)\n}" },
    { "chain", "1 2 3", 1, 17, "a chain of three nodes",
      "g (" F "x) => (float[2,2] y) <float[3,2] m = {1, 2, -1, 0, 3, 1}, float[2] v = {4, -5}, float[2,2] d> {\n"
      "a = Neg (x)\nb = MatMul (a, m)\nc = Add (b, v)\nd = Relu (c)\ny = Sub (d, v)\n}" },
    { "diamond", "0 1 2 3", 1, 13, "a diamond",
      "g (" F "x) => (" F "y) <" W ", " F "d> {\n"
      "a = Abs (x)\nb = Add (a, w)\nc = Mul (a, w)\nd = Sub (b, c)\ny = Add (d, x)\n}" },
    { "multi", "0 1", 3, 17, "a region with two outputs",
      "g (" F "x) => (" F "y, " F "z) <" W ", " F "a, " F "b> {\n"
      "a = Add (x, w)\nb = Mul (a, w)\ny = Sub (a, x)\nz = Add (b, x)\n}" },
    { "captures", "2", 1, 17, "an If whose branches capture a value and a weight",
      "g (" F "x) => (" F "y) <" W ", float zero = {0}, " F "r> {\n"
      "s = ReduceSum <keepdims = 0> (x)\nc = Greater (s, zero)\n"
      "r = If (c) <then_branch = t () => (" F "p) {\np = Add (x, w)\n}, else_branch = e () => (" F "q) {\nq = Sub (x, w)\n}>\n"
      "y = Neg (r)\n}" },
    { "loop", "0", 1, 17, "a Loop whose body captures a weight",
      "g (" F "x) => (" F "y) <" W ", int64 n = {3}, bool go = {1}, " F "r> {\n"
      "r = Loop (n, go, x) <body = l (int64 i, bool c, " F "s) => (bool d, " F "t) {\nd = Identity (c)\nt = Add (s, w)\n}>\n"
      "y = Neg (r)\n}" },
    { "whole", "0 1 2", 1, 21, "the whole graph",
      "g (" F "x) => (" F "y) <" W "> {\n"
      "a = Mul (x, w)\nb = Abs (a)\ny = Sub (b, w)\n}" },
    { "exposed", "0 1", 3, 17, "a region whose output the graph gives out too",
      "g (" F "x) => (" F "b, " F "y) <" W "> {\n"
      "a = Add (x, w)\nb = Mul (a, w)\ny = Neg (b)\n}" },
    { "weight", "0 1", 1, 17, "a weight with two uses inside the region and one outside",
      "g (" F "x) => (" F "y) <" W ", " F "b> {\n"
      "a = Mul (x, w)\nb = Add (a, w)\ny = Sub (b, w)\n}" },
    { "gap", "0 2 4", 1, 17, "a region with other nodes between its own",
      "g (" F "x) => (" F "y) <" W ", " F "c> {\n"
      "a = Neg (x)\np = Abs (x)\nb = Add (a, w)\nq = Mul (p, w)\nc = Sub (b, a)\ny = Add (c, q)\n}" },
    { "sort", "0 3", 1, 17, "a region that no single place in the order can hold",
      "g (" F "x) => (" F "y) <" W ", " F "a, " F "b> {\n"
      "a = Neg (x)\nu = Abs (a)\nk = Mul (x, w)\nb = Add (k, x)\nv = Sub (u, w)\ny = Add (v, b)\n}" },
    { "order", "1", 1, 17, "operands whose order matters",
      "g (" F "x) => (" F "y) <" W ", " F "r> {\n"
      "p = Mul (x, w)\nr = Sub (p, x)\ny = Neg (r)\n}" },
    { "types", "0 1", 2, 17, "outputs of two element types",
      "g (" F "x) => (int64[2] z, " F "y) <" W ", int64[2] two = {2, 2}, int64[2] a, " F "b> {\n"
      "a = ArgMax <axis = 1, keepdims = 0> (x)\nb = Add (x, w)\nz = Mul (a, two)\ny = Neg (b)\n}" },
    { "half", "0 1", 1, 17, "float16",
      "g (float16[2,3] x) => (float16[2,3] y) <float16[3] w = {1.0, -2.0, 3.0}, float16[2,3] b> {\n"
      "a = Mul (x, w)\nb = Add (a, w)\ny = Neg (b)\n}" },
    { "omitted", "1", 1, 17, "an omitted operand",
      "g (" F "x) => (" F "y) <" W ", float top = {2}, " F "r> {\n"
      "a = Mul (x, w)\nr = Clip (a, \"\", top)\ny = Neg (r)\n}" },
    { "constant", "0 1", 1, 17, "a Constant inside the region",
      "g (" F "x) => (" F "y) <" F "r> {\n"
      "k = Constant <value = float[3] {2, 3, -1}> ()\nr = Mul (x, k)\ny = Neg (r)\n}" },
    { "two", "0 1", 1, 17, "two inputs",
      "g (" F "x, " F "u) => (" F "y) <" W ", " F "b> {\n"
      "a = Sub (x, u)\nb = Mul (a, w)\ny = Sub (b, u)\n}" },
    { "long", "0 1", 3, 17, "the first part of a longer graph",
      "g (" F "x) => (" F "y, " F "z) <" W ", " F "a, " F "b, " F "c, " F "d, " F "e> {\n"
      "a = Mul (x, w)\nb = Add (a, x)\nc = Neg (b)\nd = Sub (c, w)\ne = Add (d, x)\ny = Neg (e)\nz = Neg (b)\n}" },
    { "dead", "0 1", 1, 17, "a graph that cannot run as it is",
      "g (" F "x) => (" F "y) <int64[1] bad = {7}, " W ", " F "q> {\n"
      "r = Reshape (x, bad)\nq = Add (r, w)\ny = Neg (q)\n}" },
};
const gsize context_n_graphs = G_N_ELEMENTS(context_graphs);

const ContextGraph *context_graph(const char *name)
{
    for (gsize i = 0; i < context_n_graphs; i++)
        if (strcmp(context_graphs[i].name, name) == 0)
            return &context_graphs[i];
    g_error("backend-context: no graph '%s'", name); /* a mistake of the generator */
}

/* UNROLL before a loop of a small constant number of rounds: it must disappear, so that what it goes through lives in registers. */
#ifndef ASSAY_TENSOR_UNROLL_H
#define ASSAY_TENSOR_UNROLL_H

#if defined __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

#endif

/* CLONES before a static function: it is compiled for several instruction sets, and the best of the machine is chosen
 * when the program is loaded. For loops whose iterations do not depend on each other, so that wider vectors do the same
 * operations on more elements at a time: no contraction, no reassociation (the Makefile's DETERMINISM), the same bits. */
#ifndef ASSAY_TENSOR_CLONES_H
#define ASSAY_TENSOR_CLONES_H

/* Sanitizers may not have started when the loader chooses, and the compiler of AFL++ 4.04 falls over what chooses. */
#if defined __x86_64__ && defined __gnu_linux__ && !defined __SANITIZE_ADDRESS__ && !defined __AFL_COMPILER
#if defined __has_feature
#if !__has_feature(address_sanitizer) && !__has_feature(memory_sanitizer) && !__has_feature(thread_sanitizer)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#elif !defined __SANITIZE_THREAD__
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#endif
#endif
#ifndef CLONES
#define CLONES
#endif

#endif

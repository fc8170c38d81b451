/* The tables of kernels by instruction set: what kern.c chooses from. Nobody else includes it. */
#ifndef IMF_KERN_LEVELS_H
#define IMF_KERN_LEVELS_H

#include <stdbool.h>

#include "kern/kern.h"

/* NULL where the processor, or the compiler's target, has none of the instructions. */
const imf_kern *imf_kern_avx2(void);
const imf_kern *imf_kern_avx512(void);

#endif

/* What oneDNN makes of the processor: its instruction set, and how many threads it takes. */
#include <dnnl.h>

#include "nn/dnn.h"

enum imf_dnn_isa imf_dnn_isa(const char **name)
{
    static const char *const names[] = {"plain code", "SSE4.1", "AVX", "AVX2", "AVX-512", "NEON"};
    enum imf_dnn_isa found = IMF_ISA_PLAIN;
#ifdef __aarch64__
    found = IMF_ISA_NEON; /* every such processor has it */
#else
    const unsigned bits = (unsigned)dnnl_get_effective_cpu_isa(), avx512 = dnnl_cpu_isa_avx512_core;
    /* each set includes the bits of those before it */
    if ((bits & avx512) == avx512)
        found = IMF_ISA_AVX512;
    else if ((bits & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2)
        found = IMF_ISA_AVX2;
    else if ((bits & dnnl_cpu_isa_avx) == dnnl_cpu_isa_avx)
        found = IMF_ISA_AVX;
    else if (bits & dnnl_cpu_isa_sse41)
        found = IMF_ISA_SSE41;
#endif
    *name = names[found];
    return found;
}

bool imf_dnn_has_int8(void)
{
#ifdef __aarch64__
    return false;
#else
    const unsigned bits = (unsigned)dnnl_get_effective_cpu_isa(), vnni = dnnl_cpu_isa_avx512_core_vnni;

    return (bits & vnni) == vnni;
#endif
}

/* oneDNN's OpenMP runtime, which is linked with it; its header is not everywhere where the library is. */
extern void omp_set_num_threads(int n);

void imf_dnn_use_threads(int n)
{
    omp_set_num_threads(n);
}

/* Random numbers for the tests of kernels, from a seed that is printed; IMF_TEST_SEED repeats a run. */
#ifndef IMF_TESTS_KERN_RANDOMS_H
#define IMF_TESTS_KERN_RANDOMS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

static inline void random_seed(void)
{
    const char *seed = getenv("IMF_TEST_SEED");
    random_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    printf("# IMF_TEST_SEED=%llu\n", (unsigned long long)random_state);
}

static inline uint64_t random_64(void) /* splitmix64 */
{
    uint64_t z = (random_state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline uint32_t random_bits(void)
{
    return (uint32_t)(random_64() >> 32);
}

static inline float random_unit(void)
{
    return (float)random_bits() / 2147483648.0f - 1.0f;
}

#endif

/*
 * The choice between the tables of kernels, made once at the first call. $IMF_CPU forces a level or a lower one, for
 * tests, benches and fault reports; a word that it does not know is ignored. The kernels themselves are in
 * kern_<level>.c; a faster level joins by a line in `levels` and its check of the processor.
 */
#include "kern/kern.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kern/kern_levels.h"

static const struct level {
    const char *name;
    const imf_kern *(*table)(void); /* NULL: not built; it returns NULL where the processor cannot */
} levels[] = {{"c", imf_kern_ref}, {"neon", NULL}, {"avx2", imf_kern_avx2}, {"avx512", imf_kern_avx512}}; /* upwards */

static const imf_kern *chosen; /* made once */

static void choose(void)
{
    size_t top = sizeof levels / sizeof levels[0] - 1;
    const char *forced = getenv("IMF_CPU");
    for (size_t i = 0; forced && i < sizeof levels / sizeof levels[0]; i++)
        if (strcmp(forced, levels[i].name) == 0)
            top = i;
    do /* the lowest level is always there */
        chosen = levels[top].table ? levels[top].table() : NULL;
    while (!chosen && top-- > 0);
}

const imf_kern *imf_kern_get(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return chosen;
}

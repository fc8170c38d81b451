/* Threads: a bounded queue of pointers, and the number of processors. pthreads only, so that the thread sanitizer
 * sees everything. */
#ifndef IMF_BASE_THREAD_H
#define IMF_BASE_THREAD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct imf_queue imf_queue;

imf_queue *imf_queue_new(size_t capacity);         /* NULL when out of memory */
bool imf_queue_push(imf_queue *q, void *item);     /* waits for room; false when the queue is closed */
bool imf_queue_pop(imf_queue *q, void **item);     /* waits for an item; false when the queue is closed and empty */
bool imf_queue_try_pop(imf_queue *q, void **item); /* false when there is none now */
/* pushes fail from now on; items already in it can still be popped */
void imf_queue_close(imf_queue *q);
void imf_queue_free(imf_queue **q);                /* items still inside are not freed */

int imf_cpu_count(void); /* at least 1 */

#endif

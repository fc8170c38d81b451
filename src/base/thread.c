/* The bounded queue: a ring under one mutex with two conditions. See thread.h. */
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>

#include "base/mem.h"

struct imf_queue {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty, not_full;
    size_t capacity, first, count;
    bool closed;
    void *items[];
};

imf_queue *imf_queue_new(size_t capacity)
{
    size_t bytes;
    if (capacity == 0 || !imf_mul_size(capacity, sizeof(void *), &bytes) ||
        !imf_add_size(bytes, sizeof(imf_queue), &bytes))
        return NULL;
    imf_queue *q = imf_alloc(bytes);
    if (!q)
        return NULL;
    q->capacity = capacity;
    q->first = q->count = 0;
    q->closed = false;
    pthread_mutex_init(&q->mutex, NULL);
    pthread_cond_init(&q->not_empty, NULL);
    pthread_cond_init(&q->not_full, NULL);
    return q;
}

bool imf_queue_push(imf_queue *q, void *item)
{
    pthread_mutex_lock(&q->mutex);
    while (q->count == q->capacity && !q->closed)
        pthread_cond_wait(&q->not_full, &q->mutex);
    bool ok = !q->closed;
    if (ok) {
        q->items[(q->first + q->count++) % q->capacity] = item;
        pthread_cond_signal(&q->not_empty);
    }
    pthread_mutex_unlock(&q->mutex);
    return ok;
}

/* With the mutex held and count > 0. */
static void *take(imf_queue *q)
{
    void *item = q->items[q->first];
    q->first = (q->first + 1) % q->capacity;
    q->count--;
    pthread_cond_signal(&q->not_full);
    return item;
}

bool imf_queue_pop(imf_queue *q, void **item)
{
    pthread_mutex_lock(&q->mutex);
    while (q->count == 0 && !q->closed)
        pthread_cond_wait(&q->not_empty, &q->mutex);
    bool ok = q->count > 0;
    if (ok)
        *item = take(q);
    pthread_mutex_unlock(&q->mutex);
    return ok;
}

bool imf_queue_try_pop(imf_queue *q, void **item)
{
    pthread_mutex_lock(&q->mutex);
    bool ok = q->count > 0;
    if (ok)
        *item = take(q);
    pthread_mutex_unlock(&q->mutex);
    return ok;
}

void imf_queue_close(imf_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->closed = true;
    pthread_cond_broadcast(&q->not_empty);
    pthread_cond_broadcast(&q->not_full);
    pthread_mutex_unlock(&q->mutex);
}

void imf_queue_free(imf_queue **q)
{
    if (!q || !*q)
        return;
    pthread_cond_destroy(&(*q)->not_full);
    pthread_cond_destroy(&(*q)->not_empty);
    pthread_mutex_destroy(&(*q)->mutex);
    imf_free(*q);
    *q = NULL;
}

int imf_cpu_count(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > 0 ? n : 1;
}

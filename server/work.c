/*
 * The searching threads: each takes requests from the one bounded queue and answers them with a finder of its own. A
 * full queue refuses at once, so that an overloaded server says so instead of keeping everybody waiting.
 */
#include <stdlib.h>

#include "http.h"

bool imf_work_push(imf_server *server, imf_conn *conn)
{
    imf_queue *q = &server->queue;

    pthread_mutex_lock(&q->mutex);
    bool room = q->n < q->limit && !q->closed;
    if (room) {
        conn->next_job = NULL;
        if (q->last != NULL)
            q->last->next_job = conn;
        else
            q->first = conn;
        q->last = conn;
        q->n++;
        pthread_cond_signal(&q->filled);
    }
    pthread_mutex_unlock(&q->mutex);
    return room;
}

/* The next request; NULL when the queue is closed and empty. */
static imf_conn *pop(imf_queue *q)
{
    pthread_mutex_lock(&q->mutex);
    while (q->first == NULL && !q->closed)
        pthread_cond_wait(&q->filled, &q->mutex);
    imf_conn *conn = q->first;
    if (conn != NULL) {
        q->first = conn->next_job;
        q->last = q->first != NULL ? q->last : NULL;
        q->n--;
    }
    pthread_mutex_unlock(&q->mutex);
    return conn;
}

static void *work(void *user)
{
    imf_server *server = user;
    imf_finder *finder = NULL;
    imf_conn *conn;

    while ((conn = pop(&server->queue)) != NULL) {
        imf_err err = {0};
        if (finder == NULL && imf_open(&finder, &server->finder, &err) != IMF_OK)
            imf_answer_error(&conn->answer, &conn->route, &err);
        else
            imf_route_handle(&conn->route, finder, conn->body, conn->body_size, &conn->answer);
        imf_http_resume(conn);
    }
    imf_close(&finder);
    return NULL;
}

bool imf_work_start(imf_server *server)
{
    server->workers = calloc(server->n_workers_wanted, sizeof *server->workers);
    while (server->workers != NULL && server->n_workers < server->n_workers_wanted &&
           pthread_create(&server->workers[server->n_workers], NULL, work, server) == 0)
        server->n_workers++;
    return server->n_workers > 0;
}

void imf_work_stop(imf_server *server)
{
    pthread_mutex_lock(&server->queue.mutex);
    server->queue.closed = true;
    pthread_cond_broadcast(&server->queue.filled);
    pthread_mutex_unlock(&server->queue.mutex);
    for (size_t i = 0; i < server->n_workers; i++)
        pthread_join(server->workers[i], NULL);
    free(server->workers);
    server->workers = NULL;
    server->n_workers = 0;
}

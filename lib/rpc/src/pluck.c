#include "pluck.h"

#include <pthread.h>

#include "parley/base/assert.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* init-once */

static void end_queue(void *queue) {
    grpc_completion_queue_shutdown(queue);
    grpc_completion_queue_destroy(queue);
    grpc_shutdown();
}

static void make_key(void) {
    PL_ASSERT(pthread_key_create(&key, end_queue) == 0);
}

grpc_completion_queue *pl_pluck_queue(void) {
    grpc_completion_queue *queue;

    pthread_once(&once, make_key);
    queue = pthread_getspecific(key);
    if (!queue) {
        /* Keeps core alive for as long as the thread has its queue. */
        grpc_init();
        queue = grpc_completion_queue_create_for_pluck(NULL);
        PL_ASSERT(pthread_setspecific(key, queue) == 0);
    }
    return queue;
}

void pl_pluck_done(void) {
    void *queue;

    pthread_once(&once, make_key);
    queue = pthread_getspecific(key);
    if (queue) {
        pthread_setspecific(key, NULL);
        end_queue(queue);
    }
}

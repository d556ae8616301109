/* The end of a server, in the order that core needs. */
#include "parley/base/cond.h"
#include "server_internal.h"

static void on_shutdown(pl_op *op, bool ok) {
    pl_server *server = PL_CONTAINER_OF(op, pl_server, shutdown);

    (void)ok;
    pthread_mutex_lock(&server->mu);
    server->shut_down = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mu);
}

/* Waits until no call is in flight; false where the grace is over before. */
static bool wait_for_calls(pl_server *server, int64_t deadline_ns) {
    bool idle, early = true;

    pthread_mutex_lock(&server->mu);
    while (server->in_flight && early)
        early = pl_cond_wait(&server->changed, &server->mu, deadline_ns);
    idle = server->in_flight == 0;
    pthread_mutex_unlock(&server->mu);
    return idle;
}

/* Connections end by themselves when their callers have read the last answers; cut before that, an
 * answer on its way is lost. */
static void wait_for_connections(pl_server *server, int64_t deadline_ns) {
    bool early = true;

    pthread_mutex_lock(&server->mu);
    while (!server->shut_down && early)
        early = pl_cond_wait(&server->changed, &server->mu, deadline_ns);
    pthread_mutex_unlock(&server->mu);
}

/* Handlers end by their deadlines or because they notice the cancellation. */
static void wait_for_end(pl_server *server) {
    pthread_mutex_lock(&server->mu);
    while (server->live || server->in_flight || !server->shut_down)
        pthread_cond_wait(&server->changed, &server->mu);
    pthread_mutex_unlock(&server->mu);
}

/* Under draining. */
static pl_code drain(pl_server *server, int64_t grace_ms) {
    bool idle;

    pl_server_set_serving(server, NULL, false);
    pl_health_stop(server->health);
    atomic_store(&server->stopping, true);
    server->shutdown.done = on_shutdown;
    PL_OP_PUBLISH(&server->shutdown);
    grpc_server_shutdown_and_notify(server->grpc, server->queue, &server->shutdown);
    idle = wait_for_calls(server, pl_deadline_ms(grace_ms));
    if (idle)
        wait_for_connections(server, pl_deadline_ms(PL_SERVER_LAST_ANSWERS_MS));
    grpc_server_cancel_all_calls(server->grpc);
    wait_for_end(server);
    grpc_completion_queue_shutdown(server->queue);
    pthread_join(server->poller, NULL);
    grpc_server_destroy(server->grpc);
    grpc_completion_queue_destroy(server->queue);
    return idle ? PL_OK : PL_DEADLINE_EXCEEDED;
}

pl_code pl_server_drain(pl_server *server, int64_t grace_ms) {
    pl_code code;

    if (!server->started)
        return PL_OK;
    pthread_mutex_lock(&server->draining);
    if (!server->drained)
        server->drain_code = drain(server, grace_ms);
    server->drained = true;
    code = server->drain_code;
    pthread_mutex_unlock(&server->draining);
    return code;
}

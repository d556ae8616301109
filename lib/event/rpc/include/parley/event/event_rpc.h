/* Events over gRPC: EventLogService and EventAdminService served from a store, and a
 * reader of another service's log.
 *
 *     pl_event_log_service *service;
 *     pl_event_log_service_new(store, &service, &err);
 *     pl_server_add(server, pl_event_log_service_binding(service), &err);
 *     ...
 *     opts.log = pl_log_reader_channel(orders_channel);
 */
#ifndef PARLEY_EVENT_EVENT_RPC_H
#define PARLEY_EVENT_EVENT_RPC_H

#include "parley/event/store.h"
#include "parley/rpc/channel.h"
#include "parley/rpc/desc.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pl_event_log_service pl_event_log_service;

/* Serves the log and the publishing by hand of STORE (borrowed; must outlive it).
 * PL_RESOURCE_EXHAUSTED: no memory. Its methods may be called from any worker. */
pl_code pl_event_log_service_new(pl_event_store *store, pl_event_log_service **out_service,
                                 pl_error *err) PL_NODISCARD;
/* The same of the log behind READER alone: nothing can be published by hand. */
pl_code pl_event_log_service_of(pl_log_reader reader, pl_event_log_service **out_service,
                                pl_error *err) PL_NODISCARD;
/* After the server that serves it. NULL is allowed. */
void pl_event_log_service_free(pl_event_log_service *service);

/* parley.event.v1.EventLogService, for pl_server_add. */
pl_service_binding pl_event_log_service_binding(const pl_event_log_service *service);

/* parley.event.v1.EventAdminService: only in demonstrations, only on loopback; the caller
 * sees to both. */
pl_service_binding pl_event_admin_service_binding(const pl_event_log_service *service);

/* Reads the log of the service behind CHANNEL (borrowed). Each read has
 * PL_LOG_READER_TIMEOUT_MS. */
pl_log_reader pl_log_reader_channel(pl_channel *channel);
#define PL_LOG_READER_TIMEOUT_MS 2000

#ifdef __cplusplus
}
#endif
#endif

#ifndef PARLEY_BACKING_INTERNAL_H
#define PARLEY_BACKING_INTERNAL_H

#include "parley/backing/backing.h"
#include "parley/event/event_rpc.h"
#include "parley/event/relay.h"

struct pl_backing {
    pl_service *service;
    const pl_backing_opts *opts;
    pl_pg *pg;
    pl_event_pg *events;
    pl_event_log_service *log_service;
    pl_relay *relay;
    struct {
        const char *name;
        pl_channel *channel;
    } channels[PL_BACKING_CHANNELS_MAX];
    size_t channel_count;
    struct {
        char subscription[64];
        char stream[64];
        pl_consumer *consumer;
    } consumers[PL_BACKING_CONSUMERS_MAX];
    size_t consumer_count;
};

/* A pl_metrics_fn: SELF is the pl_backing. */
void backing_sample(void *self, pl_metrics *metrics);

#endif

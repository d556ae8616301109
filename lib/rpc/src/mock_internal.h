/* What mock.c and mock_stream.c share: the state of one mocked method. */
#ifndef PL_RPC_MOCK_INTERNAL_H
#define PL_RPC_MOCK_INTERNAL_H

#include <pthread.h>

#include "codec.h"
#include "parley/rpc/mock.h"

typedef struct mock_method {
    unsigned count;
    bool set;
    pl_code code; /* the status */
    char reason[PL_ERROR_REASON_MAX];
    char message[PL_ERROR_MESSAGE_MAX];
    grpc_slice response; /* packed */
    grpc_slice *script;  /* packed; NULL: none */
    size_t script_count;
    pl_dispatch_fn *handler;
    pl_stream_fn *stream_handler;
    const void *impl;
    pl_arena arena; /* of the requests of the last call */
    ProtobufCMessage *last;
    ProtobufCMessage **requests; /* of a method that streams them; room for PL_MOCK_MESSAGES_MAX */
    size_t request_count;        /* may be more */
} mock_method;

struct pl_mock {
    const pl_service_desc *service;
    pthread_mutex_t mu;
    mock_method methods[]; /* guarded by mu */
};

/* The bytes of SLICE, which stays. */
pl_str pl_mock_text(grpc_slice *slice);
/* Counts a call and forgets the requests of the one before: under mu. */
void pl_mock_begin(mock_method *m);
/* Keeps a copy of REQUEST: under mu. */
void pl_mock_keep(mock_method *m, const pl_method_desc *desc, const ProtobufCMessage *request);
/* The answer that was set to a method that streams none: under mu. */
pl_code pl_mock_give(mock_method *m, const pl_method_desc *desc, pl_call *call,
                     ProtobufCMessage **out_response);
/* Forgets the script. */
void pl_mock_drop_script(mock_method *m);

#endif

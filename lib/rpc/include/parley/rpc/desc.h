/* Descriptors: what generated code tells the runtime about a service.
 *
 * Constants made by protoc-gen-parley from a .proto file: one pl_service_desc a
 * service, one pl_method_desc a method, one pl_file_desc a file. The server
 * dispatches by them, the client calls by them, the mock answers by them, and
 * reflection serves the embedded file descriptors. A tool that knows a service only while it runs
 * (a stub, out of a descriptor set) makes them itself, with methods in bytes.
 *
 * Nothing here allocates or has state; all of it lives as long as the program, or the server.
 */
#ifndef PARLEY_RPC_DESC_H
#define PARLEY_RPC_DESC_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The number of this interface; generated code refuses to compile against another. */
#define PL_RPC_ABI 2

typedef struct pl_call pl_call;
typedef struct pl_violations pl_violations;
typedef struct pl_stream pl_stream;

typedef enum pl_method_kind {
    PL_METHOD_UNARY,
    PL_METHOD_SERVER_STREAM,
    PL_METHOD_CLIENT_STREAM,
    PL_METHOD_BIDI
} pl_method_kind;

/* Who may call a method, as (parley.auth) says. */
typedef enum pl_auth_rule {
    PL_AUTH_RULE_UNSET, /* no rule: refused */
    PL_AUTH_RULE_PUBLIC,
    PL_AUTH_RULE_USER,
    PL_AUTH_RULE_OWNER, /* auth_arg: the request field, "" where the handler compares */
    PL_AUTH_RULE_ROLE,  /* auth_arg: the authority */
    PL_AUTH_RULE_INTERNAL
} pl_auth_rule;

/* Whether a call may be repeated, as (parley.call).idempotency says. */
typedef enum pl_idempotency {
    PL_IDEMPOTENCY_NONE,
    PL_IDEMPOTENCY_ALWAYS,
    PL_IDEMPOTENCY_IF_KEY /* where metadata idempotency-key is present */
} pl_idempotency;

/* Calls the operation of IMPL (the generated struct { self, ops }) for REQUEST;
 * *out_response is what it left there, NULL where it set nothing. */
typedef pl_code pl_dispatch_fn(const void *impl, pl_call *call, const ProtobufCMessage *request,
                               ProtobufCMessage **out_response);

/* The same for a method with streams: REQUEST is NULL unless the method streams only its
 * answers, OUT_RESPONSE is NULL unless it streams only its requests; STREAM is the handler's end.
 */
typedef pl_code pl_stream_fn(const void *impl, pl_call *call, const ProtobufCMessage *request,
                             pl_stream *stream, ProtobufCMessage **out_response);

/* The same for a unary method in bytes: the answer is appended to RESPONSE where PL_OK is returned.
 */
typedef pl_code pl_bytes_fn(const void *impl, pl_call *call, pl_str request, pl_buf *response);

/* Checks the limits of REQUEST and adds what is wrong to OUT. PL_OK or
 * PL_INVALID_ARGUMENT. */
typedef pl_code pl_validate_fn(const ProtobufCMessage *request, pl_violations *out);

typedef struct pl_method_desc {
    const char *name; /* "PlaceOrder" */
    const char *path; /* "/mall.orders.v1.OrderService/PlaceOrder" */
    pl_method_kind kind;
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;
    pl_dispatch_fn *dispatch; /* unary; NULL: the method answers UNIMPLEMENTED */
    pl_stream_fn *stream;     /* the three kinds that stream; NULL: UNIMPLEMENTED */
    pl_validate_fn *validate; /* NULL: nothing to check */
    pl_auth_rule auth;
    const char *auth_arg; /* never NULL; "" where the rule has none */
    bool run_inline;      /* answered on the poller */
    pl_idempotency idempotency;
    uint32_t max_request; /* bytes; 0: the server's limit */
    uint32_t timeout_ms;  /* a client's default deadline; 0: PL_CALL_TIMEOUT_MS */
    /* A method in bytes has neither `request` nor `response`, and nothing looks at its messages.
     * This takes the place of `dispatch`; `stream` is given neither request nor out_response, and
     * receives and sends everything with pl_stream_recv_bytes and pl_stream_send_bytes. */
    pl_bytes_fn *answer;
} pl_method_desc;

/* One .proto file, for reflection. */
typedef struct pl_file_desc pl_file_desc;
struct pl_file_desc {
    const char *name;     /* "mall/orders/v1/orders.proto" */
    const uint8_t *bytes; /* a google.protobuf.FileDescriptorProto */
    size_t size;
    const pl_file_desc *const *deps; /* what it imports */
    size_t dep_count;
};

typedef struct pl_service_desc {
    uint32_t abi;     /* PL_RPC_ABI */
    const char *name; /* "mall.orders.v1.OrderService" */
    const pl_method_desc *methods;
    size_t method_count;
    const pl_file_desc *file; /* NULL: not visible to reflection */
    /* The field of IMPL's operations that METHOD needs and that is NULL; NULL: it is there. A NULL
     * function: nobody knows. */
    const char *(*lacks)(const void *impl, size_t method);
} pl_service_desc;

/* A service and what implements it; made by the generated X_bind. IMPL is the
 * generated struct { self, ops } and is borrowed. */
typedef struct pl_service_binding {
    const pl_service_desc *desc;
    const void *impl;
} pl_service_binding;

#ifdef __cplusplus
}
#endif
#endif

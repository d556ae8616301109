/* The emitters: one function a construct, each appending to a header or a source.
 *
 * They read the model and decide nothing about whether it is right; check.h does
 * that before.
 */
#ifndef PL_GEN_EMIT_H
#define PL_GEN_EMIT_H

#include "model.h"
#include "out.h"

/* What is made of a file; the parameter of the plugin. */
typedef enum pl_gen_mode {
    PL_GEN_RPC,    /* "rpc": messages, validators, services */
    PL_GEN_TYPES,  /* "types": messages, and what stands behind them nothing */
    PL_GEN_FILE,   /* "file": the embedded descriptor */
    PL_GEN_EVENTS, /* "events": nanopb structs, publish_ and on_ */
} pl_gen_mode;

/* The first line of every file. */
void pl_emit_banner(pl_out *out, const pl_gen_file *file);
/* The ABI check. */
void pl_emit_abi(pl_out *out, const char *macro, int abi, const pl_gen_file *file);

void pl_emit_header(pl_out *out, const pl_gen *gen, const pl_gen_file *file, pl_gen_mode mode);
void pl_emit_source(pl_out *out, const pl_gen *gen, const pl_gen_file *file, pl_gen_mode mode);

/* Enums and messages: typedefs, init macros, constructors, names. */
void pl_emit_types_header(pl_out *out, const pl_gen_file *file, bool validators);
void pl_emit_types_source(pl_out *out, const pl_gen_file *file);
/* Validators of the limits. */
void pl_emit_validators(pl_out *out, const pl_gen_file *file);
/* Operations, descriptor, binding, clients and mock of each service. */
void pl_emit_services_header(pl_out *out, const pl_gen_file *file);
void pl_emit_services_source(pl_out *out, const pl_gen_file *file);
void pl_emit_client_source(pl_out *out, const pl_gen_service *service);
/* Both ends of methods that stream. */
void pl_emit_stream_types(pl_out *out, const pl_gen_service *service);
void pl_emit_streams_header(pl_out *out, const pl_gen_service *service);
void pl_emit_streams_source(pl_out *out, const pl_gen_service *service);
/* The head and the end of "static pl_code SERVICE_METHOD_NAME(...)", a streaming operation; what
 * stands between them returns or leaves `code` and `response`. */
void pl_emit_stream_operation(pl_out *out, const pl_gen_service *service,
                              const pl_gen_method *method, const char *name);
void pl_emit_stream_operation_end(pl_out *out, const pl_gen_method *method);
void pl_emit_mock_header(pl_out *out, const pl_gen_service *service);
void pl_emit_mock_source(pl_out *out, const pl_gen_service *service);
/* The embedded FileDescriptorProto, without source information. */
void pl_emit_file_source(pl_out *out, const pl_gen *gen, const pl_gen_file *file);

/* Events. */
void pl_emit_events_header(pl_out *out, const pl_gen *gen, const pl_gen_file *file);
void pl_emit_events_source(pl_out *out, const pl_gen *gen, const pl_gen_file *file);
/* The checks of their texts: "static pl_code X_check(const X *, pl_code bad, pl_error *)". */
void pl_emit_texts(pl_out *out, const pl_gen *gen, const pl_gen_file *file);
/* The .options that give nanopb's structs their bounds. */
void pl_emit_events_options(pl_out *out, const pl_gen_file *file);

#endif

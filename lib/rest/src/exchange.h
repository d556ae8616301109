/* An exchange from inside: what the parts of it share. */
#ifndef PARLEY_REST_EXCHANGE_H
#define PARLEY_REST_EXCHANGE_H

#include "accept.h"
#include "parley/rest/rest.h"
#include "table.h"

struct pl_rest_exchange {
    const pl_rest *rest;
    const pl_rest_request *request;
    pl_arena *arena;
    const rest_binding *binding; /* NULL: refused before it was routed, or the entry point */
    rest_form form;
    pl_str base; /* "http://host"; empty where the request has no usable Host */
    bool calling;
    pl_rest_call call;
    const char *refusal; /* the message of a refusal made here; NULL: none */
    const pl_rest_response *response;
};

/* What an answer is made of. */
typedef struct rest_answer {
    int status;
    pl_str type; /* empty: no body */
    pl_str body;
    pl_str location; /* empty: none */
    pl_str etag;     /* quoted; empty: none */
} rest_answer;

/* Makes ANSWER the response. */
void rest_exchange_answer(pl_rest_exchange *exchange, const rest_answer *answer);

/* Makes an error of ERR (and the FIELD at fault) the response; STATUS 0: of its code. */
void rest_exchange_refuse(pl_rest_exchange *exchange, int status, const pl_error *err,
                          pl_str field);

/* BODY copied to the arena; p is NULL where it does not fit. */
pl_str rest_keep(pl_arena *arena, const pl_buf *body);

/* ---- parts in files of their own ---- */

/* metadata.c: the headers that go upstream. */
PL_NODISCARD pl_code rest_metadata(const pl_rest_request *request, pl_arena *arena,
                                   pl_rest_call *call, int *out_status, pl_error *err);
/* grpc-timeout as milliseconds; PL_NOT_FOUND where the header is absent. */
PL_NODISCARD pl_code rest_grpc_timeout(pl_str value, int64_t *out_ms);

/* hal.c: the body of an answer in the form that was asked for. */
PL_NODISCARD pl_code rest_write_answer(pl_rest_exchange *exchange, pl_str response, pl_buf *out,
                                       pl_error *err);

/* entry.c: what the gateway answers by itself. */
void rest_answer_entry(pl_rest_exchange *exchange);
void rest_answer_profile_list(pl_rest_exchange *exchange);
void rest_answer_search(pl_rest_exchange *exchange);
void rest_answer_profile(pl_rest_exchange *exchange);

/* schema.c: the JSON Schema (2020-12) of TYPE as REST shows it. */
PL_NODISCARD pl_code rest_schema_write(const pl_message_type *type, bool int64_numbers, pl_buf *out,
                                       pl_error *err);

#endif

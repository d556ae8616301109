/* A gRPC request from path, query and body. */
#ifndef PARLEY_REST_ASSEMBLE_H
#define PARLEY_REST_ASSEMBLE_H

#include "parley/json/proto_json.h"
#include "parley/rest/rest.h"
#include "table.h"

/* Why a request was refused. */
typedef struct rest_fault {
    int status; /* HTTP; 0: of err's code */
    pl_error err;
    char field[PL_JSON_PATH_SIZE]; /* the field or parameter at fault; "": none */
} rest_fault;

/* Sets FAULT and returns CODE; FIELD may be empty. */
pl_code rest_fault_set(rest_fault *fault, int status, pl_code code, pl_str field,
                       const char *format, ...) PL_PRINTF(5, 6);

/* A field that path or query has given a value. */
typedef struct rest_assignment {
    const pl_field *const *fields;
    size_t depth;
    pl_str value; /* the last field alone, with its tag */
} rest_assignment;

/* The values of one request. */
typedef struct rest_assignments {
    rest_assignment at[PL_REST_MAX_PARAMETERS + PL_REST_MAX_VARIABLES];
    size_t count;
} rest_assignments;

/* Reads TEXT as a value of the last of FIELDS and adds it. PL_INVALID_ARGUMENT where it
 * is none, or where the field has another value already; NAME is shown. */
PL_NODISCARD pl_code rest_assign(rest_assignments *list, pl_arena *arena,
                                 const pl_field *const *fields, size_t depth, pl_str name,
                                 pl_str text, rest_fault *fault);

/* Adds the parameters of QUERY (or of a form) that BINDING takes. */
PL_NODISCARD pl_code rest_query_assign(rest_assignments *list, pl_arena *arena,
                                       const rest_binding *binding, pl_str query,
                                       rest_fault *fault);

/* The request of BINDING as wire bytes in ARENA. The codes are those of the refusal in
 * FAULT. */
PL_NODISCARD pl_code rest_assemble(const pl_rest *rest, const rest_binding *binding,
                                   const pl_rest_match *match, const pl_rest_request *request,
                                   pl_arena *arena, pl_str *out_wire, rest_fault *fault);

/* The first header named NAME (in lower case); empty where there is none. */
pl_str rest_header(const pl_rest_request *request, const char *name);

#endif

/* From a request to a response, in memory: the whole generator. */
#ifndef PL_GEN_GENERATE_H
#define PL_GEN_GENERATE_H

#include "plugin.h"

/* Answers REQUEST (packed). What is wrong with the .proto files is in the response's error,
 * and the code is PL_OK. PL_INVALID_ARGUMENT: REQUEST is none; PL_RESOURCE_EXHAUSTED: no
 * memory. The response lives in ARENA. */
PL_NODISCARD pl_code pl_generate(pl_str request, pl_arena *arena, pl_str *out_response,
                                 pl_error *err);

#endif

/* The clock of a stub: in the line and over HTTP. */
#ifndef PARLEY_STUB_VERB_CLOCK_H
#define PARLEY_STUB_VERB_CLOCK_H

#include "parley/http/server.h"
#include "parley/stub/stub.h"

#define STUB_CLOCK "/__parley/clock"

/* Reads RFC 3339 as milliseconds since 1970; false: it is none, or not after that. */
bool stub_clock_read(pl_str text, int64_t *out_ms);

/* Answers it; OUT gets the body. *CLOCK_MS is what is set, 0: nothing. Returns the status. */
int stub_clock_answer(pl_stub *stub, int64_t *clock_ms, const pl_http_request *request,
                      pl_buf *out);

#endif

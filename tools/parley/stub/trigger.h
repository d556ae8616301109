/* Triggers: events of the stub, by hand. */
#ifndef PARLEY_STUB_VERB_TRIGGER_H
#define PARLEY_STUB_VERB_TRIGGER_H

#include "parley/http/server.h"
#include "stub/stub.h"

/* POST to this and a trigger's name; ?consumer= and ?contract= choose, the body has overrides. */
#define STUB_TRIGGERS "/__parley/triggers/"

/* trigger_http.c: answers it; OUT gets the body. Returns the status. */
int stub_trigger_answer(pl_stub *stub, const pl_http_request *request, pl_buf *out);

/* trigger.c: asks a stub that serves for the events of NAME; returns the exit code. */
int stub_trigger(const stub_line *line, const char *name);

#endif

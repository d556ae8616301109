/* W3C Trace Context: the trace a request belongs to. */
#ifndef GATEWAY_TRACE_H
#define GATEWAY_TRACE_H

#include "parley/base/str.h"

/* "00-<32>-<16>-<2>" and a NUL. */
#define TRACE_SIZE 56

/* Writes the traceparent for the upstream call: of the trace INCOMING (a well-formed
 * traceparent) with a new span, or of a new trace where INCOMING is empty. */
void trace_make(pl_str incoming, char out[TRACE_SIZE]);

/* The 32 digits of the trace id in TRACEPARENT. */
pl_str trace_id(const char traceparent[TRACE_SIZE]);

#endif

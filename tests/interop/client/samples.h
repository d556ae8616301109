/* What the cases with one request and those with streams have in common. */
#ifndef INTEROP_SAMPLES_H
#define INTEROP_SAMPLES_H

#include "client/run.h"

/* Bytes of the large payloads, both ways. */
#define LARGE_REQUEST  271828
#define LARGE_RESPONSE 314159

/* Sets the metadata that a server echoes for the next call. */
void interop_send_metadata(interop_run *run);
/* The last call, of METHOD, brought both back. Which of them came before the answer and which after
 * it, lib/rpc does not tell. */
bool interop_expect_metadata(interop_run *run, const char *method);

/* The halves of custom_metadata and of status_code_and_message made by UnaryCall. */
bool interop_metadata_unary(interop_run *run);
bool interop_status_unary(interop_run *run, const char *message);
/* Those made by FullDuplexCall. */
bool interop_metadata_duplex(interop_run *run);
bool interop_status_duplex(interop_run *run, const char *message);

#endif

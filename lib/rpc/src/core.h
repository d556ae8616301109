/* gRPC's C core as a whole: its life and its log. */
#ifndef PARLEY_RPC_CORE_H
#define PARLEY_RPC_CORE_H

#include <grpc/grpc.h>

#include "parley/base/str.h"

/* Bytes of a stream of HTTP/2 that are on their way, or wait for who reads it. */
#define PL_CORE_WINDOW (256 << 10)

/* Start core, or count one more user of it. */
void pl_core_init(void);
/* One user less; the last one waits until core has ended. */
void pl_core_shutdown(void);

/* The operating system's word in the last error that core logged on this thread
 * ("Address already in use"), "" where there is none; core returns no reasons. */
const char *pl_core_last_os_error(void);

/* Arguments of a channel or a server; VALUE is borrowed. */
grpc_arg pl_core_int_arg(const char *key, int value);
grpc_arg pl_core_text_arg(const char *key, const char *value);
/* The encodings of messages that are taken, as a set of core's: gzip and deflate, or none. */
int pl_core_encodings(bool compressed);

#endif

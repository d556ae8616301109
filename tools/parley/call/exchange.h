/* One call of any kind: what the input says goes there, what comes back is printed. */
#ifndef PARLEY_CALL_EXCHANGE_H
#define PARLEY_CALL_EXCHANGE_H

#include "call/call.h"

/* Calls METHOD over CHANNEL with the messages of the request's words, and returns an exit code. A
 * method that takes one message gets {} where there are no words. Messages that stand on the
 * command line are looked at before the call begins; those of standard input go as they come. */
int call_exchange(const call_request *request, pl_channel *channel, const pl_method_type *method);

#endif

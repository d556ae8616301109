/* Ctrl-C during a call: cancels what is on its way, so that the server is told.
 *
 * Without a call it ends the process at once with 130, and so does the second one.
 */
#ifndef PARLEY_CALL_INTERRUPT_H
#define PARLEY_CALL_INTERRUPT_H

#include <stdbool.h>

#include "parley/rpc/stream.h"

/* Begins to watch; before any other thread exists. */
void call_interrupt_watch(void);
/* STREAM is the call to cancel from now on; NULL: none, and nobody uses the last one any more. */
void call_interrupt_cancels(pl_stream *stream);
/* Ctrl-C was pressed. */
bool call_interrupted(void);

#endif

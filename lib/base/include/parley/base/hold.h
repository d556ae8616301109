/* Hold: does the calling thread hold something that others wait for?
 *
 * A database transaction must not stay open across a remote call: its connection
 * and its row locks would wait for another machine. The store adapters count the
 * transactions of the calling thread here, and a client asks before it calls.
 * It is a counter of the thread, not a lock; nothing waits.
 */
#ifndef PARLEY_BASE_HOLD_H
#define PARLEY_BASE_HOLD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The calling thread has begun a transaction. */
void pl_base_hold_enter(void);

/* The calling thread has ended a transaction that it had begun. */
void pl_base_hold_leave(void);

/* Transactions the calling thread holds. */
size_t pl_base_hold_held(void);

#ifdef __cplusplus
}
#endif
#endif

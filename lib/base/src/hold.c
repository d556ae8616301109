#include "parley/base/hold.h"

#include "parley/base/assert.h"

static _Thread_local size_t held;

void pl_base_hold_enter(void) {
    held++;
}

void pl_base_hold_leave(void) {
    PL_ASSERT(held > 0);
    held--;
}

size_t pl_base_hold_held(void) {
    return held;
}

#include "delivery.h"

const char *delivery_state_name(delivery_state state) {
    static const char *const names[] = {"", "DeliveryPreparing", "DeliveryStarted",
                                        "DeliveryCompleted", "DeliveryCancelled"};
    return names[state];
}

delivery_state delivery_first_state(const delivery_early *early) {
    return early->cancelled ? DELIVERY_CANCELLED : DELIVERY_PREPARING;
}

bool delivery_can_start(delivery_state state) {
    return state == DELIVERY_PREPARING;
}

bool delivery_can_complete(delivery_state state) {
    return state == DELIVERY_STARTED;
}

bool delivery_can_cancel(delivery_state state) {
    return state != DELIVERY_CANCELLED;
}

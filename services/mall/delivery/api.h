/* DeliveryService over the store. */
#ifndef MALL_DELIVERY_API_H
#define MALL_DELIVERY_API_H

#include "parley/rpc/desc.h"
#include "store.h"

/* STORE is borrowed as long as the binding is served. */
pl_service_binding delivery_api_bind(delivery_store *store);

#endif

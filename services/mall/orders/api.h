/* OrderService over store and placing. */
#ifndef MALL_ORDERS_API_H
#define MALL_ORDERS_API_H

#include "parley/rpc/desc.h"
#include "place.h"

/* PLACING is borrowed as long as the binding is served. */
pl_service_binding orders_api_bind(orders_placing *placing);

#endif

/* PaymentService over the store. */
#ifndef MALL_PAYMENT_API_H
#define MALL_PAYMENT_API_H

#include "parley/rpc/desc.h"
#include "store.h"

/* STORE is borrowed as long as the binding is served. */
pl_service_binding payment_api_bind(payment_store *store);

#endif

/* ProductService over the store. */
#ifndef MALL_PRODUCTS_API_H
#define MALL_PRODUCTS_API_H

#include "parley/rpc/desc.h"
#include "store.h"

/* STORE is borrowed as long as the binding is served. */
pl_service_binding products_api_bind(products_store *store);

#endif

/* A system as its system.yaml describes it: services, stores, ports, settings.
 *
 *     system: mall
 *     title: 12 STREET
 *     services:
 *       orders:
 *         binary: mall-orders            # in bin/; default <system>-<service>
 *         port: 8081                     # documented; gRPC is port + 1000, admin port + 10000
 *         store: postgres                # postgres or none
 *         serves: [mall.orders.v1.OrderService]
 *         calls: [products, payment]     # told as PRODUCTS_ADDR, PAYMENT_ADDR
 *         settings: { STOCK_POLICY: backorder }
 *     gateway:
 *       binary: gateway
 *       port: 8088
 *       settings: { ... }
 *
 * In settings ${root}, ${build} and ${state} stand for the workspace, the folder of
 * the binaries' parent and the system's state folder. A wrong file is refused at
 * file:line:col.
 */
#ifndef PARLEY_TOOL_SYSTEM_H
#define PARLEY_TOOL_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/workspace.h"
#include "parley/base/arena.h"
#include "parley/base/error.h"

#define SYSTEM_SERVICES_MAX 32
#define SYSTEM_SETTINGS_MAX 64
#define SYSTEM_LIST_MAX     16
#define SYSTEM_REPLICAS_MAX 16

/* The ports a service may have; port bases count from the first. */
#define SYSTEM_PORT_FIRST 8000
/* What stands at a documented port p: gRPC at p + 1000, the admin port at p + 10000. */
#define SYSTEM_GRPC_OFFSET  1000
#define SYSTEM_ADMIN_OFFSET 10000
#define SYSTEM_PORT_LAST    9999

typedef enum system_store { SYSTEM_STORE_NONE, SYSTEM_STORE_POSTGRES } system_store;

typedef struct system_setting {
    const char *key;
    const char *value;
    uint32_t line; /* of the file; 0: it was overridden */
} system_setting;

typedef struct system_service {
    const char *name;
    const char *binary;
    bool is_gateway;
    int port; /* as documented */
    system_store store;
    const char *serves[SYSTEM_LIST_MAX];
    size_t serves_count;
    const char *calls[SYSTEM_LIST_MAX];
    size_t calls_count;
    const char *events[SYSTEM_LIST_MAX]; /* services whose streams it reads */
    size_t events_count;
    system_setting settings[SYSTEM_SETTINGS_MAX];
    size_t setting_count;
    int replicas;
    bool left_out; /* --without */
} system_service;

typedef struct system_model {
    const char *name;
    const char *title;
    const char *file;
    system_service services[SYSTEM_SERVICES_MAX]; /* the gateway is last */
    size_t service_count;
} system_model;

/* Reads FILE into *out_model, whose texts live in ARENA. */
PL_NODISCARD pl_code system_load(const char *file, pl_arena *arena, system_model *out_model,
                                 pl_error *err);

/* PL_INVALID_ARGUMENT: MODEL does not have NAME, that of its folder. */
PL_NODISCARD pl_code system_check_name(const system_model *model, const char *name, pl_error *err);

/* The service NAME ("orders" or "mall/orders"), or NULL. */
system_service *system_find(system_model *model, const char *name);

/* Overrides a setting; a later one wins. Key `binary` changes the program.
 * PL_RESOURCE_EXHAUSTED: more than SYSTEM_SETTINGS_MAX. */
PL_NODISCARD pl_code system_set(system_service *service, const char *key, const char *value,
                                pl_error *err);

#endif

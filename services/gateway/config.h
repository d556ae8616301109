/* The gateway's settings that are lists: which service is where, who listens where,
 * which folders are shown. Texts are borrowed from the setting, which outlives them. */
#ifndef GATEWAY_CONFIG_H
#define GATEWAY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#define GATEWAY_MAX_UPSTREAMS 64
#define GATEWAY_MAX_LISTENERS 32 /* the main one included */
#define GATEWAY_MAX_FOLDERS   16
#define GATEWAY_ADDRESS_MAX   1024 /* bytes of an address, NUL included */
#define GATEWAY_NAME_MAX      128  /* bytes of a service's or listener's name, NUL included */
#define GATEWAY_PATH_MAX      4096 /* bytes of a folder, NUL included */

/* Where the service NAME is: its full name, its package, or a part of its package. */
typedef struct gateway_upstream {
    char name[GATEWAY_NAME_MAX];
    char target[GATEWAY_ADDRESS_MAX]; /* as pl_channel takes it */
} gateway_upstream;

/* A listener; the main one has no name and shows everything. */
typedef struct gateway_listener {
    char name[GATEWAY_NAME_MAX]; /* "orders"; "": the main one */
    char address[GATEWAY_ADDRESS_MAX];
} gateway_listener;

/* A folder shown under a path. */
typedef struct gateway_folder {
    char prefix[GATEWAY_NAME_MAX]; /* "/goods/img" */
    char path[GATEWAY_PATH_MAX];
    bool nocase; /* names are found without regard to case */
} gateway_folder;

typedef struct gateway_config {
    gateway_upstream upstreams[GATEWAY_MAX_UPSTREAMS];
    size_t upstream_count;
    gateway_listener listeners[GATEWAY_MAX_LISTENERS];
    size_t listener_count;
    gateway_folder folders[GATEWAY_MAX_FOLDERS];
    size_t folder_count;
} gateway_config;

/* "mall.orders.v1.OrderService=file:/run/orders.addr,payment=ipv4:a:1,b:2": a piece
 * without "=" belongs to the address before it. PL_INVALID_ARGUMENT. */
PL_NODISCARD pl_code gateway_config_upstreams(gateway_config *config, const char *text,
                                              pl_error *err);

/* The main listener MAIN ("127.0.0.1:8088") and, in SERVICES, "orders=127.0.0.1:8081,...".
 * PL_INVALID_ARGUMENT. */
PL_NODISCARD pl_code gateway_config_listeners(gateway_config *config, const char *main_address,
                                              const char *services, pl_error *err);

/* "/goods/img=/srv/pictures;nocase,/ui=/srv/page". PL_INVALID_ARGUMENT. */
PL_NODISCARD pl_code gateway_config_folders(gateway_config *config, const char *text,
                                            pl_error *err);

/* ADDRESS can be reached from this machine alone: 127.0.0.0/8, [::1], localhost, a Unix
 * socket. */
bool gateway_address_local(const char *address);

/* NAME means SERVICE ("mall.orders.v1.OrderService"): its full name, its package, or a
 * part of its package. */
bool gateway_name_means(const char *name, const char *service);

#endif

#include "up/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

static bool port_free(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return false;
    /* As the services bind: a port in TIME_WAIT is free. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool ok = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1) == 0;
    close(fd);
    return ok;
}

int ports_own_taken(const system_service *service, int base) {
    int port = service->port - SYSTEM_PORT_FIRST + base;
    int listen = service->is_gateway ? port : port + SYSTEM_GRPC_OFFSET;
    if (!port_free(listen))
        return listen;
    return port_free(port + SYSTEM_ADMIN_OFFSET) ? 0 : port + SYSTEM_ADMIN_OFFSET;
}

/* The gateway opens the documented ports of all services. */
static int first_taken(const system_model *model, int base) {
    for (size_t i = 0; i < model->service_count; i++) {
        int port = model->services[i].port - SYSTEM_PORT_FIRST + base;
        int own = port_free(port) ? ports_own_taken(&model->services[i], base) : port;
        if (own)
            return own;
    }
    return 0;
}

pl_code ports_choose(const system_model *model, int wanted, int *out_base, int *out_taken,
                     pl_error *err) {
    int taken_first = 0;
    for (int i = 0; i < PORTS_TRIES; i++) {
        int base = wanted + i * PORTS_STEP;
        if (base > PORTS_BASE_MAX)
            break;
        int taken = first_taken(model, base);
        if (taken == 0) {
            *out_base = base;
            *out_taken = taken_first;
            return PL_OK;
        }
        if (!taken_first)
            taken_first = taken;
    }
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                        "port %d is taken, and so are the ranges above it; end what listens there, "
                        "or use --port-base",
                        taken_first);
}

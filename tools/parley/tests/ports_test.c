/* The port base: as wanted, or the next one where a port is taken. */
#include "up/ports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

/* A system whose only service has the documented port 8000: at base N it is N itself, and gRPC and
 * admin are N + 1000 and N + 10000. */
static void fill(system_model *model) {
    memset(model, 0, sizeof *model);
    model->name = "it";
    model->services[0].name = "one";
    model->services[0].port = SYSTEM_PORT_FIRST;
    model->service_count = 1;
}

static int listen_on(int port, int *out_port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        close(fd);
        return -1;
    }
    *out_port = ntohs(address.sin_port);
    return fd;
}

/* A base at which all is free now, far from what systems use. Admin ports are 10000 above it: below
 * what the kernel gives to outgoing connections, from 32768. */
static int free_base(const system_model *model) {
    int base = 0;
    int taken = 0;
    assert_int_equal(ports_choose(model, 21000, &base, &taken, NULL), PL_OK);
    return base;
}

static void takes_what_is_wanted_where_it_is_free(void **state) {
    static system_model model;
    int base = 0;
    int taken = -1;
    (void)state;
    fill(&model);
    int wanted = free_base(&model);
    assert_int_equal(ports_choose(&model, wanted, &base, &taken, NULL), PL_OK);
    assert_int_equal(base, wanted);
    assert_int_equal(taken, 0);
}

static void check_moves(int offset) {
    static system_model model;
    int base = 0;
    int taken = 0;
    int port = 0;
    fill(&model);
    int wanted = free_base(&model);
    int fd = listen_on(wanted + offset, &port);
    assert_true(fd >= 0);
    assert_int_equal(ports_choose(&model, wanted, &base, &taken, NULL), PL_OK);
    close(fd);
    assert_true(base > wanted && (base - wanted) % PORTS_STEP == 0);
    assert_int_equal(taken, port);
}

static void moves_up_by_steps_where_the_documented_port_is_taken(void **state) {
    (void)state;
    check_moves(0);
}

static void moves_up_where_the_grpc_port_is_taken(void **state) {
    (void)state;
    check_moves(1000);
}

static void moves_up_where_the_admin_port_is_taken(void **state) {
    (void)state;
    check_moves(10000);
}

static void gives_up_beyond_the_last_base(void **state) {
    static system_model model;
    int base = 0;
    int taken = 0;
    int port = 0;
    pl_error err = PL_ERROR_INIT;
    (void)state;
    fill(&model);
    int fd = listen_on(PORTS_BASE_MAX, &port);
    assert_int_equal(ports_choose(&model, PORTS_BASE_MAX, &base, &taken, &err),
                     PL_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(err.message, "--port-base"));
    assert_int_equal(base, 0);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_wanted_where_it_is_free),
        cmocka_unit_test(moves_up_by_steps_where_the_documented_port_is_taken),
        cmocka_unit_test(moves_up_where_the_grpc_port_is_taken),
        cmocka_unit_test(moves_up_where_the_admin_port_is_taken),
        cmocka_unit_test(gives_up_beyond_the_last_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* main of SERVICE-states; pl_contract_test of CMake compiles it beside the states of the service.
 */
#include "parley/verify/states.h"

int main(int argc, char **argv) {
    return pl_states_main(argc, argv, &pl_service_states);
}

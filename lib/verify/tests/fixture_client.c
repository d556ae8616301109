#include "fixture_client.h"

bool fixture_client_reached(const pl_contract *example, pl_code code) {
    if (example && pl_contract_status_of(example)->code == (int)code)
        return true;
    switch (code) {
    case PL_OK:
    case PL_INVALID_ARGUMENT:
    case PL_NOT_FOUND:
    case PL_ALREADY_EXISTS:
    case PL_PERMISSION_DENIED:
    case PL_RESOURCE_EXHAUSTED:
    case PL_FAILED_PRECONDITION:
    case PL_ABORTED:
    case PL_OUT_OF_RANGE:
        return true;
    default:
        return false;
    }
}

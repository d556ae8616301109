// Generated headers are C++17 as well, and may be included together and twice.
#include "golden/v1/events.parley.h"
#include "golden/v1/limits.parley.h"
#include "golden/v1/services.parley.h"
#include "golden/v1/streams.parley.h"
#include "golden/v1/structs.parley.h"
#include "golden/v1/types.parley.h"
#include "grpc/testing/test.parley.h"

#include "golden/v1/services.parley.h"

int main() {
    golden_v1_Free free_message = golden_v1_FREE_INIT;
    return free_message.text[0];
}

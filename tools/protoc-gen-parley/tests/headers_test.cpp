// Generated headers are C++17 as well, and may be included together and twice.
#include "golden/other/v1/other.parley.h"
#include "golden/v1/across.parley.h"
#include "golden/v1/enums.parley.h"
#include "golden/v1/events.parley.h"
#include "golden/v1/known.parley.h"
#include "golden/v1/limits.parley.h"
#include "golden/v1/maps.parley.h"
#include "golden/v1/nested.parley.h"
#include "golden/v1/old.parley.h"
#include "golden/v1/public.parley.h"
#include "golden/v1/scalars.parley.h"
#include "golden/v1/services.parley.h"
#include "golden/v1/streams.parley.h"
#include "golden/v1/structs.parley.h"
#include "golden/v1/types.parley.h"
#include "golden/v1/words.parley.h"
#include "grpc/testing/test.parley.h"
#include "plain.parley.h"

#include "golden/v1/services.parley.h"

int main() {
    golden_v1_Free free_message = golden_v1_FREE_INIT;
    return free_message.text[0];
}

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

// Initialisers compile, whatever a oneof begins with.
int main() {
    golden_v1_Free free_message = golden_v1_FREE_INIT;
    golden_v1_Scalars scalars = golden_v1_SCALARS_INIT;
    golden_v1_Optionals optionals = golden_v1_OPTIONALS_INIT;
    golden_v1_Choice choice = golden_v1_CHOICE_INIT;
    golden_v1_Order order = golden_v1_ORDER_INIT;
    golden_v1_Lists lists = golden_v1_LISTS_INIT;
    golden_v1_Maps maps = golden_v1_MAPS_INIT;
    golden_v1_Known known = golden_v1_KNOWN_INIT;
    golden_v1_Egg egg = golden_v1_EGG_INIT;
    golden_v1_Words words = golden_v1_WORDS_INIT;
    Parcel parcel = PARCEL_INIT;
    return free_message.text[0] || scalars.bool_field || optionals._enum_field_case ||
           choice.kind_case != 0 || order.first_case || lists.n_bool_field || maps.n_by_bool ||
           known.any != NULL || egg.grams || words.n_i || parcel.size;
}

/* Pretends to be built against a later runtime; must not compile. */
#include "parley/rpc/desc.h"
#undef PL_RPC_ABI
#define PL_RPC_ABI 3
#include "golden/v1/types.parley.h"

/* Stubs of what a service calls, in this process. */
#ifndef PARLEY_VERIFY_FIXTURE_STUBS_H
#define PARLEY_VERIFY_FIXTURE_STUBS_H

#include "parley/contract/contract.h"
#include "parley/rpc/server.h"
#include "parley/stub/events.h"
#include "parley/stub/stub.h"

typedef struct fixture_stub {
    pl_contract_set *set;
    pl_stub_events *events;
    pl_stub *stub;
    pl_server *server;
} fixture_stub;

/* Reads FOLDER/PROVIDER.stub. */
PL_NODISCARD pl_code fixture_bundle(const char *folder, const char *provider,
                                    pl_contract_set **out_set, pl_error *err);

/* Serves a stub of PROVIDER on a free port, and its log of events, which are published on the Redis
 * at REDIS_URL; *stub is zeroed. Free it in any case. */
PL_NODISCARD pl_code fixture_stub_start(fixture_stub *stub, const char *folder,
                                        const char *provider, const char *redis_url, pl_error *err);
void fixture_stub_done(fixture_stub *stub);

#endif

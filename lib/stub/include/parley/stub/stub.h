/* The stub: a provider that answers from contracts.
 *
 * Serves every service of its providers' packages on a pl_server: a request is answered by
 * the contract it matches, of the greatest priority and then the first in the order of files, with
 * the contract's example. Each answer has the trailers `x-contract` ("NAME, FILE:LINE") and
 * `x-contract-verified`. What no contract covers is refused with UNIMPLEMENTED and the reason
 * NO_CONTRACT; the message names the closest contract, the details every field that differs.
 *
 * Contracts are found by their method and by the values that their requests fix, so the
 * number of contracts hardly matters. Unary calls are answered on the server's poller unless there
 * is a latency. A call that streams is played as the steps of its contract say: contracts that
 * begin alike are followed together, until it is the stub's turn; then the first of them leads.
 *
 *     if (pl_stub_new(set, providers, 1, &opts, &stub, &err) == PL_OK &&
 *         pl_stub_bind(stub, server, &err) == PL_OK && pl_server_start(server, &err) == PL_OK) ...
 *     pl_server_free(server);
 *     pl_stub_free(stub);
 *
 * Any thread may call the functions from `journal` on while the server runs.
 */
#ifndef PARLEY_STUB_STUB_H
#define PARLEY_STUB_STUB_H

#include "parley/contract/contract.h"
#include "parley/rpc/server.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Calls that the journal keeps; the oldest are dropped. */
#define PL_STUB_JOURNAL_MAX 1000
/* Bytes of a request that the journal keeps; of a longer one only its size is known. */
#define PL_STUB_JOURNAL_REQUEST_MAX 65536
/* Bytes of the calls that pl_stub_journal shows at once. */
#define PL_STUB_JOURNAL_SHOWN_MAX (8u << 20)
/* Contracts that are compared to find the closest one. */
#define PL_STUB_CLOSEST_MAX 1000
/* Milliseconds of a latency. */
#define PL_STUB_LATENCY_MAX 60000u

/* Reason, in this domain, of a refusal, and of an injected fault. */
#define PL_STUB_DOMAIN             "parley"
#define PL_STUB_REASON_NO_CONTRACT "NO_CONTRACT"
#define PL_STUB_REASON_FAULT       "INJECTED_FAULT"

typedef struct pl_stub pl_stub;
typedef struct pl_stub_events pl_stub_events; /* events.h */

typedef struct pl_stub_opts {
    const char *consumer;   /* only its contracts; NULL: everybody's */
    bool lenient;           /* calls that no contract covers are answered by the closest one */
    uint32_t latency_ms;    /* of every answer */
    pl_code fault_code;     /* that a call ends with instead of its answer */
    double fault_rate;      /* how many of the calls: 0 to 1 */
    int64_t clock_ms;       /* where pl_stub_set_clock sets it at first */
    pl_stub_events *events; /* borrowed: publishes its events; NULL: contracts about events are left
                               out */
} pl_stub_opts;
#define PL_STUB_OPTS_INIT                                                                          \
    { NULL, false, 0, PL_OK, 0, 0, NULL }

/* A stub of PROVIDERS (packages) with the contracts of SET, which is borrowed. OPTS are copied.
 * PL_NOT_FOUND: a provider has no service and no event, or nobody has a contract with it.
 * PL_INVALID_ARGUMENT: an option. PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_stub_new(const pl_contract_set *set, const char *const *providers,
                                 size_t provider_count, const pl_stub_opts *opts,
                                 pl_stub **out_stub, pl_error *err);
/* After the server is gone. NULL is allowed. */
void pl_stub_free(pl_stub *stub);

/* Says of contracts what a verification has found: JSON is a report of `parley verify --report`
 * (parley.contract.v1.VerificationReport). Then x-contract-verified is the provider's version where
 * it kept the contract, "stale VERSION" where the contracts were others then. Before pl_stub_bind.
 * PL_INVALID_ARGUMENT: it is no such report. PL_RESOURCE_EXHAUSTED: no memory. */
PL_NODISCARD pl_code pl_stub_add_report(pl_stub *stub, pl_str json, pl_error *err);

/* Adds its services to SERVER, which has not started. Codes of pl_server_add. */
PL_NODISCARD pl_code pl_stub_bind(pl_stub *stub, pl_server *server, pl_error *err);

/* Calls of the server that BOUND is bound to are answered by NEXT from now on; connections stay.
 * BOUND stays until the server is gone; NEXT, once another has turned up in its place, until it has
 * no calls. PL_FAILED_PRECONDITION: they serve other methods or protos, and nothing changes. */
PL_NODISCARD pl_code pl_stub_turn(pl_stub *bound, pl_stub *next, pl_error *err);
/* Calls over gRPC that it is answering. */
size_t pl_stub_calls(const pl_stub *stub);

/* Contracts that it answers from. */
size_t pl_stub_contract_count(const pl_stub *stub);
/* Contracts about events that are left out, as there is no publisher (opts.events). */
size_t pl_stub_silent_count(const pl_stub *stub);

/* Appends
 * {"calls":[{"at","method","code","request","http":{"method","path","status"},"contract","file",
 * "line","consumer","message"}],"dropped":N,"contracts":[{"name","consumer","file","line","calls"}]}:
 * the oldest call first, sensitive fields redacted. "http" is there for REST; of a request that no
 * route takes nothing else is, but its "status" and the "message" that was answered. Of an event
 * "trigger", "event" and "payload" stand in place of "method" and "request". "dropped" are the
 * calls before those that are shown. False: OUT is full. */
bool pl_stub_journal(pl_stub *stub, pl_buf *out);
/* Appends {"unused":[{"name","consumer","file","line"}]}: what no call has reached. False: OUT is
 * full. */
bool pl_stub_unused(pl_stub *stub, pl_buf *out);
/* Sets the clock, which times in requests are compared with and times in answers made of: it stands
 * at NOW_MS, milliseconds since 1970. 0: it is the machine's, as at first. The journal's is always
 * the machine's. */
void pl_stub_set_clock(pl_stub *stub, int64_t now_ms);
/* What it says now. */
int64_t pl_stub_clock(const pl_stub *stub);

/* Forgets calls and counts; scenarios begin anew. */
void pl_stub_reset(pl_stub *stub);

#ifdef __cplusplus
}
#endif
#endif

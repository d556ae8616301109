/* The parts of the engine.
 *
 *   verify.c     a run
 *   verifier.c   a verifier, and one contract of it
 *   result.c     what was found
 *   scenario.c   which contracts lead to which
 *   catalogue.c  what the states service knows, and whether contracts keep to it
 *   setup.c      the states service, called
 *   call.c       one call, its steps mirrored
 *   follow.c     the messages that came, against the steps that send
 *   http.c       a call over HTTP, where a contract names a binding; http_request.c, its request
 *   ending.c     metadata and status
 *   said.c       what core says of a call
 *   same.c       two answers that must be equal
 *   events.c     an event, read from its stream
 */
#ifndef PARLEY_VERIFY_ENGINE_H
#define PARLEY_VERIFY_ENGINE_H

#include <pthread.h>

#include "parley/contract/match.h"
#include "parley/rpc/stream.h"
#include "parley/verify/verify.h"

/* Bytes of what core says of a connection: four for each of the peer's message, and what is around
 * it. */
#define ENGINE_SAID_MAX (4 * PL_ERROR_MESSAGE_MAX + 1024)
/* States, values that they returned, and triggers that are looked at. */
#define ENGINE_STATES_MAX 1024
/* Metadata with the details of a status. */
#define ENGINE_DETAILS_KEY "grpc-status-details-bin"
/* Bytes of a text that is reported. */
#define ENGINE_TEXT_MAX 2048

/* A server that is called. */
typedef struct engine_peer {
    pl_channel *channel;
    char *address;
    pthread_mutex_t mu;
    char said[ENGINE_SAID_MAX]; /* guarded by mu: the transport's last words */
} engine_peer;

/* A parameter or a returned value of a state. */
typedef struct engine_field {
    pl_str name, type;
    bool optional;
} engine_field;

typedef struct engine_state {
    pl_str name;
    engine_field *parameters;
    size_t parameter_count;
    engine_field *returns;
    size_t return_count;
} engine_state;

typedef struct engine_catalogue {
    engine_state *states;
    size_t state_count;
    pl_str *triggers;
    size_t trigger_count;
} engine_catalogue;

/* What states returned. */
typedef struct engine_values {
    pl_str *names, *texts;
    size_t count;
} engine_values;

typedef struct pl_redis pl_redis;

struct pl_verifier {
    const pl_contract_set *set;
    pl_verify_opts opts;
    pl_str provider;
    pl_arena arena; /* of what is reported */
    engine_peer target, states;
    bool answered; /* somebody at the target has, whatever */
    bool nobody;   /* and the last call found nobody there */
    engine_catalogue catalogue;
    pl_redis *redis;
    pl_arena session; /* of what was set up */
    engine_values values;
};

/* One contract being verified. */
typedef struct engine_run {
    pl_verifier *v;
    const pl_contract *contract;
    pl_arena scratch; /* of one exchange */
    pl_verify_result *result;
    pl_verify_difference *differences; /* result->differences, while they are found */
    int64_t now_ms;
} engine_run;

/* ---- verifier.c ---- */

/* A session is what is set up and taken back together: a contract, or those of a scenario. */

engine_run engine_run_make(pl_verifier *v, const pl_contract *contract, pl_verify_result *result);
/* Verifies CONTRACT in the session at hand; BEFORE is the contract of its scenario that was played
 * last, or NULL. */
void engine_one(pl_verifier *v, const pl_contract *contract, const pl_contract *before,
                pl_verify_result *result);
/* Takes back what was set up; where that fails, RESULT, the last one of the session, says so. */
void engine_end_session(pl_verifier *v, pl_verify_result *result);
/* Verifies CONTRACT in a session of its own, what leads to it in its scenario played first. */
void engine_alone(pl_verifier *v, const pl_contract *contract, pl_verify_result *result);
/* The exemption stands and has not run out. */
bool engine_in_force(const pl_verifier *v, const pl_contract_exemption *exemption);
uint32_t engine_timeout_ms(const pl_verifier *v);
/* Milliseconds since 1970 on the clock of contracts. */
int64_t engine_now_ms(const pl_verifier *v);

/* A new call of PEER: what was said of the last one is forgotten. */
void engine_listen(engine_peer *peer);

/* ---- result.c ---- */

/* What a state of VERIFIER's session has returned as NAME, as text; the last one counts. */
bool engine_value(void *verifier, pl_str name, pl_str *out_text);
/* Options of a match of this run, with what states returned. */
pl_match_opts engine_match_opts(const engine_run *run, const char *prefix);
/* Adds what VERDICT found; AT is the place where a matcher has none. */
void engine_take(engine_run *run, const pl_verdict *verdict, pl_contract_at at);
/* Adds a difference; COUNTS: it was a comparison. */
void engine_differs(engine_run *run, pl_contract_at at, const char *path, const char *expected,
                    const char *format, ...) PL_PRINTF(5, 6);
/* A comparison that held. */
void engine_held(engine_run *run);
/* Says why it failed otherwise; what was said first stays. */
void engine_fails(engine_run *run, const char *format, ...) PL_PRINTF(2, 3);
void engine_notes(engine_run *run, const char *format, ...) PL_PRINTF(2, 3);
bool engine_failed(const engine_run *run);
/* Why a call of PEER was not answered, with method, address, state of the connection, and what the
 * transport said. */
void engine_unanswered(engine_run *run, engine_peer *peer, const char *method, const pl_error *err);

/* ---- setup.c ---- */

PL_NODISCARD pl_code engine_catalogue_read(pl_verifier *v, pl_error *err);
/* Calls Setup; what it returns is added to the values of the session. */
PL_NODISCARD pl_code engine_set_up(pl_verifier *v, const pl_contract_state *state, pl_error *err);
PL_NODISCARD pl_code engine_trigger(pl_verifier *v, pl_str trigger, pl_error *err);
/* Takes back what was set up, and forgets its values. */
PL_NODISCARD pl_code engine_tear_down(pl_verifier *v, pl_error *err);

/* ---- catalogue.c ---- */

/* Adds what the states service does not know of the run's contract; false: something. */
bool engine_catalogue_check(engine_run *run);
/* Adds what Setup of GIVEN should have returned, by the catalogue, and did not; false: something.
 */
bool engine_returned(engine_run *run, const pl_contract_state *given);

/* ---- call.c, events.c ---- */

void engine_call(engine_run *run);
void engine_event(engine_run *run);
/* The example of HEADER, as metadata; false: no memory. */
bool engine_header(engine_run *run, const pl_contract_header *header, pl_metadata *out);

/* ---- http.c ---- */

/* Calls the binding of the run's contract with REQUEST, and reads the answer as a reply of gRPC,
 * in the run's scratch. False: it makes no sense, or there is none; which has been told of. */
bool engine_http(engine_run *run, pl_str request, int64_t deadline_ns, pl_bytes_reply *out);

/* ---- ending.c ---- */

/* Compares REPLY, to a call that had time until DEADLINE_NS, with the headers and the end of the
 * contract; *out_as_said: its code is that of the contract. False: nobody answered. */
bool engine_ending(engine_run *run, const pl_bytes_reply *reply, int64_t deadline_ns,
                   bool *out_as_said);

/* The part of it that is about the status, of a reply that the provider has sent: its code is that
 * of the contract. */
bool engine_status(engine_run *run, const pl_bytes_reply *reply);

/* ---- said.c ---- */

/* The text that the peer sent, of what core SAID; false: it sent none. */
bool said_message(const char *said, char out[PL_ERROR_MESSAGE_MAX]);
/* There was nobody to send it. */
bool said_nobody(const char *said);
/* As a person would say it, without codes, files and times of core. */
void said_in_short(const char *said, char out[PL_ERROR_MESSAGE_MAX]);

/* ---- same.c ---- */

/* The messages of one exchange, kept to be compared. */
typedef struct engine_answer {
    pl_str *messages;
    size_t count, room;
} engine_answer;

/* Whether the second answer equals the first one, by value. */
void engine_same(engine_run *run, const engine_answer *first, const engine_answer *second);

/* ---- follow.c ---- */

/* Steps in any order that are told apart. */
#define FOLLOW_GROUP_MAX 32

typedef struct follow follow;

/* NULL: no memory. In the run's scratch. */
follow *follow_new(engine_run *run);
/* MESSAGE is the next one that came, while the script stands at step LIMIT; adds how it differs
 * from what may come. */
void follow_take(follow *f, const pl_dynamic *message, size_t limit);
/* Everything that step LIMIT, and those before it, must send has come. */
bool follow_has(const follow *f, size_t limit);
/* Adds what has not come. */
void follow_end(follow *f);
/* It sends something. */
bool follow_sends(const pl_contract_step *step);

/* ---- scenario.c ---- */

/* Contracts of one scenario. */
#define SCENARIO_MAX 256

/* The contracts of CONTRACT's scenario, ignored ones apart, that lead from its beginning to where
 * it is due, in order, into OUT; -1: none do. */
int scenario_path(const pl_verifier *v, const pl_contract *contract,
                  const pl_contract *out[SCENARIO_MAX]);
/* They belong to one scenario. */
bool scenario_is_same(const pl_contract *a, const pl_contract *b);

#endif

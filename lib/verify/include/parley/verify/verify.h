/* Verification: does a running provider keep its contracts?
 *
 * Every contract is played against the provider, each step mirrored: what the provider
 * receives is sent, what it sends is received and compared, every message of it. States are set up
 * and triggers pulled by parley.contract.v1.ProviderStatesService, events are read from the real
 * Redis stream. It needs no generated code: descriptors come with the contracts.
 *
 * It does not start a provider (fixture.h does for C) and judges no contract file (lib/contract
 * does).
 *
 * Invariants: a run that compared nothing has not passed; what the states service does not know is
 * found before the first call; a contract that failed has a difference or a message.
 *
 *     pl_verify_opts opts = PL_VERIFY_OPTS_INIT;
 *     opts.target = "127.0.0.1:9081";
 *     opts.states = "127.0.0.1:9082";
 *     if (pl_verify(set, "mall.products.v1", &opts, &report, &err) == PL_OK)
 *         passed = pl_verify_passed(report);
 *     pl_verify_report_free(report);
 *
 * One contract after the other, a test each:
 *
 *     pl_verifier_new(set, "mall.products.v1", &opts, &verifier, &err);
 *     result = pl_verifier_run(verifier, contract);
 *     pl_verifier_free(verifier);
 *
 * Threads: a verifier and its report belong to one thread; it waits for answers.
 */
#ifndef PARLEY_VERIFY_VERIFY_H
#define PARLEY_VERIFY_VERIFY_H

#include "parley/contract/contract.h"
#include "parley/rpc/tls.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Milliseconds that a call, and the wait for an event, may take where a contract says nothing. */
#define PL_VERIFY_TIMEOUT_MS 5000u
/* Memory of one contract's exchange, and of everything that is reported, in bytes. */
#define PL_VERIFY_EXCHANGE_MAX (64u << 20)
#define PL_VERIFY_REPORT_MAX   (256u << 20)
/* Differences of one contract that are listed; further ones are counted. */
#define PL_VERIFY_DIFFERENCES_MAX 100u

/* How a contract fared; the numbers of parley.contract.v1.Verdict. */
typedef enum pl_verify_verdict {
    PL_VERIFY_PASSED = 1,
    PL_VERIFY_FAILED = 2,
    PL_VERIFY_SKIPPED = 3,    /* ignored, filtered out, or not tried */
    PL_VERIFY_IN_PROGRESS = 4 /* it did not hold, but is in progress */
} pl_verify_verdict;

/* Something that is not what the contract says. */
typedef struct pl_verify_difference {
    pl_str path;       /* "response.items[2].quantity", "status.code", "given.product_on_sale" */
    pl_str expected;   /* in words */
    pl_str actual;     /* in words */
    pl_contract_at at; /* of what was expected, in the contract's file */
} pl_verify_difference;

/* What became of one contract. Texts are NUL-terminated. */
typedef struct pl_verify_result {
    const pl_contract *contract;
    pl_verify_verdict verdict;
    const pl_verify_difference *differences;
    size_t difference_count; /* listed */
    size_t difference_total; /* found */
    pl_str
        message; /* why otherwise: method, address, state of the connection; why it was skipped */
    pl_str note; /* what a reader should know all the same; empty: nothing */
    size_t comparisons; /* values looked at */
    int64_t took_us;
} pl_verify_result;

/* What one run found. */
typedef struct pl_verify_report {
    pl_str provider;
    pl_str version; /* of the provider; empty: not known */
    uint8_t hash[32];
    int64_t time_ms;                 /* when it began, since 1970 */
    const pl_verify_result *results; /* in the order they were tried, then what was skipped */
    size_t result_count;
    size_t passed, failed, skipped, in_progress;
    size_t comparisons; /* with none nothing was verified */
    pl_str message;     /* why no contract was tried; empty: it is in the results */
} pl_verify_report;

/* CONTRACT is about to be tried, the INDEX-th (from 0) of COUNT; false: stop, which ends the run
 * with PL_CANCELLED. */
typedef bool pl_verify_progress_fn(void *self, const pl_contract *contract, size_t index,
                                   size_t count);
/* Whether CONTRACT is wanted. */
typedef bool pl_verify_wanted_fn(void *self, const pl_contract *contract);

/* Texts are copied. */
typedef struct pl_verify_opts {
    const char *target;          /* "127.0.0.1:9081", or any target of a pl_channel */
    const pl_tls_opts *tls;      /* to the target; NULL: plain text */
    const char *rest;            /* "127.0.0.1:8080": contracts with `http:` are played there, over
                                    HTTP; NULL: over gRPC, as the others */
    const char *states;          /* of the ProviderStatesService; NULL: none, nothing is set up */
    const char *redis;           /* URL; NULL: none, contracts of events fail */
    const char *version;         /* of the provider, for the report; NULL: not known */
    const char *consumer;        /* only its contracts; NULL: all */
    const char *filter;          /* only contracts whose name has this text, whatever its case */
    pl_verify_wanted_fn *wanted; /* NULL: all of these */
    void *wanted_self;
    pl_verify_progress_fn *progress; /* NULL: none */
    void *progress_self;
    int64_t now_ms;      /* the clock of contracts, ms since 1970; 0: the system's */
    uint32_t timeout_ms; /* 0: PL_VERIFY_TIMEOUT_MS */
} pl_verify_opts;
#ifdef __cplusplus
#define PL_VERIFY_OPTS_INIT                                                                        \
    {}
#else
#define PL_VERIFY_OPTS_INIT                                                                        \
    { NULL }
#endif

/* Verifies the contracts of SET with PROVIDER, a package. *out_report is the caller's; whether the
 * provider is right is in it, and where there is no contract with it, that nothing was verified.
 * The set outlives it. PL_INVALID_ARGUMENT: an option is missing or malformed; PL_CANCELLED: the
 * progress function wanted no more; PL_RESOURCE_EXHAUSTED: no memory; codes of the states service
 * where its catalogue cannot be read. */
PL_NODISCARD pl_code pl_verify(const pl_contract_set *set, const char *provider,
                               const pl_verify_opts *opts, pl_verify_report **out_report,
                               pl_error *err);
/* NULL is allowed. */
void pl_verify_report_free(pl_verify_report *report);
/* Nothing failed, and something was compared. */
bool pl_verify_passed(const pl_verify_report *report);

/* ---- one contract at a time ------------------------------------------------------------------ */

typedef struct pl_verifier pl_verifier;

/* Reads the catalogue of the states service, with which every contract that is run is compared
 * first. Filters of OPTS do not count. Codes as pl_verify. */
PL_NODISCARD pl_code pl_verifier_new(const pl_contract_set *set, const char *provider,
                                     const pl_verify_opts *opts, pl_verifier **out_verifier,
                                     pl_error *err);
/* NULL is allowed. */
void pl_verifier_free(pl_verifier *verifier);

/* Plays one contract of the provider, its scenario up to there included, and takes back what was
 * set up. The result lives as long as the verifier; NULL: no memory. */
const pl_verify_result *pl_verifier_run(pl_verifier *verifier, const pl_contract *contract);

/* Puts the provider into the states that CONTRACT is given, for a call of the caller's own, which
 * pl_verifier_take_back follows. Without states nothing is done. Codes of the states service. */
PL_NODISCARD pl_code pl_verifier_set_up(pl_verifier *verifier, const pl_contract *contract,
                                        pl_error *err);
/* Takes back what was set up. */
PL_NODISCARD pl_code pl_verifier_take_back(pl_verifier *verifier, pl_error *err);

/* The contract NAME of CONSUMER (NULL: of whoever has one of this name), or NULL. */
const pl_contract *pl_verifier_find(const pl_verifier *verifier, const char *consumer,
                                    const char *name);

/* "passed", "failed", "skipped", "in progress". */
const char *pl_verify_verdict_name(pl_verify_verdict verdict);

#ifdef __cplusplus
}
#endif
#endif

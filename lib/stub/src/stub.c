#include <stdlib.h>
#include <string.h>

#include "events_internal.h"
#include "parley/base/clock.h"
#include "parley/stub/files.h"

enum { ARENA_MAX = 1 << 30 };

static pl_code no_memory(pl_error *err) {
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory for the stub");
}

static pl_code check_opts(const pl_stub_opts *opts, pl_error *err) {
    if (opts->latency_ms > PL_STUB_LATENCY_MAX)
        return pl_error_set(err, PL_INVALID_ARGUMENT, "latency: at most %u ms, got %u",
                            PL_STUB_LATENCY_MAX, opts->latency_ms);
    if (!(opts->fault_rate >= 0 && opts->fault_rate <= 1))
        return pl_error_set(err, PL_INVALID_ARGUMENT, "fault rate: expected 0 to 1, got %g",
                            opts->fault_rate);
    return PL_OK;
}

/* ---- contracts ------------------------------------------------------------------------------- */

/* Of one consumer, all contracts that name a scenario share it. */
static pl_code add_scenario(pl_stub *stub, stub_entry *entry, pl_error *err) {
    const pl_contract *contract = entry->contract;
    stub_scenario *s = stub->scenarios;

    if (!contract->scenario.n)
        return PL_OK;
    while (s && !(s->file == contract->file && pl_str_eq(s->name, contract->scenario)))
        s = s->next;
    if (!s) {
        s = PL_ARENA_NEW(&stub->arena, stub_scenario);
        if (!s)
            return no_memory(err);
        *s = (stub_scenario){contract->file, contract->scenario, {NULL, 0}, stub->scenarios};
        stub->scenarios = s;
    }
    entry->scenario = s;
    return PL_OK;
}

static bool is_served(const pl_stub *stub, const pl_contract_file *file) {
    return !stub->opts.consumer || pl_str_eqc(file->consumer, stub->opts.consumer);
}

/* What contracts are about: calls of a method, or the events of a provider. */
typedef struct subject {
    const pl_method_type *method;
    const char *provider; /* where METHOD is NULL */
} subject;

static bool is_about(const pl_contract *contract, const subject *what) {
    if (what->method)
        return contract->method == what->method;
    return contract->event && pl_str_eqc(contract->file->provider, what->provider);
}

/* The contracts about WHAT, into OUT where it is not NULL; how many. */
static size_t each_contract(const pl_stub *stub, const subject *what, const pl_contract **out) {
    size_t count = 0;

    for (size_t f = 0; f < pl_contract_set_file_count(stub->set); f++) {
        const pl_contract_file *file = pl_contract_set_file(stub->set, f);
        for (size_t i = 0; is_served(stub, file) && i < file->contract_count; i++) {
            if (!is_about(file->contracts[i], what))
                continue;
            if (out)
                out[count] = file->contracts[i];
            count++;
        }
    }
    return count;
}

/* Greater priority first; else as they are in the files. */
static int by_rank(const void *left, const void *right) {
    const stub_entry *a = left, *b = right;

    if (a->contract->priority != b->contract->priority)
        return a->contract->priority > b->contract->priority ? -1 : 1;
    return a->rank < b->rank ? -1 : 1;
}

static bool is_ranked(const stub_entry *entries, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (by_rank(&entries[i - 1], &entries[i]) > 0)
            return false;
    }
    return true;
}

/* Appends the contracts about WHAT to COUNT ENTRIES, and puts all by rank. */
static pl_code add_entries(pl_stub *stub, const subject *what, stub_entry **entries, size_t *count,
                           pl_error *err) {
    size_t more = each_contract(stub, what, NULL), all = *count + more;
    const pl_contract **found = pl_arena_calloc(&stub->arena, more + 1, sizeof *found);
    stub_entry *grown = pl_arena_calloc(&stub->arena, all + 1, sizeof *grown);
    pl_code code = PL_OK;

    if (!found || !grown)
        return no_memory(err);
    (void)each_contract(stub, what, found);
    if (*count)
        memcpy(grown, *entries, *count * sizeof *grown);
    for (size_t i = *count; code == PL_OK && i < all; i++) {
        grown[i].contract = found[i - *count];
        grown[i].rank = (uint32_t)i;
        code = add_scenario(stub, &grown[i], err);
    }
    if (!is_ranked(grown, all))
        qsort(grown, all, sizeof *grown, by_rank);
    for (uint32_t i = 0; i < all; i++)
        grown[i].rank = i;
    *entries = grown;
    *count = all;
    stub->contract_count += more;
    return code;
}

static pl_code add_contracts(pl_stub *stub, stub_method *method, pl_error *err) {
    subject what = {.method = method->type};
    pl_code code = add_entries(stub, &what, &method->entries, &method->entry_count, err);

    for (size_t i = 0; i < method->entry_count; i++) {
        const pl_contract *contract = method->entries[i].contract;
        /* Only those of unary calls may be unread. */
        if (!contract->unread.n && contract->steps[0].kind == PL_STEP_ANY_ORDER)
            method->any_order = true;
    }
    return code == PL_OK ? stub_index_build(method, &stub->arena, err) : code;
}

/* The contracts about PROVIDER's events; without a publisher there are none. */
static pl_code add_events(pl_stub *stub, const char *provider, pl_error *err) {
    subject what = {.provider = provider};

    if (!stub->opts.events) {
        stub->silent_count += each_contract(stub, &what, NULL);
        return PL_OK;
    }
    pl_code code = add_entries(stub, &what, &stub->events, &stub->event_count, err);
    for (size_t i = 0; code == PL_OK && i < stub->event_count; i++)
        code = stub_entry_ready(stub, &stub->events[i])
                   ? stub_events_open(stub->opts.events, stub->events[i].contract->stream.p, err)
                   : no_memory(err);
    return code;
}

/* ---- services -------------------------------------------------------------------------------- */

static pl_method_kind kind_of(const pl_method_type *type) {
    if (type->client_streaming)
        return type->server_streaming ? PL_METHOD_BIDI : PL_METHOD_CLIENT_STREAM;
    return type->server_streaming ? PL_METHOD_SERVER_STREAM : PL_METHOD_UNARY;
}

static pl_code add_service(pl_stub *stub, const pl_service_type *type, const pl_file_desc *file,
                           pl_error *err) {
    stub_service *service = &stub->services[stub->service_count];
    pl_method_desc *descs = pl_arena_calloc(&stub->arena, type->method_count + 1, sizeof *descs);
    pl_code code = PL_OK;

    service->stub = stub;
    service->methods = pl_arena_calloc(&stub->arena, type->method_count + 1,
                                       sizeof *service->methods);
    if (!service->methods || !descs)
        return no_memory(err);
    service->desc = (pl_service_desc){.abi = PL_RPC_ABI,
                                      .name = type->full_name.p,
                                      .methods = descs,
                                      .method_count = type->method_count,
                                      .file = file};
    stub->service_count++;
    for (size_t i = 0; code == PL_OK && i < type->method_count; i++) {
        const pl_method_type *method = &type->methods[i];
        service->methods[i].type = method;
        descs[i] = (pl_method_desc){
            .name = method->name.p,
            .path = method->path.p,
            .kind = kind_of(method),
            .auth = PL_AUTH_RULE_PUBLIC,
            .auth_arg = "",
            .run_inline = stub->opts.latency_ms == 0,
            .answer = kind_of(method) == PL_METHOD_UNARY ? stub_answer : NULL,
            .stream = kind_of(method) == PL_METHOD_UNARY ? NULL : stub_stream,
        };
        code = add_contracts(stub, &service->methods[i], err);
    }
    return code;
}

static size_t count_services(const pl_pool *pool) {
    size_t count = 0;

    for (size_t i = 0; i < pl_pool_file_count(pool); i++)
        count += pl_pool_file_at(pool, i)->service_count;
    return count;
}

/* Whom the name of a consumer who has no file about PROVIDER may have meant; or NULL. */
static const char *nearest_consumer(pl_stub *stub, const char *provider) {
    size_t files = pl_contract_set_file_count(stub->set), count = 0;
    const char **names = pl_arena_calloc(&stub->arena, files, sizeof *names);

    if (!stub->opts.consumer || !names)
        return NULL;
    for (size_t i = 0; i < files; i++) {
        const pl_contract_file *file = pl_contract_set_file(stub->set, i);
        if (!pl_str_eqc(file->provider, provider))
            continue;
        if (pl_str_eqc(file->consumer, stub->opts.consumer))
            return NULL;
        names[count++] = file->consumer.p;
    }
    return pl_str_nearest(pl_str_c(stub->opts.consumer), names, count);
}

static pl_code add_provider(pl_stub *stub, const char *provider, pl_error *err) {
    const pl_pool *pool = pl_contract_set_pool(stub->set);
    size_t before = stub->service_count, contracts = stub->contract_count;
    pl_code code = PL_OK;

    for (size_t i = 0; code == PL_OK && i < pl_pool_file_count(pool); i++) {
        const pl_file *file = pl_pool_file_at(pool, i);
        for (size_t s = 0; code == PL_OK && s < file->service_count; s++) {
            if (pl_str_eqc(file->package, provider))
                code = add_service(stub, file->services[s], &stub->files[i], err);
        }
    }
    if (code == PL_OK)
        code = add_events(stub, provider, err);
    if (code != PL_OK || stub->contract_count > contracts)
        return code;
    if (each_contract(stub, &(subject){.provider = provider}, NULL))
        return pl_error_set(err, PL_NOT_FOUND,
                            "%s: its contracts are about events, and the stub has no Redis to "
                            "publish them on: --redis URL",
                            provider);
    if (stub->service_count == before)
        return pl_error_set(err, PL_NOT_FOUND, "%s: no proto has a service in this package",
                            provider);
    const char *near = nearest_consumer(stub, provider);
    return pl_error_set(err, PL_NOT_FOUND, "%s: %s has %s contract about a call of it%s%s%s",
                        provider, stub->opts.consumer ? stub->opts.consumer : "nobody",
                        stub->opts.consumer ? "no" : "a", near ? ", did you mean '" : "",
                        near ? near : "", near ? "'?" : "");
}

/* ---- life ------------------------------------------------------------------------------------ */

pl_code pl_stub_new(const pl_contract_set *set, const char *const *providers, size_t provider_count,
                    const pl_stub_opts *opts, pl_stub **out_stub, pl_error *err) {
    size_t most = count_services(pl_contract_set_pool(set)) * (provider_count ? provider_count : 1);
    pl_code code = check_opts(opts, err);
    pl_stub *stub = code == PL_OK ? calloc(1, sizeof *stub) : NULL;

    if (code != PL_OK)
        return code;
    if (!stub)
        return no_memory(err);
    pthread_mutex_init(&stub->mu, NULL);
    pthread_mutex_init(&stub->turn, NULL);
    stub->opts = *opts;
    atomic_init(&stub->clock_ms, opts->clock_ms);
    stub->set = set;
    stub->arena = pl_arena_make(ARENA_MAX);
    stub->scratch = pl_buf_make(2 * PL_SERVER_MAX_MESSAGE);
    if (opts->consumer)
        stub->opts.consumer = pl_arena_strdup(&stub->arena, opts->consumer);
    stub->services = pl_arena_calloc(&stub->arena, most, sizeof *stub->services);
    stub->journal = calloc(PL_STUB_JOURNAL_MAX, sizeof *stub->journal);
    stub->files = pl_stub_files(pl_contract_set_pool(set), &stub->arena);
    code = stub->services && stub->journal && stub->files ? PL_OK : no_memory(err);
    for (size_t i = 0; code == PL_OK && i < provider_count; i++)
        code = add_provider(stub, providers[i], err);
    if (code != PL_OK) {
        pl_stub_free(stub);
        return code;
    }
    *out_stub = stub;
    return PL_OK;
}

void pl_stub_free(pl_stub *stub) {
    if (!stub)
        return;
    pl_buf_done(&stub->scratch);
    stub_journal_free(stub);
    pl_rest_free(stub->rest);
    pl_arena_done(&stub->arena);
    pthread_mutex_destroy(&stub->turn);
    pthread_mutex_destroy(&stub->mu);
    free(stub);
}

pl_code pl_stub_bind(pl_stub *stub, pl_server *server, pl_error *err) {
    pl_code code = PL_OK;

    for (size_t i = 0; code == PL_OK && i < stub->service_count; i++)
        code = pl_server_add(
            server, (pl_service_binding){&stub->services[i].desc, &stub->services[i]}, err);
    return code;
}

void pl_stub_set_clock(pl_stub *stub, int64_t now_ms) {
    atomic_store(&stub->clock_ms, now_ms);
}

int64_t pl_stub_clock(const pl_stub *stub) {
    int64_t set = atomic_load(&stub->clock_ms);

    return set ? set : pl_time_us() / 1000;
}

size_t pl_stub_contract_count(const pl_stub *stub) {
    return stub->contract_count;
}

size_t pl_stub_silent_count(const pl_stub *stub) {
    return stub->silent_count;
}

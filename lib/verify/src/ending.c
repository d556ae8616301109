/* How a call ended: headers, status, details. */
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "parley/base/clock.h"
#include "parley/schema/wire.h"

/* The provider, who was told how long there is, may say first that the time is over. */
#define EARLY_NS (20 * PL_NS_PER_MS)
/* Fields of google.rpc.Status and google.protobuf.Any. */
enum { STATUS_DETAILS = 3, ANY_URL = 1, ANY_VALUE = 2 };

/* Of the values under KEY the one at NTH, from 0. */
static const pl_metadata *find(const pl_bytes_reply *reply, const char *key, uint32_t nth) {
    uint32_t before = 0;

    for (size_t i = 0; i < reply->metadata_count; i++) {
        if (strcmp(reply->metadata[i].key, key) == 0 && before++ == nth)
            return &reply->metadata[i];
    }
    return NULL;
}

/* ---- headers --------------------------------------------------------------------------------- */

static void check_header(engine_run *run, const pl_contract_header *header,
                         const pl_bytes_reply *reply) {
    const pl_metadata *there = find(reply, header->name.p, header->nth);
    pl_verdict verdict = pl_verdict_make(&run->scratch);
    pl_str value = there ? there->value : pl_str_make("", 0);
    char prefix[PL_VERDICT_TEXT_MAX];

    (void)snprintf(prefix, sizeof prefix, "trailers.%s", header->name.p);
    pl_match_opts opts = engine_match_opts(run, prefix);
    if (header->type && there)
        (void)pl_match_bytes(header->matcher->items[0], header->type, value, &opts, &verdict,
                             &run->scratch);
    else
        (void)pl_match_text(header->matcher, there != NULL, value, &opts, &verdict);
    engine_take(run, &verdict, header->at);
}

/* ---- details --------------------------------------------------------------------------------- */

/* The next detail of TYPE in the bytes of a google.rpc.Status; false: no more. */
static bool next_detail(pl_wire_reader *status, const pl_message_type *type, pl_str *out_value) {
    pl_wire_field detail, part;
    pl_str name = type->full_name;

    while (pl_wire_next(status, &detail)) {
        if (detail.number != STATUS_DETAILS || detail.type != PL_WIRE_BYTES ||
            !pl_wire_find(detail.bytes, ANY_URL, &part) || part.type != PL_WIRE_BYTES)
            continue;
        pl_str url = part.bytes;
        if (!pl_str_ends(url, name) || (url.n > name.n && url.p[url.n - name.n - 1] != '/'))
            continue;
        bool there = pl_wire_find(detail.bytes, ANY_VALUE, &part) && part.type == PL_WIRE_BYTES;
        *out_value = there ? part.bytes : pl_str_make("", 0);
        return true;
    }
    return false;
}

/* One of the details of its type is as DETAIL says; else what differs of the first. */
static void check_detail(engine_run *run, const pl_matcher *detail, pl_str status,
                         pl_contract_at at) {
    pl_wire_reader reader = pl_wire_reader_make(status);
    pl_verdict first = {0};
    char prefix[PL_VERDICT_TEXT_MAX];
    pl_str value;
    bool found = false;

    (void)snprintf(prefix, sizeof prefix, "status.details[%s]", detail->type->full_name.p);
    pl_match_opts opts = engine_match_opts(run, prefix);
    while (next_detail(&reader, detail->type, &value)) {
        pl_verdict verdict = pl_verdict_make(&run->scratch);
        bool same = pl_match_bytes(detail->items[0], detail->type, value, &opts, &verdict,
                                   &run->scratch);
        if (same || !found)
            first = verdict;
        found = true;
        if (same)
            break;
    }
    if (found)
        engine_take(run, &first, at);
    else
        engine_differs(run, at, prefix, detail->type->full_name.p, "absent");
}

/* ---- what the server said -------------------------------------------------------------------- */

/* The status of a call, as the server gave it. */
typedef struct ended {
    pl_code code;
    char message[PL_ERROR_MESSAGE_MAX];
} ended;

/* Of UNAVAILABLE and CANCELLED without details a channel tells its own story, as UNAVAILABLE, for
 * core may have made them up. Where a server did say so, its words are in what core said. */
static void read_ended(const engine_run *run, const pl_bytes_reply *reply, ended *out) {
    char said[ENGINE_SAID_MAX];
    unsigned code;

    out->code = reply->code;
    (void)snprintf(out->message, sizeof out->message, "%s", reply->error.message);
    pthread_mutex_lock(&run->v->target.mu);
    (void)snprintf(said, sizeof said, "%s", run->v->target.said);
    pthread_mutex_unlock(&run->v->target.mu);
    const char *number = strstr(said, "grpc_status:");
    (void)said_message(said, out->message);
    if (number && sscanf(number, "grpc_status:%u", &code) == 1 && code == PL_CANCELLED)
        out->code = PL_CANCELLED;
}

/* ---- status ---------------------------------------------------------------------------------- */

static const pl_contract_step *last_step(const pl_contract *c) {
    return &c->steps[c->step_count - 1];
}

bool engine_status(engine_run *run, const pl_bytes_reply *reply) {
    const pl_contract_step *step = last_step(run->contract);
    const pl_contract_status *status = &step->status;
    const pl_metadata *details = find(reply, ENGINE_DETAILS_KEY, 0);
    ended as;

    read_ended(run, reply, &as);
    if ((int)as.code != status->code) {
        engine_differs(run, step->at, "status.code", pl_code_name((pl_code)status->code), "%s%s%s",
                       pl_code_name(as.code), *as.message ? ": " : "", as.message);
        return false;
    }
    engine_held(run);
    if (status->message) {
        pl_verdict verdict = pl_verdict_make(&run->scratch);
        pl_match_opts opts = engine_match_opts(run, "status.message");
        (void)pl_match_text(status->message, true, pl_str_c(as.message), &opts, &verdict);
        engine_take(run, &verdict, step->at);
    }
    for (size_t i = 0; i < status->detail_count; i++)
        check_detail(run, status->details[i], details ? details->value : pl_str_make("", 0),
                     status->details[i]->at.line ? status->details[i]->at : step->at);
    return true;
}

/* How core begins the message of a status that it made up of a lost connection, of a broken stream
 * or of an answer that is not gRPC's; it says that the peer has sent it. The connection may be made
 * anew by the time that it is asked for. */
static bool is_of_core(const engine_run *run, const pl_bytes_reply *reply) {
    static const char *const words[] = {"Socket closed",
                                        "recvmsg:",
                                        "sendmsg:",
                                        "Connection timed out",
                                        "No status received",
                                        "Stream removed",
                                        "Received RST_STREAM",
                                        "Received http2 header",
                                        "keepalive watchdog",
                                        "Endpoint read failed",
                                        "GOAWAY received"};
    ended as;

    read_ended(run, reply, &as);
    for (size_t i = 0; i < PL_COUNT(words); i++) {
        if (pl_str_starts(pl_str_c(as.message), pl_str_c(words[i])))
            return !find(reply, ENGINE_DETAILS_KEY, 0);
    }
    return false;
}

/* No server has sent this status: core made it up, where the time was over or the connection is
 * gone. One that is still there has carried the server's own. */
static bool is_made_up(const engine_run *run, const pl_bytes_reply *reply, int64_t deadline_ns) {
    if (reply->code == PL_DEADLINE_EXCEEDED)
        return pl_now_ns() >= deadline_ns - EARLY_NS;
    if (reply->code != PL_OK && is_of_core(run, reply))
        return true;
    return (reply->code == PL_UNAVAILABLE || reply->code == PL_CANCELLED) &&
           !find(reply, ENGINE_DETAILS_KEY, 0) &&
           strcmp(pl_channel_connection(run->v->target.channel), "READY") != 0;
}

bool engine_ending(engine_run *run, const pl_bytes_reply *reply, int64_t deadline_ns,
                   bool *out_as_said) {
    const pl_contract *c = run->contract;

    if (is_made_up(run, reply, deadline_ns)) {
        engine_unanswered(run, &run->v->target, c->method->path.p, &reply->error);
        return false;
    }
    *out_as_said = engine_status(run, reply);
    for (size_t i = 0; i < c->trailer_count; i++)
        check_header(run, &c->trailers[i], reply);
    return true;
}

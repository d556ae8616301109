/* What a contract demands, before and after it was edited. */
#include "parley/breaking/impact.h"
#include "weaker.h"

/* A request may be matched by more, not by less, and by no other fields. */
static bool request_shrank(const pl_matcher *was, const pl_matcher *is) {
    return was->member_count != is->member_count || weaker(is, was, NULL);
}

static bool text_weaker(const pl_matcher *was, const pl_matcher *is) {
    return was && (!is || weaker(was, is, pl_text_field()));
}

static const char *status_loosened(const pl_contract_status *was, const pl_contract_status *is) {
    if (was->code != is->code)
        return "its status is another";
    if (text_weaker(was->message, is->message))
        return "the message of its status is matched by more";
    if (was->detail_count > is->detail_count)
        return "a detail of its status is no longer asked for";
    for (size_t i = 0; i < was->detail_count; i++) {
        if (weaker(was->details[i], is->details[i], NULL))
            return "a detail of its status is matched by more";
    }
    return NULL;
}

static const char *steps_loosened(const pl_contract_step *was, size_t count,
                                  const pl_contract_step *is, size_t other) {
    if (count != other)
        return "its steps are others";
    for (size_t i = 0; i < count; i++) {
        const pl_contract_step *a = &was[i], *b = &is[i];
        const char *inner = NULL;
        if (a->kind != b->kind)
            return "its steps are others";
        if (a->kind == PL_STEP_RECV && request_shrank(a->message, b->message))
            return "its request is another";
        if (a->kind == PL_STEP_RECV && (b->min > a->min || b->max < a->max))
            return "its requests may be fewer or more";
        if (a->kind == PL_STEP_SEND && weaker(a->message, b->message, NULL))
            return "its answer is matched by more";
        if (a->kind == PL_STEP_SEND && (b->min < a->min || b->max > a->max))
            return "its answers may be fewer or more";
        if (a->kind == PL_STEP_STATUS)
            inner = status_loosened(&a->status, &b->status);
        else if (a->kind == PL_STEP_ANY_ORDER)
            inner = steps_loosened(a->steps, a->step_count, b->steps, b->step_count);
        if (inner)
            return inner;
    }
    return NULL;
}

/* What WAS asks of metadata or trailers, IS does not. */
static bool headers_weaker(const pl_contract_header *was, size_t count,
                           const pl_contract_header *is, size_t other) {
    for (size_t i = 0; i < count; i++) {
        const pl_contract_header *a = &was[i], *b = NULL;
        for (size_t k = 0; k < other && !b; k++)
            b = a->nth == is[k].nth && pl_str_eq(a->name, is[k].name) ? &is[k] : NULL;
        const pl_field *field = a->type ? NULL : pl_text_field();
        if (!b || weaker(a->matcher, b->matcher, field))
            return true;
    }
    return false;
}

static bool same_given(const pl_contract *a, const pl_contract *b) {
    bool same = a->given_count == b->given_count;
    for (size_t i = 0; same && i < a->given_count; i++) {
        const pl_contract_state *x = &a->given[i], *y = &b->given[i];
        same = pl_str_eq(x->name, y->name) && x->parameter_count == y->parameter_count;
        for (size_t k = 0; same && k < x->parameter_count; k++)
            same = pl_str_eq(x->parameters[k].name, y->parameters[k].name) &&
                   pl_str_eq(x->parameters[k].json, y->parameters[k].json);
    }
    return same;
}

/* A route that is no longer pinned is one of all. */
static bool same_route(const pl_http_rule *was, const pl_http_rule *is) {
    return !is || (was && pl_str_eq(was->verb, is->verb) && pl_str_eq(was->path, is->path));
}

static bool forbids_less(const pl_contract *was, const pl_contract *is) {
    for (size_t i = 0; i < was->must_not_contain_count; i++) {
        bool found = false;
        for (size_t k = 0; k < is->must_not_contain_count; k++)
            found = found || pl_str_eq(was->must_not_contain[i], is->must_not_contain[k]);
        if (!found)
            return true;
    }
    return false;
}

static const char *subject_loosened(const pl_contract *was, const pl_contract *is) {
    if (!was->method != !is->method || !was->event != !is->event)
        return "it is about something else";
    if (was->method && !pl_str_eq(was->method->full_name, is->method->full_name))
        return "it is about another method";
    if (was->event && !pl_str_eq(was->event->full_name, is->event->full_name))
        return "it is about another event";
    if (was->event && !pl_str_eq(was->stream, is->stream))
        return "it is about another stream";
    return NULL;
}

const char *pl_contract_loosened(const pl_contract *was, const pl_contract *is) {
    const char *how = subject_loosened(was, is);
    if (!how)
        how = steps_loosened(was->steps, was->step_count, is->steps, is->step_count);
    if (how)
        return how;
    if (was->payload && is->payload && weaker(was->payload, is->payload, NULL))
        return "its event is matched by more";
    if (headers_weaker(is->metadata, is->metadata_count, was->metadata, was->metadata_count))
        return "its request has other metadata";
    if (!same_route(was->http, is->http))
        return "it is called by another route";
    if (!same_given(was, is))
        return "what is given is something else";
    if (headers_weaker(was->trailers, was->trailer_count, is->trailers, is->trailer_count))
        return "its trailers are matched by more";
    if (forbids_less(was, is))
        return "must_not_contain has fewer fields";
    if (was->within_ms && (!is->within_ms || is->within_ms > was->within_ms))
        return "it may take longer";
    if (was->idempotent && !is->idempotent)
        return "it is no longer idempotent";
    if (is->ignored.until.n && !was->ignored.until.n)
        return "it is ignored now";
    if (is->in_progress.until.n && !was->in_progress.until.n)
        return "it is in progress now";
    return NULL;
}

const char *pl_contract_file_loosened(const pl_contract_file *was, const pl_contract_file *is) {
    if (is->complete && !was->complete)
        return "it claims to be complete now";
    if (was->source && !is->source)
        return "it says that names do not matter now";
    if (was->access & ~is->access)
        return "it is reached in fewer ways now";
    return NULL;
}

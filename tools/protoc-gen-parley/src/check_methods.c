#include "check.h"
#include "kinds.h"
#include "source.h"

/* MethodDescriptorProto.options, and the options in it. */
#define METHOD_OPTIONS 4
#define OPTION_AUTH    50001
#define OPTION_CALL    50002
/* Greatest default deadline, in milliseconds: one day. */
#define TIMEOUT_MAX (24u * 60 * 60 * 1000)
/* Greatest request of a method, in bytes: the whole of it is in memory. */
#define REQUEST_MAX (64u << 20)

static pl_gen_place option_place(const pl_gen_method *m, int32_t option) {
    pl_gen_place options = pl_gen_place_in(&m->place, METHOD_OPTIONS, -1);
    return pl_gen_place_in(&options, option, -1);
}

static const char *verb_of(const pl_gen_method *m) {
    return m->requests ? "takes a stream" : "answers with a stream";
}

static void check_owner(pl_gen_report *report, const pl_gen_method *m, const pl_gen_place *place) {
    const char *owner = m->auth->owner;
    if (!owner[0])
        return;
    if (m->requests) {
        pl_gen_fault_add(report, place,
                         "%s takes a stream: owner \"%s\" would have to be compared for each "
                         "message; say owner: \"\" and compare it in the handler",
                         m->name, owner);
        return;
    }
    const pl_gen_field *field = pl_gen_find_field(m->request, pl_str_c(owner));
    const char **names = pl_arena_calloc(report->arena, m->request->field_count + 1,
                                         sizeof(*names));
    if (!names) {
        report->failed = true;
        return;
    }
    for (size_t i = 0; i < m->request->field_count; i++)
        names[i] = m->request->fields[i].name;
    const char *nearest = pl_str_nearest(pl_str_c(owner), names, m->request->field_count);
    if (!field)
        pl_gen_fault_add(report, place, "%s: owner \"%s\" is no field of %s%s%s%s", m->name, owner,
                         m->request->full, nearest ? "; did you mean \"" : "",
                         nearest ? nearest : "", nearest ? "\"?" : "");
    else if (pl_gen_kind_of(field) != PL_KIND_TEXT || field->repeated)
        pl_gen_fault_add(
            report, place,
            "%s: owner \"%s\" is no single string; name the field that holds the id of a user",
            m->name, owner);
}

static void check_auth(pl_gen_report *report, const pl_gen_method *m) {
    pl_gen_place place = option_place(m, OPTION_AUTH);
    if (!m->auth || m->auth->rule_case == PARLEY__AUTH__RULE__NOT_SET) {
        pl_gen_fault_add(report, m->auth ? &place : &m->place,
                         "%s has no rule who may call it; add option (parley.auth) = { public: "
                         "true }, or user, owner, role or internal",
                         m->name);
        return;
    }
    const Parley__Auth *a = m->auth;
    bool off = (a->rule_case == PARLEY__AUTH__RULE_PUBLIC && !a->public_) ||
               (a->rule_case == PARLEY__AUTH__RULE_USER && !a->user) ||
               (a->rule_case == PARLEY__AUTH__RULE_INTERNAL && !a->internal);
    if (off)
        pl_gen_fault_add(report, &place, "%s: a rule set to false says nobody; set one to true",
                         m->name);
    if (a->rule_case == PARLEY__AUTH__RULE_ROLE && !a->role[0])
        pl_gen_fault_add(report, &place, "%s: role is empty; name the authority it needs", m->name);
    if (a->rule_case == PARLEY__AUTH__RULE_OWNER)
        check_owner(report, m, &place);
}

static void check_call(pl_gen_report *report, const pl_gen_method *m) {
    pl_gen_place place = option_place(m, OPTION_CALL);
    const Parley__Call *c = m->call;
    bool repeated = c->idempotency == PARLEY__IDEMPOTENCY__IDEMPOTENCY_ALWAYS ||
                    c->idempotency == PARLEY__IDEMPOTENCY__IDEMPOTENCY_IF_KEY;
    if (c->inline_ && !m->unary)
        pl_gen_fault_add(report, &place,
                         "%s %s, which would block the poller; remove inline, it is for methods "
                         "that answer at once",
                         m->name, verb_of(m));
    if (repeated && !m->unary)
        pl_gen_fault_add(report, &place,
                         "%s %s, and a stream is never repeated for the caller; remove idempotency",
                         m->name, verb_of(m));
    if (c->timeout > TIMEOUT_MAX)
        pl_gen_fault_add(report, &place,
                         "%s: timeout %u ms is over a day (%u); it is in milliseconds%s", m->name,
                         c->timeout, TIMEOUT_MAX,
                         m->unary ? "" : ", and a stream without one has no deadline");
    if (c->max_request > REQUEST_MAX)
        pl_gen_fault_add(report, &place,
                         "%s: max_request %u is above %u bytes; send more as a stream of smaller "
                         "messages",
                         m->name, c->max_request, REQUEST_MAX);
}

void pl_check_methods(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->service_count; i++) {
        const pl_gen_service *s = &file->services[i];
        for (size_t k = 0; k < s->method_count; k++) {
            check_auth(report, &s->methods[k]);
            if (s->methods[k].call)
                check_call(report, &s->methods[k]);
        }
    }
}

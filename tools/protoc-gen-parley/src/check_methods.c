#include "check.h"
#include "kinds.h"
#include "source.h"

/* MethodDescriptorProto.options, and the options in it. */
#define METHOD_OPTIONS 4
#define OPTION_AUTH    50001
#define OPTION_CALL    50002

static pl_gen_place option_place(const pl_gen_method *m, int32_t option) {
    pl_gen_place options = pl_gen_place_in(&m->place, METHOD_OPTIONS, -1);
    return pl_gen_place_in(&options, option, -1);
}

static void check_owner(pl_gen_report *report, const pl_gen_method *m, const pl_gen_place *place) {
    const char *owner = m->auth->owner;
    if (!owner[0])
        return;
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
        pl_gen_fault_add(report, place, "%s: owner \"%s\" must be a string, the id of a user",
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

void pl_check_methods(pl_gen_report *report, const pl_gen_file *file) {
    for (size_t i = 0; i < file->service_count; i++) {
        const pl_gen_service *s = &file->services[i];
        for (size_t k = 0; k < s->method_count; k++) {
            const pl_gen_method *m = &s->methods[k];
            check_auth(report, m);
            pl_gen_place place = option_place(m, OPTION_CALL);
            if (m->call && m->call->inline_ && !m->unary)
                pl_gen_fault_add(report, &place, "%s: only a unary method can be inline", m->name);
        }
    }
}

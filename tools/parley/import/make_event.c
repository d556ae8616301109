/* Output messages as events. */
#include "import/making.h"

/* NAME is the type's, or its method's: productChanged. */
static bool is_named(const pl_message_type *type, pl_str name) {
    return name.n == type->name.n && pl_str_eq_nocase(name, type->name);
}

static const pl_message_type *find_event(making *m, pl_str name) {
    const pl_message_type *found = NULL;
    const pl_pool *pool = m->i->c.pool;
    for (size_t f = 0; name.n && f < pl_pool_file_count(pool); f++) {
        const pl_file *file = pl_pool_file_at(pool, f);
        if (m->i->provider && !pl_str_eqc(file->package, m->i->provider))
            continue;
        for (size_t k = 0; k < file->message_count; k++) {
            const pl_message_type *type = file->messages[k];
            if (!type->is_event || !is_named(type, name))
                continue;
            if (found)
                return NULL; /* --provider says which */
            found = type;
        }
    }
    return found;
}

/* The event's type is in a header or a member, else it has the name of what makes it. */
static const pl_message_type *event_of(making *m) {
    static const char *const members[] = {"eventType", "event_type", "ce-type", "type"};
    const scc_part *output = &m->c->output;
    const pl_message_type *type = NULL;
    if (m->i->event)
        return find_event(m, pl_str_c(m->i->event));
    for (size_t k = 0; !type && k < PL_COUNT(members); k++) {
        const scc_value *header = scc_value_find(output->headers, members[k]);
        const scc_value *member = scc_value_find(output->body, members[k]);
        type = find_event(m, header ? header->text : pl_str_c(""));
        if (!type)
            type = find_event(m, member ? member->text : pl_str_c(""));
    }
    if (!type)
        type = find_event(m, m->c->triggered_by);
    return type ? type : find_event(m, m->c->label);
}

/* Takes the members that say which event it is: `event:` says it. */
static void take_type(const pl_message_type *type, scc_value *body) {
    scc_value **at = &body->children;
    while (*at) {
        if (is_named(type, (*at)->text) && !pl_message_field_by_json(type, (*at)->key)) {
            *at = (*at)->next;
            body->count--;
        } else {
            at = &(*at)->next;
        }
    }
}

static void warn_event(making *m, const pl_message_type *type) {
    const scc_part *output = &m->c->output;
    if (output->sent_to && !pl_str_eq(output->sent_to->text, type->file->stream))
        scc_finding(m->s, output->sent_to->at, PL_FINDING_NOTE, "STREAM",
                    "'%.64s' became '%s', where %s is published", output->sent_to->text.p,
                    type->file->stream.p, type->name.p);
    for (const scc_value *v = output->headers ? output->headers->children : NULL; v; v = v->next) {
        if (!making_is_json(v) && !is_named(type, v->text) && v->kind != SCC_UNKNOWN)
            scc_finding(m->s, v->key_at, PL_FINDING_WARNING, "HEADER_LEFT_OUT",
                        "the header '%.64s' is left out: an event has a payload alone", v->key.p);
    }
}

void make_event(making *m) {
    const scc_contract *c = m->c;
    const pl_message_type *type = event_of(m);
    pl_str trigger = c->triggered_by.n ? c->triggered_by : c->label;
    if (!type) {
        making_refuse(m, c->output.at, "EVENT_UNCLEAR",
                      "which event of the protos this is does not show; --event%s says it",
                      m->i->provider ? "" : " or --provider");
        return;
    }
    target *t = making_begin(m, type->file);
    if (!t)
        return;
    pl_buf_puts(&m->text, "  trigger: ");
    ours_scalar(&m->text, trigger.n ? trigger : type->name);
    pl_buf_printf(&m->text, "\n  event: %s\n  stream: %s\n", type->name.p, type->file->stream.p);
    if (c->label.n && c->name.n && !pl_str_eq(c->label, trigger)) {
        pl_buf_puts(&m->text, "  tags: [");
        ours_scalar(&m->text, c->label);
        pl_buf_puts(&m->text, "]\n");
    }
    making_put_common(m);
    if (c->output.body && c->output.body->kind == SCC_MAP)
        take_type(type, c->output.body);
    making_put_body(m, "payload", type, c->output.body);
    warn_event(m, type);
    making_finish(m, t, PL_ACCESS_EVENTS);
}

/* A contract of theirs as one of ours. */
#include "import/making.h"

/* Headers that JSON over HTTP always has: nothing that a contract would have to say. */
bool making_is_json(const scc_value *header) {
    static const char *const names[] = {"content-type", "accept", "contentType"};
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (pl_str_eq_nocase(header->key, pl_str_c(names[i])))
            return strstr(header->text.p, "json") != NULL;
    }
    return false;
}

void making_refuse(making *m, scc_at at, const char *rule, const char *format, const char *what) {
    scc_finding(m->s, at, PL_FINDING_ERROR, rule, format, what);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Folders that say how contracts are kept, not whose they are. */
static bool is_layout(pl_str folder) {
    static const char *const names[] = {"",     ".",         "..",       "contracts", "rest",
                                        "http", "messaging", "messages", "events",    "resources",
                                        "test", "src",       "main"};
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (pl_str_eqc(folder, names[i]))
            return true;
    }
    return pl_str_starts(folder, pl_str_c("scenario"));
}

/* The consumer is the nearest folder that is named for somebody; NULL: there is none. */
static const char *consumer_of(making *m) {
    pl_str rest = pl_str_c(m->s->path), folder, found = {"", 0};
    if (m->i->consumer)
        return m->i->consumer;
    while (pl_str_split(&rest, '/', &folder) && rest.n > 0) {
        if (!is_layout(folder) && !pl_str_eqc(folder, m->provider))
            found = folder;
    }
    if (found.n)
        return scc_copy(m->s, found).p;
    making_refuse(m, m->c->at, "CONSUMER",
                  "no folder of '%.128s' says whose contract it is; --consumer says it",
                  m->s->path);
    return NULL;
}

static pl_str name_of(const making *m) {
    const scc_contract *c = m->c;
    pl_str file = pl_str_c(base_name(m->s->path));
    if (c->name.n)
        return c->name;
    if (c->label.n)
        return c->label;
    return pl_str_make(file.p, pl_str_index(file, '.'));
}

static void put_description(making *m) {
    pl_str rest = m->c->description, line;
    while (pl_str_split(&rest, '\n', &line)) {
        line = pl_str_trim(line);
        if (!line.n)
            continue;
        pl_buf_puts(&m->text, "# ");
        ours_comment(&m->text, line);
        pl_buf_putc(&m->text, '\n');
    }
}

static void put_name(making *m, const target *t) {
    pl_buf_puts(&m->text, "- name: ");
    pl_buf name = pl_buf_make(256);
    ours_comment(&name, pl_utf8_cut(name_of(m), 180));
    m->name = target_name(m->i, t, pl_str_trim(pl_buf_view(&name)));
    ours_scalar(&m->text, pl_str_c(m->name));
    pl_buf_putc(&m->text, '\n');
    pl_buf_done(&name);
}

target *making_begin(making *m, const pl_file *of) {
    m->provider = of->package.p;
    const char *consumer = consumer_of(m);
    target *t = consumer ? target_find(m->i, m->provider, consumer) : NULL;
    m->s->full = m->s->full || (consumer && !t);
    if (!t)
        return NULL;
    put_description(m);
    put_name(m, t);
    return t;
}

void making_put_body(making *m, const char *key, const pl_message_type *type, scc_value *body) {
    if (body && body->kind != SCC_MAP) {
        scc_finding(m->s, body->at, PL_FINDING_WARNING, "FIELD_LEFT_OUT",
                    "the body is left out: %s is an object in JSON", type->full_name.p);
        body = NULL;
    }
    pl_buf_printf(&m->text, "  %s:", key);
    ours_message(&m->w, type, body, 2);
    pl_buf_putc(&m->text, '\n');
}

/* Theirs: 1 is the greatest, and 5 where nothing is said. */
void making_put_common(making *m) {
    static const char *const keys[] = {"ignored", "in_progress"};
    const bool set[] = {m->c->ignored, m->c->in_progress};
    if (m->c->priority)
        pl_buf_printf(&m->text, "  priority: %d\n",
                      m->c->priority > 1000 ? -995 : 5 - (int)m->c->priority);
    for (size_t k = 0; k < PL_COUNT(keys); k++) {
        if (!set[k])
            continue;
        pl_buf_printf(&m->text,
                      "  %s: { until: %s, because: it was so in Spring Cloud Contract }\n", keys[k],
                      m->i->until);
        scc_finding(m->s, m->c->at, PL_FINDING_NOTE, "EXEMPTION",
                    "%s needs an end and a reason here: look at until: and because:", keys[k]);
    }
}

void making_finish(making *m, target *t, unsigned access) {
    pl_buf wrong = pl_buf_make(4096);
    pl_error err = PL_ERROR_INIT;
    pl_str text = pl_buf_view(&m->text);
    m->s->full = m->s->full || m->text.failed;
    if (m->s->full)
        return;
    if (target_try(m->i, t, access, text, &wrong, &err) != PL_OK)
        making_refuse(m, m->c->at, "CHECK", "it cannot be checked: %s", err.message);
    else if (wrong.n)
        making_refuse(m, m->c->at, "CHECK",
                      "it became a comment, for `parley contract check` says: %s", wrong.p);
    else
        t->access |= access;
    m->i->contract_count += err.code == PL_OK && !wrong.n;
    if (err.code == PL_OK && !target_add(m->i, t, m->s, m->c->at, m->name, text, wrong.n > 0))
        m->s->full = true;
    pl_buf_done(&wrong);
}

void make_contracts(importer *i, scc_source *s) {
    for (const scc_contract *c = s->contracts; c && !s->full; c = c->next) {
        making m = {.i = i, .s = s, .c = c, .text = pl_buf_make(IMPORT_TEXT_MAX)};
        m.w.s = s;
        m.w.out = &m.text;
        if (c->request.present)
            make_call(&m);
        else if (c->output.present)
            make_event(&m);
        else
            making_refuse(&m, c->at, "CONTRACT", "neither a request nor an outputMessage%s", "");
        pl_buf_done(&m.text);
    }
}

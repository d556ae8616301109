/* The checks of texts in events: what nanopb cannot do by itself. */
#include "emit.h"
#include "kinds.h"

/* What every check of a text does, once a file. */
static const char CHECK_TEXT[] =
    "\n"
    "/* A text of at most MAX characters of UTF-8 that ends within SIZE bytes. */\n"
    "static PL_UNUSED pl_code check_text(const char *field, const char *text, size_t size,\n"
    "                                    size_t max, pl_code bad, pl_error *err) {\n"
    "    pl_str s = pl_str_make(text, strnlen(text, size));\n"
    "    if (s.n == size || !pl_utf8_valid(s))\n"
    "        return pl_error_set(err, bad, \"%s: not a text in UTF-8\", field);\n"
    "    if (pl_utf8_length(s) > max)\n"
    "        return pl_error_set(err, bad, \"%s: more than %zu characters\", field, max);\n"
    "    return PL_OK;\n"
    "}\n";

/* What is emitted for a message of the file: nothing, a check that is to come, a check. */
typedef enum state { NOTHING, WANTED, EMITTED } state;

typedef struct texts {
    pl_out *out;
    const pl_gen_file *file;
    state *states; /* one a message */
} texts;

static bool has_text(const pl_gen_field *f) {
    return f->limits && pl_gen_kind_of(f) == PL_KIND_TEXT;
}

static state *state_of(const texts *t, const pl_gen_message *m) {
    return &t->states[m - t->file->messages];
}

/* The sub-message of F whose texts are checked; NULL: none. */
static const pl_gen_message *checked_sub(const texts *t, const pl_gen_field *f) {
    return f->sub && *state_of(t, f->sub) != NOTHING ? f->sub : NULL;
}

/* Where a value of F is in nanopb's struct, without the index of a list. */
static void member(const pl_gen_field *f, pl_buf *out) {
    pl_buf_puts(out, "event->");
    if (f->case_member && !f->optional)
        pl_buf_printf(out, "%s.", f->message->proto->oneof_decl[f->proto->oneof_index]->name);
    pl_buf_puts(out, f->name);
}

/* The line that says when there is a value to check. */
static void condition(pl_out *out, const pl_gen_field *f) {
    if (f->repeated)
        pl_out_line(out, "    for (size_t i = 0; !code && i < event->%s_count; i++)", f->name);
    else if (f->case_member && !f->optional)
        pl_out_line(out, "    if (!code && event->which_%s == %s_%s_tag)",
                    f->message->proto->oneof_decl[f->proto->oneof_index]->name, f->message->c,
                    f->name);
    else if (f->optional || f->sub)
        pl_out_line(out, "    if (!code && event->has_%s)", f->name);
    else
        pl_out_line(out, "    if (!code)");
}

static void check_field(const texts *t, const pl_gen_field *f) {
    const pl_gen_message *sub = checked_sub(t, f);
    bool top = f->message->event != NULL;
    pl_buf value = pl_buf_make(PL_OUT_LINE_MAX);
    if (!has_text(f) && !sub)
        return;
    member(f, &value);
    condition(t->out, f);
    if (value.failed)
        t->out->buf.failed = true;
    else if (sub)
        pl_out_line(t->out, "        code = %s_check(&%s%s, bad, err);", sub->c, value.p,
                    f->repeated ? "[i]" : "");
    else
        pl_out_line(
            t->out, "        code = check_text(\"%s%s%s\", %s%s, sizeof(%s%s), %u, bad, err);",
            top ? "" : f->message->proto->name, top ? "" : ".", f->name, value.p,
            f->repeated ? "[i]" : "", value.p, f->repeated ? "[0]" : "", f->limits->max_length);
    pl_buf_done(&value);
}

/* The check of M, behind those of the messages in it. */
static void check_message(const texts *t, const pl_gen_message *m) {
    pl_out *out = t->out;
    bool any = false;
    if (*state_of(t, m) == EMITTED)
        return;
    *state_of(t, m) = EMITTED;
    for (size_t i = 0; i < m->field_count; i++) {
        if (checked_sub(t, &m->fields[i]))
            check_message(t, m->fields[i].sub);
        any = any || has_text(&m->fields[i]) || checked_sub(t, &m->fields[i]);
    }
    pl_out_gap(out);
    pl_out_line(out, "static pl_code %s_check(const %s *event, pl_code bad, pl_error *err) {", m->c,
                m->c);
    pl_out_line(out, "    pl_code code = PL_OK;");
    for (size_t i = 0; i < m->field_count; i++)
        check_field(t, &m->fields[i]);
    if (!any) {
        pl_out_line(out, "    (void)event;");
        pl_out_line(out, "    (void)bad;");
        pl_out_line(out, "    (void)err;");
    }
    pl_out_line(out, "    return code;");
    pl_out_line(out, "}");
}

/* Marks what has texts in it or below it; no message of events holds itself. */
static void mark(const texts *t) {
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < t->file->message_count; i++) {
            const pl_gen_message *m = &t->file->messages[i];
            bool texted = m->event != NULL;
            for (size_t k = 0; k < m->field_count && !texted; k++)
                texted = has_text(&m->fields[k]) || checked_sub(t, &m->fields[k]);
            if (texted && *state_of(t, m) == NOTHING) {
                *state_of(t, m) = WANTED;
                changed = true;
            }
        }
    }
}

void pl_emit_texts(pl_out *out, const pl_gen *gen, const pl_gen_file *file) {
    texts t = {out, file, pl_arena_calloc(gen->arena, file->message_count + 1, sizeof(state))};
    if (!t.states) {
        out->buf.failed = true;
        return;
    }
    mark(&t);
    pl_out_raw(out, "%s", CHECK_TEXT);
    for (size_t i = 0; i < file->message_count; i++)
        if (file->messages[i].event)
            check_message(&t, &file->messages[i]);
}

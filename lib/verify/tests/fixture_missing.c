#include "fixture_missing.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_MAX = 256 };

static bool has_state(const pl_states_def *def, pl_str name) {
    for (size_t i = 0; def && i < def->state_count; i++) {
        if (pl_str_eqc(name, def->states[i].name))
            return true;
    }
    return false;
}

static bool has_trigger(const pl_states_def *def, pl_str name) {
    for (size_t i = 0; def && i < def->trigger_count; i++) {
        if (pl_str_eqc(name, def->triggers[i].name))
            return true;
    }
    return false;
}

/* "  state book_there  (contracts/...:7, given id, title)"; false where it was told before. */
static bool put_head(const char *kind, pl_str name, const pl_contract *c, pl_contract_at at,
                     pl_buf *out) {
    char head[HEAD_MAX];
    (void)snprintf(head, sizeof head, "  %s %s  (", kind, name.p);
    if (out->n && strstr(out->p, head))
        return false;
    if (!out->n)
        pl_buf_puts(out, "contracts name states that the service lacks; to be written in the file "
                         "behind STATES of pl_contract_test:\n");
    return pl_buf_printf(out, "%s%s:%u", head, c->file->path.p, at.line);
}

static void missing_state(const pl_contract *c, const pl_contract_state *given, pl_buf *out) {
    if (!put_head("state", given->name, c, given->at, out))
        return;
    for (size_t i = 0; i < given->parameter_count; i++)
        pl_buf_printf(out, "%s%s", i ? ", " : ", given ", given->parameters[i].name.p);
    pl_buf_printf(out,
                  ")\n    static pl_code setup_%s(void *self, const pl_state_values *with,\n"
                  "        pl_state_values *returns, pl_error *err);\n"
                  "    and in the table of states {.name = \"%s\", .setup = setup_%s, ...}\n",
                  given->name.p, given->name.p, given->name.p);
}

static void missing_trigger(const pl_contract *c, pl_buf *out) {
    if (put_head("trigger", c->trigger, c, c->at, out))
        pl_buf_printf(out,
                      ")\n    static pl_code fire_%s(void *self, pl_error *err);\n"
                      "    and in the table of triggers {.name = \"%s\", .fire = fire_%s}\n",
                      c->trigger.p, c->trigger.p, c->trigger.p);
}

void fixture_missing(const pl_contract_set *set, const pl_states_def *def, pl_buf *out) {
    for (size_t f = 0; f < pl_contract_set_file_count(set); f++) {
        const pl_contract_file *file = pl_contract_set_file(set, f);
        for (size_t i = 0; i < file->contract_count; i++) {
            const pl_contract *c = file->contracts[i];
            for (size_t g = 0; g < c->given_count; g++) {
                if (!has_state(def, c->given[g].name))
                    missing_state(c, &c->given[g], out);
            }
            if (c->event && !has_trigger(def, c->trigger))
                missing_trigger(c, out);
        }
    }
}

#include "breaking/report.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_MAX = 1 << 16, HINT_MAX = 1 << 14 };

/* Additions hurt only those who are known to be hurt. */
static bool is_addition(const pl_rule *rule) {
    return strcmp(rule->name, "ENUM_VALUE_NO_ADD") == 0 ||
           strcmp(rule->name, "FIELD_LIMIT_NO_WIDEN") == 0;
}

pl_severity report_severity(const report *r, size_t index) {
    pl_impact impact = r->judgements[index].impact;
    bool addition = is_addition(pl_changes_at(r->changes, index)->rule);
    if (pl_rule_announces(pl_changes_at(r->changes, index)->rule))
        return PL_FINDING_NOTE;
    if (impact == PL_IMPACT_USED || impact == PL_IMPACT_HAZARD)
        return PL_FINDING_ERROR;
    if (impact == PL_IMPACT_UNUSED || addition)
        return PL_FINDING_NOTE;
    return r->strict ? PL_FINDING_ERROR : PL_FINDING_WARNING;
}

bool report_blocks(const report *r, size_t index) {
    return report_severity(r, index) == PL_FINDING_ERROR;
}

/* ---- text ------------------------------------------------------------------------------------ */

bool report_named_before(const pl_judgement *j, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (pl_str_eq(j->users[i]->file->consumer, j->users[index]->file->consumer))
            return true;
    }
    return false;
}

/* "keep the field ...; 2 consumers left: mypage, marketing" */
static void print_hint(const pl_change *change, const pl_judgement *j, pl_buf *out) {
    size_t consumers = 0;
    pl_buf_puts(out, change->rule->way_out);
    for (size_t i = 0; i < j->user_count; i++)
        consumers += !report_named_before(j, i);
    if (consumers)
        pl_buf_printf(out, "; %zu %s left: ", consumers, consumers == 1 ? "consumer" : "consumers");
    const char *between = "";
    for (size_t i = 0; i < j->user_count; i++) {
        if (report_named_before(j, i))
            continue;
        pl_buf_puts(out, between);
        pl_buf_str(out, j->users[i]->file->consumer);
        between = ", ";
    }
}

static void print_users(const pl_judgement *j, pl_buf *out) {
    for (size_t i = 0; i < j->user_count; i++) {
        const pl_contract *c = j->users[i];
        pl_buf_printf(out, "  used by %s: '%s' (%s:%u)\n", c->file->consumer.p, c->name.p,
                      c->file->path.p, c->at.line);
    }
    if (j->impact == PL_IMPACT_UNKNOWN && j->open_count == 0)
        pl_buf_puts(out, "  unknown: nobody has a contract with this provider\n");
    for (size_t i = 0; j->impact == PL_IMPACT_UNKNOWN && i < j->open_count; i++)
        pl_buf_printf(out, "  unknown: %s does not say that its contracts are complete (%s)\n",
                      j->open[i]->consumer.p, j->open[i]->path.p);
    if (j->impact == PL_IMPACT_UNUSED)
        pl_buf_puts(out, "  unused: every consumer's contracts are complete, and none needs it\n");
}

static void print_change(const report *r, size_t index, bool color, pl_buf *out) {
    const pl_change *change = pl_changes_at(r->changes, index);
    const pl_judgement *judgement = &r->judgements[index];
    char path[PATH_MAX];
    pl_buf source = pl_buf_make(SOURCE_MAX), hint = pl_buf_make(HINT_MAX);
    sides_path(r->sides, change->new_at.file, path);
    sides_line(r->sides, path, change->new_at.line, &source);
    print_hint(change, judgement, &hint);
    pl_finding finding = {.severity = report_severity(r, index),
                          .rule = change->rule->name,
                          .file = path,
                          .line = change->new_at.line,
                          .column = change->new_at.col,
                          .message = change->message.p,
                          .hint = "",
                          .source_line = source.n ? source.p : ""};
    (void)pl_finding_print(&finding, color, out);
    print_users(judgement, out);
    if (judgement->impact == PL_IMPACT_UNUSED && pl_rule_announces(change->rule))
        pl_buf_puts(out, "  hint: it may be removed\n");
    else if (judgement->impact != PL_IMPACT_UNUSED)
        pl_buf_printf(out, "  hint: %s\n", hint.p ? hint.p : "");
    pl_buf_done(&source);
    pl_buf_done(&hint);
}

/* Where it stands now, or stood. */
static pl_contract_at edit_at(const contract_edit *edit) {
    pl_contract_at head = {1, 1};
    if (edit->is)
        return edit->is->at;
    return edit->was ? edit->was->at : head;
}

static const char *edit_path(const contract_edit *edit) {
    return edit->is ? edit->is->file->path.p : edit->file->path.p;
}

static void print_edit(const report *r, const contract_edit *edit, bool color, pl_buf *out) {
    pl_contract_at at = edit_at(edit);
    pl_buf source = pl_buf_make(SOURCE_MAX), text = pl_buf_make(SOURCE_MAX);
    pl_buf_printf(&text, "%s: %s%s%s%s", edit->file->consumer.p, edit->was ? "'" : "",
                  edit->was ? edit->was->name.p : "", edit->was ? "': " : "", edit->how);
    if (edit->is)
        sides_line(r->sides, edit_path(edit), at.line, &source);
    pl_finding finding = {.severity = PL_FINDING_ERROR,
                          .rule = edit->rule->name,
                          .file = edit_path(edit),
                          .line = at.line,
                          .column = at.column,
                          .message = text.p ? text.p : "",
                          .hint = edit->rule->way_out,
                          .source_line = source.n ? source.p : ""};
    (void)pl_finding_print(&finding, color, out);
    pl_buf_done(&source);
    pl_buf_done(&text);
}

void report_text(const report *r, bool color, pl_buf *out) {
    for (size_t i = 0; i < pl_changes_count(r->changes); i++)
        print_change(r, i, color, out);
    for (size_t i = 0; i < r->users->edit_count; i++)
        print_edit(r, &r->users->edits[i], color, out);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void member(pl_buf *out, const char *name, pl_str value) {
    pl_buf_printf(out, ",\"%s\":", name);
    pl_buf_json(out, value);
}

static void print_consumers(const pl_judgement *j, pl_buf *out) {
    pl_buf_puts(out, ",\"consumers\":[");
    for (size_t i = 0; i < j->user_count; i++) {
        const pl_contract *c = j->users[i];
        pl_buf_puts(out, i ? ",{\"consumer\":" : "{\"consumer\":");
        pl_buf_json(out, c->file->consumer);
        member(out, "contract", c->name);
        member(out, "file", c->file->path);
        pl_buf_printf(out, ",\"line\":%u}", c->at.line);
    }
    pl_buf_puts(out, "],\"open\":[");
    for (size_t i = 0; i < j->open_count; i++) {
        pl_buf_puts(out, i ? "," : "");
        pl_buf_json(out, j->open[i]->consumer);
    }
    pl_buf_putc(out, ']');
}

static void print_change_json(const report *r, size_t index, pl_buf *out) {
    const pl_change *change = pl_changes_at(r->changes, index);
    const pl_judgement *judgement = &r->judgements[index];
    char path[PATH_MAX];
    sides_path(r->sides, change->new_at.file, path);
    pl_buf_puts(out, "{\"rule\":");
    pl_buf_json(out, pl_str_c(change->rule->name));
    member(out, "file", pl_str_c(path));
    pl_buf_printf(out, ",\"line\":%u,\"column\":%u", change->new_at.line, change->new_at.col);
    member(out, "element", change->element);
    member(out, "verdict", pl_str_c(pl_impact_name(judgement->impact)));
    member(out, "severity", pl_str_c(pl_severity_name(report_severity(r, index))));
    member(out, "message", change->message);
    member(out, "hint", pl_str_c(change->rule->way_out));
    print_consumers(judgement, out);
    pl_buf_putc(out, '}');
}

static void print_edit_json(const contract_edit *edit, pl_buf *out) {
    pl_contract_at at = edit_at(edit);
    pl_buf_puts(out, "{\"rule\":");
    pl_buf_json(out, pl_str_c(edit->rule->name));
    member(out, "file", pl_str_c(edit_path(edit)));
    pl_buf_printf(out, ",\"line\":%u,\"column\":%u", at.line, at.column);
    member(out, "element", edit->was ? edit->was->name : edit->file->consumer);
    member(out, "verdict", pl_str_c("used"));
    member(out, "severity", pl_str_c("error"));
    member(out, "message", pl_str_c(edit->how));
    member(out, "hint", pl_str_c(edit->rule->way_out));
    pl_buf_puts(out, ",\"consumers\":[{\"consumer\":");
    pl_buf_json(out, edit->file->consumer);
    member(out, "contract", edit->was ? edit->was->name : pl_str_c(""));
    member(out, "file", edit->file->path);
    pl_buf_printf(out, ",\"line\":%u}],\"open\":[]}", edit->was ? edit->was->at.line : 1u);
}

void report_json(const report *r, pl_buf *out) {
    pl_buf_puts(out, "{\"changes\":[");
    for (size_t i = 0; i < pl_changes_count(r->changes); i++) {
        pl_buf_puts(out, i ? "," : "");
        print_change_json(r, i, out);
    }
    for (size_t i = 0; i < r->users->edit_count; i++) {
        pl_buf_puts(out, i || pl_changes_count(r->changes) ? "," : "");
        print_edit_json(&r->users->edits[i], out);
    }
    pl_buf_puts(out, "]}\n");
}

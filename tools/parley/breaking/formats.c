/* The report for other programs: SARIF for code scanning, Markdown for a pull request. */
#include <stdio.h>

#include "breaking/report.h"
#include "parley/http/parser.h"

enum { CELL_MAX = 1 << 16 };

/* A finding, whether of a schema or of a contract. */
typedef struct row {
    char path[PATH_MAX];
    uint32_t line, column;
    const pl_rule *rule;
    pl_severity severity;
    pl_impact impact;
    pl_str contract; /* of an edit; "": the head of the file */
    pl_str message;
    const pl_contract_file *consumer; /* of an edit */
    const pl_judgement *judgement;    /* of a change */
} row;

static size_t row_count(const report *r) {
    return pl_changes_count(r->changes) + r->users->edit_count;
}

static void edit_row(const contract_edit *edit, row *out) {
    const pl_contract *at = edit->is ? edit->is : edit->was;
    const pl_contract_file *file = edit->is ? edit->is->file : edit->file;
    (void)snprintf(out->path, sizeof out->path, "%s", file->path.p);
    out->line = at ? at->at.line : 1;
    out->column = at ? at->at.column : 1;
    out->rule = edit->rule;
    out->severity = PL_FINDING_ERROR;
    out->impact = PL_IMPACT_USED;
    out->contract = edit->was ? edit->was->name : pl_str_c("");
    out->message = pl_str_c(edit->how);
    out->consumer = edit->file;
    out->judgement = NULL;
}

static void row_at(const report *r, size_t index, row *out) {
    size_t changes = pl_changes_count(r->changes);
    if (index >= changes) {
        edit_row(&r->users->edits[index - changes], out);
        return;
    }
    const pl_change *change = pl_changes_at(r->changes, index);
    sides_path(r->sides, change->new_at.file, out->path);
    out->line = change->new_at.line ? change->new_at.line : 1;
    out->column = change->new_at.col ? change->new_at.col : 1;
    out->rule = change->rule;
    out->severity = report_severity(r, index);
    out->impact = r->judgements[index].impact;
    out->contract = pl_str_c("");
    out->message = change->message;
    out->consumer = NULL;
    out->judgement = &r->judgements[index];
}

/* "'a product on sale': it was removed" */
static void print_message(const row *one, pl_buf *out) {
    if (one->contract.n)
        pl_buf_printf(out, "'%.*s': ", PL_FMT(one->contract));
    pl_buf_str(out, one->message);
}

/* "mall.orders, mall.ui" */
static void print_consumers(const row *one, pl_buf *out) {
    const pl_judgement *j = one->judgement;
    const char *between = "";
    if (one->consumer)
        pl_buf_str(out, one->consumer->consumer);
    for (size_t i = 0; j && i < j->user_count; i++) {
        if (report_named_before(j, i))
            continue;
        pl_buf_puts(out, between);
        pl_buf_str(out, j->users[i]->file->consumer);
        between = ", ";
    }
}

/* SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
static void print_result(const row *one, pl_buf *out) {
    pl_buf text = pl_buf_make(CELL_MAX);
    print_message(one, &text);
    pl_buf_printf(&text, " (%s", pl_impact_name(one->impact));
    if (one->consumer || (one->judgement && one->judgement->user_count))
        pl_buf_puts(&text, " by ");
    print_consumers(one, &text);
    pl_buf_printf(&text, "); %s", one->rule->way_out);
    pl_buf_printf(out,
                  "{\"ruleId\":\"%s\",\"level\":\"%s\",\"message\":{\"text\":", one->rule->name,
                  pl_severity_name(one->severity));
    pl_buf_json(out, pl_buf_view(&text));
    pl_buf_puts(out, "},\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"");
    pl_http_percent_encode_path(pl_str_c(one->path), out);
    pl_buf_printf(out, "\"},\"region\":{\"startLine\":%u,\"startColumn\":%u}}}]}", one->line,
                  one->column);
    pl_buf_done(&text);
}

void report_sarif(const report *r, pl_buf *out) {
    pl_buf_puts(out, "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"parley "
                     "breaking\",\"rules\":[");
    for (size_t i = 0; i < pl_rule_count; i++) {
        pl_buf_printf(out, "%s{\"id\":\"%s\",\"shortDescription\":{\"text\":", i ? "," : "",
                      pl_rules[i].name);
        pl_buf_json(out, pl_str_c(pl_rules[i].says));
        pl_buf_puts(out, "}}");
    }
    pl_buf_puts(out, "]}},\"results\":[");
    for (size_t i = 0; i < row_count(r); i++) {
        row one;
        row_at(r, i, &one);
        pl_buf_puts(out, i ? "," : "");
        print_result(&one, out);
    }
    pl_buf_puts(out, "]}]}\n");
}

/* A cell of a table: what would end it is escaped. */
static void print_cell(pl_str text, pl_buf *out) {
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '|')
            pl_buf_putc(out, '\\');
        pl_buf_putc(out, text.p[i] == '\n' ? ' ' : text.p[i]);
    }
}

void report_markdown(const report *r, pl_buf *out) {
    size_t count = row_count(r);
    if (!count) {
        pl_buf_puts(out, "No breaking changes.\n");
        return;
    }
    pl_buf_puts(out, "| | change | where | used by | the way out |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        row one;
        pl_buf message = pl_buf_make(CELL_MAX);
        row_at(r, i, &one);
        print_message(&one, &message);
        pl_buf_printf(out, "| %s | ", pl_impact_name(one.impact));
        print_cell(pl_buf_view(&message), out);
        pl_buf_done(&message);
        pl_buf_printf(out, " `%s` | ", one.rule->name);
        print_cell(pl_str_c(one.path), out);
        pl_buf_printf(out, ":%u | ", one.line);
        print_consumers(&one, out);
        pl_buf_puts(out, " | ");
        print_cell(pl_str_c(one.rule->way_out), out);
        pl_buf_puts(out, " |\n");
    }
}

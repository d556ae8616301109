/* Coverage as a table, and as JSON. */
#include <stdio.h>
#include <string.h>

#include "coverage/coverage.h"

static bool is_shown(const provider *p, const provider *one) {
    return one ? p == one : p->contracts;
}

/* ---- text ------------------------------------------------------------------------------------ */

/* Consumers, each once: uses of one file stand together. */
static void put_consumers(const pl_covered *row, pl_buf *out) {
    const char *between = "";
    for (size_t i = 0; i < row->use_count; i++) {
        const pl_contract_file *file = row->uses[i].contract->file;
        if (i && file == row->uses[i - 1].contract->file)
            continue;
        pl_buf_puts(out, between);
        pl_buf_str(out, file->consumer);
        between = ", ";
    }
    if (!row->use_count)
        pl_buf_puts(out, "nobody");
}

static void put_title(const pl_coverage *c, size_t first, pl_buf *out) {
    size_t used = 0, i = first;
    for (; i < c->row_count && c->rows[i].part == c->rows[first].part; i++)
        used += c->rows[i].use_count > 0;
    pl_buf_printf(out, "  %s", pl_part_title(c->rows[first].part));
    if (c->rows[first].part != PL_PART_STATUS)
        pl_buf_printf(out, ", %zu of %zu", used, i - first);
    pl_buf_putc(out, '\n');
}

static void put_provider(const provider *p, pl_buf *out) {
    const pl_coverage *c = &p->coverage;
    size_t width = 0;
    pl_buf_printf(out, "%s  %zu of %zu used, %u %%\n", p->package.p, c->used, c->total,
                  coverage_percent(c));
    for (size_t i = 0; i < c->row_count; i++)
        width = c->rows[i].name.n > width ? c->rows[i].name.n : width;
    for (size_t i = 0; i < c->row_count; i++) {
        const pl_covered *row = &c->rows[i];
        if (i == 0 || row->part != c->rows[i - 1].part)
            put_title(c, i, out);
        pl_buf_printf(out, "    %-*.*s  ", (int)width, PL_FMT(row->name));
        put_consumers(row, out);
        pl_buf_putc(out, '\n');
    }
}

void report_text(const report *r, const provider *one, pl_buf *out) {
    const char *between = "nobody has a contract with ";
    for (size_t i = 0; i < r->count; i++) {
        if (is_shown(&r->list[i], one))
            put_provider(&r->list[i], out);
    }
    for (size_t i = 0; !one && i < r->count; i++) {
        if (r->list[i].contracts)
            continue;
        pl_buf_printf(out, "%s%s", between, r->list[i].package.p);
        between = ", ";
    }
    if (strcmp(between, ", ") == 0)
        pl_buf_putc(out, '\n');
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void member(pl_buf *out, const char *before, const char *name, pl_str value) {
    pl_buf_printf(out, "%s\"%s\":", before, name);
    pl_buf_json(out, value);
}

static void put_row(const char *before, const pl_covered *row, pl_buf *out) {
    member(out, before, "part", pl_str_c(pl_part_name(row->part)));
    member(out, ",", "name", row->name);
    pl_buf_puts(out, ",\"consumers\":[");
    for (size_t i = 0; i < row->use_count; i++) {
        const pl_use *use = &row->uses[i];
        member(out, i ? ",{" : "{", "consumer", use->contract->file->consumer);
        member(out, ",", "contract", use->contract->name);
        member(out, ",", "file", use->contract->file->path);
        pl_buf_printf(out, ",\"line\":%u,\"column\":%u}", use->at.line, use->at.column);
    }
    pl_buf_puts(out, "]}");
}

void report_json(const report *r, const provider *one, pl_buf *out) {
    const char *between = "";
    pl_buf_puts(out, "{\"providers\":[");
    for (size_t i = 0; i < r->count; i++) {
        const pl_coverage *c = &r->list[i].coverage;
        if (one && one != &r->list[i])
            continue;
        pl_buf_puts(out, between);
        member(out, "{", "provider", r->list[i].package);
        pl_buf_printf(out, ",\"used\":%zu,\"total\":%zu,\"percent\":%u,\"parts\":[", c->used,
                      c->total, coverage_percent(c));
        for (size_t k = 0; k < c->row_count; k++)
            put_row(k ? ",{" : "{", &c->rows[k], out);
        pl_buf_puts(out, "]}");
        between = ",";
    }
    pl_buf_puts(out, "]}\n");
}

/* ---- one field ------------------------------------------------------------------------------- */

static void put_field(const provider *p, const pl_covered *row, pl_buf *out) {
    static const char *const roles[PL_PART_COUNT] = {[PL_PART_REQUEST] = "in requests",
                                                     [PL_PART_ANSWER] = "in answers",
                                                     [PL_PART_EVENT_FIELD] = "in events"};
    pl_buf_printf(out, "%s %s of %s%s\n", row->field->full_name.p, roles[row->part], p->package.p,
                  row->use_count ? "" : ": nobody");
    for (size_t i = 0; i < row->use_count; i++) {
        const pl_contract *contract = row->uses[i].contract;
        pl_buf_printf(out, "  %s:%u:%u: %s: '%s'\n", contract->file->path.p, row->uses[i].at.line,
                      row->uses[i].at.column, contract->file->consumer.p, contract->name.p);
    }
}

bool report_field(const report *r, const provider *one, const char *name, bool json, pl_buf *out) {
    const char *between = "{\"fields\":[{";
    size_t found = 0;
    for (size_t i = 0; i < r->count; i++) {
        const provider *p = &r->list[i];
        for (size_t k = 0; (!one || p == one) && k < p->coverage.row_count; k++) {
            const pl_covered *row = &p->coverage.rows[k];
            if (!row->field || !coverage_is_field(row->field, name))
                continue;
            found++;
            if (!json) {
                put_field(p, row, out);
                continue;
            }
            member(out, between, "provider", p->package);
            put_row(",", row, out);
            between = ",{";
        }
    }
    if (json && found)
        pl_buf_puts(out, "]}\n");
    return found > 0;
}

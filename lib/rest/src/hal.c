/* Answers as JSON: HAL with its links, or plain. */
#include "assemble.h"
#include "exchange.h"
#include "parley/json/proto_json.h"
#include "percent.h"

/* Fields of parley.rest.v1.Page. */
enum { PAGE_SIZE = 1, PAGE_TOTAL_PAGES = 3, PAGE_NUMBER = 4 };

/* Where a page stands. */
typedef struct rest_page {
    int64_t size, pages, number;
} rest_page;

static const pl_field *embed(void *self, const pl_message_type *type, unsigned depth) {
    const pl_rest_exchange *exchange = self;
    (void)type;
    return depth == 0 ? exchange->binding->items : NULL;
}

/* {"href":"..."} of a link over MESSAGE. */
static pl_code write_link(const pl_rest_exchange *exchange, const rest_link *link, pl_str message,
                          pl_buf *out, pl_error *err) {
    pl_buf_json(out, link->rel);
    pl_buf_puts(out, ":{\"href\":\"");
    /* Needs no escape: its text was checked when it was loaded, its values are encoded. */
    pl_code code = rest_link_write(link, exchange->base, message, out, err);
    pl_buf_puts(out, "\"}");
    return code;
}

static pl_code end_resource(const pl_rest_exchange *exchange, const rest_resource *resource,
                            pl_json_scope *scope, pl_buf *out, pl_error *err) {
    const pl_json_write_opts opts = {
        .int64_numbers = exchange->binding->rule->rest.int64_numbers,
        .enum_json_names = true,
    };
    pl_code code = PL_OK;
    if (resource->id_alias.n) {
        pl_json_scope_key(scope, resource->id_alias, out);
        code = pl_wire_field_to_json(resource->id, scope->wire, &opts, out, err);
    }
    if (code || resource->link_count == 0)
        return code;
    pl_json_scope_key(scope, pl_str_c("_links"), out);
    pl_buf_putc(out, '{');
    for (size_t i = 0; i < resource->link_count && !code; i++) {
        if (i > 0)
            pl_buf_putc(out, ',');
        code = write_link(exchange, &resource->links[i], scope->wire, out, err);
    }
    pl_buf_putc(out, '}');
    return code;
}

static int64_t page_value(pl_str page, uint32_t number) {
    pl_wire_field field;
    return pl_wire_find(page, number, &field) ? (int64_t)field.value : 0;
}

static bool page_of(const rest_binding *binding, pl_str message, rest_page *out_page) {
    pl_wire_field field;
    if (!binding->page || !binding->page_number || !binding->page_size ||
        !pl_wire_find(message, binding->page->number, &field))
        return false;
    out_page->size = page_value(field.bytes, PAGE_SIZE);
    out_page->pages = page_value(field.bytes, PAGE_TOTAL_PAGES);
    out_page->number = page_value(field.bytes, PAGE_NUMBER);
    return true;
}

static bool names_page(pl_str parameter) {
    pl_str name = pl_str_make(parameter.p, pl_str_index(parameter, '='));
    return pl_str_eqc(name, "page") || pl_str_eqc(name, "size");
}

/* A raw piece of the request's target, which may hold what JSON and links do not. */
static void write_raw(pl_buf *out, pl_str raw) {
    for (size_t i = 0; i < raw.n; i++) {
        unsigned char c = (unsigned char)raw.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>')
            percent_encode(out, pl_str_make(raw.p + i, 1), false);
        else
            pl_buf_putc(out, (char)c);
    }
}

/* The request's own path with its query, page and size replaced. */
static void write_page_link(const pl_rest_exchange *exchange, const char *rel, int64_t number,
                            int64_t size, pl_buf *out) {
    pl_buf_printf(out, ",\"%s\":{\"href\":\"", rel);
    pl_buf_str(out, exchange->base);
    write_raw(out, exchange->request->path);
    pl_buf_printf(out, "?page=%lld&size=%lld", (long long)number, (long long)size);
    pl_str rest = exchange->request->query;
    pl_str piece;
    while (rest.n > 0 && pl_str_split(&rest, '&', &piece)) {
        if (piece.n == 0 || names_page(piece))
            continue;
        pl_buf_putc(out, '&');
        write_raw(out, piece);
    }
    pl_buf_puts(out, "\"}");
}

static void write_page_links(const pl_rest_exchange *exchange, const rest_page *page, pl_buf *out) {
    if (page->pages <= 1)
        return;
    write_page_link(exchange, "first", 0, page->size, out);
    if (page->number > 0)
        write_page_link(exchange, "prev", page->number - 1, page->size, out);
    if (page->number + 1 < page->pages)
        write_page_link(exchange, "next", page->number + 1, page->size, out);
    write_page_link(exchange, "last", page->pages - 1, page->size, out);
}

static void end_collection(const pl_rest_exchange *exchange, pl_json_scope *scope, pl_buf *out) {
    const pl_rest_request *request = exchange->request;
    const rest_collection *collection = exchange->binding->collection;
    pl_json_scope_key(scope, pl_str_c("_links"), out);
    pl_buf_puts(out, "{\"self\":{\"href\":\"");
    pl_buf_str(out, exchange->base);
    write_raw(out, request->path);
    if (request->query.n) {
        pl_buf_putc(out, '?');
        write_raw(out, request->query);
    }
    pl_buf_puts(out, "\"}");
    rest_page page;
    if (page_of(exchange->binding, scope->wire, &page))
        write_page_links(exchange, &page, out);
    if (collection) {
        pl_buf_printf(out, ",\"profile\":{\"href\":\"%.*s/profile%.*s\"}", PL_FMT(exchange->base),
                      PL_FMT(collection->path));
        if (collection->search_count)
            pl_buf_printf(out, ",\"search\":{\"href\":\"%.*s%.*s/search\"}", PL_FMT(exchange->base),
                          PL_FMT(collection->path));
    }
    pl_buf_putc(out, '}');
}

static pl_code message_end(void *self, pl_json_scope *scope, pl_buf *out, pl_error *err) {
    const pl_rest_exchange *exchange = self;
    const rest_binding *binding = exchange->binding;
    if (scope->embedded)
        return end_resource(exchange, binding->item, scope, out, err);
    if (scope->depth > 0)
        return PL_OK;
    if (binding->resource)
        return end_resource(exchange, binding->resource, scope, out, err);
    end_collection(exchange, scope, out);
    return PL_OK;
}

/* A collection that is answered as a plain array: nobody asked for a page. */
static bool whole_array(const pl_rest_exchange *exchange) {
    if (!exchange->binding->rule->rest.page || !exchange->binding->items)
        return false;
    pl_str rest = exchange->request->query;
    pl_str piece;
    while (rest.n > 0 && pl_str_split(&rest, '&', &piece)) {
        if (names_page(piece))
            return false;
    }
    return true;
}

pl_code rest_write_answer(pl_rest_exchange *exchange, pl_str response, pl_buf *out, pl_error *err) {
    const rest_binding *binding = exchange->binding;
    const pl_rest_options *rest = &binding->rule->rest;
    const pl_json_hooks hooks = {embed, message_end, exchange};
    pl_json_write_opts opts = {
        .int64_numbers = rest->int64_numbers,
        .defaults = rest->defaults,
        .enum_json_names = true,
    };
    if (binding->response_field)
        return pl_wire_field_to_json(binding->response_field, response, &opts, out, err);
    if (whole_array(exchange)) {
        exchange->form = REST_FORM_PLAIN;
        return pl_wire_field_to_json(binding->items, response, &opts, out, err);
    }
    if (exchange->form != REST_FORM_PLAIN)
        opts.hooks = &hooks;
    return pl_wire_to_json(binding->method->output, response, &opts, out, err);
}

/* What the gateway answers by itself, so that a client finds its way from one URL. */
#include "exchange.h"

#define ENTRY_MAX (1u << 20)

/* "{?page,size}": the parameters of a collection's request. */
static void write_parameters(const rest_binding *binding, pl_buf *out) {
    const pl_message_type *input = binding->method->input;
    const char *before = "{?";
    for (size_t i = 0; i < input->field_count; i++) {
        const pl_field *field = &input->fields[i];
        if (field->map || field->kind == PL_KIND_MESSAGE || field->kind == PL_KIND_GROUP)
            continue;
        pl_buf_puts(out, before);
        pl_buf_str(out, field->json_name);
        before = ",";
    }
    if (before[0] == ',')
        pl_buf_putc(out, '}');
}

/* ,"rel":{"href":"...{?a,b}","templated":true} */
static void write_templated(const pl_rest_exchange *exchange, pl_str rel,
                            const rest_binding *binding, pl_buf *out) {
    size_t before = out->n;
    pl_buf_json(out, rel);
    pl_buf_puts(out, ":{\"href\":\"");
    pl_buf_str(out, exchange->base);
    pl_buf_str(out, binding->route.path_template);
    write_parameters(binding, out);
    bool templated = out->n > before && out->p[out->n - 1] == '}';
    pl_buf_puts(out, templated ? "\",\"templated\":true}" : "\"}");
}

static void write_self(const pl_rest_exchange *exchange, const char *rel, pl_str path,
                       pl_buf *out) {
    pl_buf_printf(out, "\"%s\":{\"href\":\"%.*s%.*s\"}", rel, PL_FMT(exchange->base), PL_FMT(path));
}

static void answer_json(pl_rest_exchange *exchange, pl_str type, pl_buf *body) {
    rest_answer answer = {.status = 200, .type = type};
    answer.body = rest_keep(exchange->arena, body);
    pl_buf_done(body);
    if (answer.body.p)
        rest_exchange_answer(exchange, &answer);
    else
        exchange->response = pl_rest_no_memory();
}

void rest_answer_entry(pl_rest_exchange *exchange) {
    const pl_rest *rest = exchange->rest;
    pl_buf body = pl_buf_make(ENTRY_MAX);
    pl_buf_puts(&body, "{\"_links\":{");
    for (size_t i = 0; i < rest->collection_count; i++) {
        const rest_collection *collection = rest->collections[i];
        if (!collection->list)
            continue;
        write_templated(exchange, collection->name, collection->list, &body);
        pl_buf_putc(&body, ',');
    }
    if (rest->collection_count) /* else there is no such route */
        write_self(exchange, "profile", pl_str_c("/profile"), &body);
    pl_buf_puts(&body, "}}");
    answer_json(exchange, rest_form_type(exchange->form), &body);
}

void rest_answer_profile_list(pl_rest_exchange *exchange) {
    const pl_rest *rest = exchange->rest;
    pl_buf body = pl_buf_make(ENTRY_MAX);
    pl_buf_puts(&body, "{\"_links\":{");
    write_self(exchange, "self", pl_str_c("/profile"), &body);
    for (size_t i = 0; i < rest->collection_count; i++) {
        const rest_collection *collection = rest->collections[i];
        pl_buf_putc(&body, ',');
        pl_buf_json(&body, collection->name);
        pl_buf_printf(&body, ":{\"href\":\"%.*s/profile%.*s\"}", PL_FMT(exchange->base),
                      PL_FMT(collection->path));
    }
    pl_buf_puts(&body, "}}");
    answer_json(exchange, rest_form_type(exchange->form), &body);
}

void rest_answer_search(pl_rest_exchange *exchange) {
    const rest_collection *collection = exchange->binding->collection;
    pl_buf body = pl_buf_make(ENTRY_MAX);
    pl_buf_puts(&body, "{\"_links\":{");
    for (size_t i = 0; i < collection->search_count; i++) {
        pl_str path = collection->searches[i]->route.path_template;
        size_t skip = collection->path.n + sizeof "/search/" - 1;
        write_templated(exchange, pl_str_make(path.p + skip, path.n - skip),
                        collection->searches[i], &body);
        pl_buf_putc(&body, ',');
    }
    write_self(exchange, "self", exchange->binding->route.path_template, &body);
    pl_buf_puts(&body, "}}");
    answer_json(exchange, rest_form_type(exchange->form), &body);
}

void rest_answer_profile(pl_rest_exchange *exchange) {
    const rest_collection *collection = exchange->binding->collection;
    const rest_binding *first = collection->list ? collection->list : collection->searches[0];
    pl_buf body = pl_buf_make(ENTRY_MAX);
    pl_error err = PL_ERROR_INIT;
    if (rest_schema_write(collection->item, first->rule->rest.int64_numbers, &body, &err)) {
        pl_buf_done(&body);
        rest_exchange_refuse(exchange, 0, &err, (pl_str){NULL, 0});
        return;
    }
    answer_json(exchange, pl_str_c("application/schema+json"), &body);
}

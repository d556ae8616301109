#include "parley/rest/http.h"

bool pl_rest_of_http(const pl_http_head *head, pl_str body, pl_arena *arena,
                     pl_rest_request *out_request) {
    pl_rest_pair *headers = pl_arena_calloc(arena, head->field_count, sizeof *headers);
    if (!headers)
        return false;
    for (size_t i = 0; i < head->field_count; i++)
        headers[i] = (pl_rest_pair){head->fields[i].name, head->fields[i].value};
    *out_request = (pl_rest_request){
        .method = head->method_text,
        .path = head->path,
        .query = head->query,
        .body = body,
        .headers = headers,
        .header_count = head->field_count,
    };
    return true;
}

pl_http_reply pl_rest_http_reply(const pl_rest_response *response,
                                 pl_http_field fields[PL_REST_HTTP_FIELDS]) {
    pl_http_reply reply = {.status = response->status, .fields = fields, .body = response->body};
    for (size_t i = 0; i < response->header_count; i++) {
        const pl_rest_pair *header = &response->headers[i];
        if (pl_str_eqc(header->name, "content-type"))
            reply.content_type = header->value;
        else if (reply.field_count + 1 < PL_REST_HTTP_FIELDS)
            fields[reply.field_count++] = (pl_http_field){header->name, header->value};
    }
    fields[reply.field_count++] = (pl_http_field){PL_STR("x-content-type-options"),
                                                  PL_STR("nosniff")};
    return reply;
}

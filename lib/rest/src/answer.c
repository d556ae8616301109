/* How the answers of a binding look: one resource, a collection of them, or neither. */
#include "table.h"

/* Links that every resource has: self and its singular. */
#define STANDARD_LINKS 2

static pl_code parse_link(rest_builder *builder, const pl_message_type *type, pl_str rel,
                          pl_str href, bool relative, rest_link *link) {
    pl_error err = PL_ERROR_INIT;
    pl_code code = rest_link_parse(&builder->rest->arena, rel, href, relative, type, link, &err);
    if (code == PL_RESOURCE_EXHAUSTED)
        return rest_builder_no_memory(builder);
    if (code)
        rest_builder_problem(builder, &type->source, NULL, "%s: (parley.resource): %s",
                             type->full_name.p, err.message);
    return PL_OK;
}

static pl_code compile_links(rest_builder *builder, rest_resource *resource) {
    const pl_message_type *type = resource->type;
    const pl_resource_options *options = type->resource;
    rest_link *links = pl_arena_calloc(&builder->rest->arena, options->link_count + STANDARD_LINKS,
                                       sizeof *links);
    if (!links)
        return rest_builder_no_memory(builder);
    resource->links = links;
    size_t n = 0;
    pl_code code = PL_OK;
    if (options->self.n)
        code = parse_link(builder, type, pl_str_c("self"), options->self, false, &links[n++]);
    if (!code && options->self.n && options->rel.n) {
        links[n] = links[0];
        links[n++].rel = options->rel;
    }
    for (size_t i = 0; i < options->link_count && !code; i++)
        code = parse_link(builder, type, options->links[i].rel, options->links[i].href,
                          options->links[i].relative, &links[n++]);
    resource->link_count = n;
    return code;
}

/* The id is the field that the link to itself ends with. */
static const pl_field *id_of(const rest_resource *resource) {
    if (resource->link_count == 0 || resource->links[0].count == 0)
        return NULL;
    const rest_link_piece *last = &resource->links[0].pieces[resource->links[0].count - 1];
    return last->depth == 1 ? last->fields[0] : NULL;
}

/* The resource of TYPE, made once; NULL where it is none. */
static pl_code resource_of(rest_builder *builder, const pl_message_type *type,
                           const rest_resource **out_resource) {
    *out_resource = NULL;
    if (!type->resource)
        return PL_OK;
    for (size_t i = 0; i < builder->resource_count; i++) {
        if (builder->resources[i]->type == type) {
            *out_resource = builder->resources[i];
            return PL_OK;
        }
    }
    rest_resource *resource = PL_ARENA_NEW(&builder->rest->arena, rest_resource);
    if (!resource || builder->resource_count == builder->resource_cap)
        return rest_builder_no_memory(builder);
    builder->resources[builder->resource_count++] = resource;
    resource->type = type;
    resource->id_alias = type->resource->id_alias;
    pl_code code = compile_links(builder, resource);
    if (code)
        return code;
    resource->id = id_of(resource);
    if (resource->id_alias.n && !resource->id)
        rest_builder_problem(builder, &type->source, NULL,
                             "%s: (parley.resource): id_alias needs a self that ends in the id",
                             type->full_name.p);
    if (type->resource->etag.n) {
        resource->etag = pl_message_field_by_name(type, type->resource->etag);
        if (!resource->etag || resource->etag->kind != PL_KIND_STRING || resource->etag->repeated)
            rest_builder_problem(builder, &type->source, NULL,
                                 "%s: (parley.resource): etag \"%s\" is no string field",
                                 type->full_name.p, type->resource->etag.p);
    }
    *out_resource = resource;
    return PL_OK;
}

/* The one repeated resource field that makes a message a collection; NULL: it is none. */
static const pl_field *items_of(const pl_message_type *type) {
    const pl_field *items = NULL;
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        if (!field->repeated || field->map || !field->message || !field->message->resource)
            continue;
        if (items)
            return NULL;
        items = field;
    }
    return items;
}

static const pl_field *page_of(const pl_message_type *type) {
    for (size_t i = 0; i < type->field_count; i++) {
        const pl_field *field = &type->fields[i];
        if (!field->repeated && field->message &&
            pl_str_eqc(field->message->full_name, "parley.rest.v1.Page"))
            return field;
    }
    return NULL;
}

static const pl_field *number_field(const pl_message_type *type, const char *name) {
    const pl_field *field = pl_message_field_by_name(type, pl_str_c(name));
    return field && field->kind == PL_KIND_INT32 && !field->repeated ? field : NULL;
}

pl_code rest_binding_compile_answer(rest_builder *builder, rest_binding *binding) {
    const pl_message_type *output = binding->method->output;
    if (binding->response_field)
        return PL_OK;
    pl_code code = resource_of(builder, output, &binding->resource);
    if (code || output->resource)
        return code;
    binding->items = items_of(output);
    if (!binding->items)
        return PL_OK;
    binding->page = page_of(output);
    binding->page_number = number_field(binding->method->input, "page");
    binding->page_size = number_field(binding->method->input, "size");
    return resource_of(builder, binding->items->message, &binding->item);
}

/* Collections: which paths list a resource, which search it, and the routes that the
 * gateway answers by itself because of them. */
#include "table.h"

#define SEARCH_SEGMENT "/search/"

/* A GET without variables that answers items has a path that can be linked to. */
static bool linkable(const rest_binding *binding) {
    return binding->item && !binding->rule->rest.plain && binding->tmpl.variable_count == 0 &&
           binding->tmpl.verb.n == 0 && pl_str_eqc(binding->route.http_method, "GET");
}

/* "/orders/search/findX" belongs to "/orders"; N where PATH is no search. */
static size_t search_parent(pl_str path) {
    size_t n = sizeof SEARCH_SEGMENT - 1;
    for (size_t i = 1; i + n < path.n; i++) {
        if (memcmp(path.p + i, SEARCH_SEGMENT, n) == 0)
            return i;
    }
    return path.n;
}

static pl_str last_segment(pl_str path) {
    size_t i = path.n;
    while (i > 0 && path.p[i - 1] != '/')
        i--;
    return pl_str_make(path.p + i, path.n - i);
}

/* The collection at PATH, made where it is new; NULL: out of memory. */
static rest_collection *collection_at(pl_rest *rest, pl_str path, const pl_message_type *item) {
    for (size_t i = 0; i < rest->collection_count; i++) {
        if (pl_str_eq(rest->collections[i]->path, path))
            return rest->collections[i];
    }
    rest_collection *collection = PL_ARENA_NEW(&rest->arena, rest_collection);
    if (!collection)
        return NULL;
    collection->searches = pl_arena_calloc(&rest->arena, rest->binding_count,
                                           sizeof(const rest_binding *));
    if (!collection->searches)
        return NULL;
    collection->path = path;
    collection->name = last_segment(path);
    collection->item = item;
    rest->collections[rest->collection_count++] = collection;
    return collection;
}

/* Adds a route of the gateway's own; one of the services' wins over it. */
static pl_code add_own(rest_builder *builder, rest_target target, const char *path,
                       const rest_collection *collection) {
    pl_rest *rest = builder->rest;
    rest_binding *binding = path ? PL_ARENA_NEW(&rest->arena, rest_binding) : NULL;
    if (!binding)
        return rest_builder_no_memory(builder);
    binding->target = target;
    binding->collection = collection;
    binding->route = (pl_rest_route){.http_method = PL_STR("GET"), .path_template = pl_str_c(path)};
    pl_code code = pl_rest_template_parse(&rest->arena, pl_str_c(path), &binding->tmpl, NULL);
    if (code == PL_INVALID_ARGUMENT)
        return PL_OK; /* longer than a template may be: nobody asks for it */
    const void *other = NULL;
    if (!code)
        code = pl_rest_router_add(rest->router, binding->route.http_method, &binding->tmpl, binding,
                                  &other, NULL);
    return code && code != PL_ALREADY_EXISTS ? rest_builder_no_memory(builder) : PL_OK;
}

static pl_code add_routes(rest_builder *builder) {
    pl_rest *rest = builder->rest;
    if (rest->collection_count == 0)
        return PL_OK;
    pl_code code = add_own(builder, REST_TARGET_PROFILE_LIST, "/profile", NULL);
    for (size_t i = 0; i < rest->collection_count && !code; i++) {
        const rest_collection *collection = rest->collections[i];
        code = add_own(builder, REST_TARGET_PROFILE,
                       pl_arena_printf(&rest->arena, "/profile%.*s", PL_FMT(collection->path)),
                       collection);
        if (!code && collection->search_count > 0)
            code = add_own(builder, REST_TARGET_SEARCH,
                           pl_arena_printf(&rest->arena, "%.*s/search", PL_FMT(collection->path)),
                           collection);
    }
    return code;
}

pl_code rest_collections_build(rest_builder *builder) {
    pl_rest *rest = builder->rest;
    rest->collections = pl_arena_calloc(&rest->arena, rest->binding_count,
                                        sizeof(rest_collection *));
    if (!rest->collections)
        return rest_builder_no_memory(builder);
    for (size_t i = 0; i < rest->binding_count; i++) {
        rest_binding *binding = rest->bindings[i];
        if (!linkable(binding))
            continue;
        pl_str path = binding->route.path_template;
        size_t parent = search_parent(path);
        rest_collection *collection = collection_at(rest, pl_str_make(path.p, parent),
                                                    binding->item->type);
        if (!collection)
            return rest_builder_no_memory(builder);
        binding->collection = collection;
        if (parent < path.n)
            collection->searches[collection->search_count++] = binding;
        else
            collection->list = binding;
    }
    return add_routes(builder);
}

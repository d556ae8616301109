/* Ways: a consumer says in its file how it reaches the provider, and REST consumers may pin a
 * binding. A call that comes another way is none that the contract is about: what it uses would
 * look unused to the break gate. */
#include <stdio.h>

#include "stub_internal.h"

const stub_way stub_by_grpc = {.access = PL_ACCESS_GRPC};

static bool is_pinned_elsewhere(const stub_way *way, const pl_contract *contract) {
    return way->route && contract->http &&
           !(pl_str_eq(way->route->http_method, contract->http->verb) &&
             pl_str_eq(way->route->path_template, contract->http->path));
}

bool stub_way_fits(const stub_way *way, const stub_entry *entry) {
    const pl_contract *contract = entry->contract;

    return (contract->file->access & way->access) && !is_pinned_elsewhere(way, contract);
}

bool stub_way_differs(const stub_way *way, const stub_entry *entry, stub_difference *out) {
    const pl_contract *contract = entry->contract;

    if (!(contract->file->access & way->access)) {
        bool rest = way->access == PL_ACCESS_REST;
        out->path = "access";
        (void)snprintf(out->expected, sizeof out->expected, "%s", rest ? "grpc" : "rest");
        (void)snprintf(out->actual, sizeof out->actual, "%s", rest ? "rest" : "grpc");
        return true;
    }
    if (!is_pinned_elsewhere(way, contract))
        return false;
    out->path = "http";
    (void)snprintf(out->expected, sizeof out->expected, "%s %s", contract->http->verb.p,
                   contract->http->path.p);
    (void)snprintf(out->actual, sizeof out->actual, "%s %s", way->route->http_method.p,
                   way->route->path_template.p);
    return true;
}

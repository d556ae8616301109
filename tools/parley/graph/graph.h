/* `parley graph`: who relies on whom, by the contracts and as the logs of running systems show it.
 */
#ifndef PARLEY_GRAPH_H
#define PARLEY_GRAPH_H

#include "common/contracts.h"

/* Arrows of one graph. */
#define ARROWS_MAX 100000

/* One thing that a consumer needs of a provider. Texts live in the arena or in contracts. */
typedef struct arrow {
    const char *consumer; /* "mall.orders" */
    const char *provider; /* the package: "mall.products.v1" */
    const char *name;     /* full, of the method or the event */
    const char *route;    /* of a call that a contract pins, "GET /product/{product_id}"; else "" */
    const char *stream;   /* of an event, or "" */
    bool event;           /* else a call */
    size_t count;         /* contracts that say so, or lines in the logs */
    const char *file;     /* where the first of them is */
    uint32_t line;
} arrow;

/* A list of arrows, each once. */
typedef struct arrows {
    pl_arena arena;
    arrow *list;
    size_t count, room;
    bool failed; /* one did not fit */
} arrows;

void arrows_init(arrows *all);
void arrows_done(arrows *all);
/* Adds ARROW, whose texts it copies, or counts it once more. */
void arrows_add(arrows *all, const arrow *one);
/* By consumer, provider, calls before events, and name. */
void arrows_sort(arrows *all);
/* Those of all contracts, sorted. PL_RESOURCE_EXHAUSTED: more than ARROWS_MAX, or no memory. */
PL_NODISCARD pl_code arrows_of_contracts(arrows *all, const pl_contract_set *set, pl_error *err);

/* Without the package: "ProductService.GetProduct". */
const char *arrow_short_name(const arrow *one);

/* ---- formats.c ---- */

void graph_text(const arrows *all, pl_buf *out);
void graph_mermaid(const arrows *all, pl_buf *out);
/* {"nodes":[...],"arrows":[{"consumer","provider","calls":[...],"events":[...]}]} */
void graph_json(const arrows *all, pl_buf *out);

/* ---- running.c ---- */

/* Those in the logs of all systems of the workspace: what their services called and handled. What a
 * gateway calls it calls for its clients, who are consumers themselves. */
PL_NODISCARD pl_code arrows_of_logs(arrows *all, const workspace *space, pl_error *err);
/* The arrows of SEEN that no contract of KNOWN covers are findings. */
void graph_compare(const arrows *seen, const arrows *known, pl_findings *findings);
/* {"arrows":[{"consumer","provider","name","stream","count","contracts"}],"findings":[...]} */
void graph_compared_json(const arrows *seen, const arrows *known, const pl_findings *findings,
                         pl_buf *out);

#endif

/* The services' databases, looked into from outside: for what no public API can show. */
#ifndef SCENARIO_STORES_H
#define SCENARIO_STORES_H

#include "parley/pg/pg.h"
#include "runner.h"

enum { STORES_MAX = 16 };

typedef struct store {
    char service[NAME_MAX_BYTES];
    bool runs;
    pl_pg *pg;
} store;

typedef struct stores {
    store list[STORES_MAX];
    size_t count;
} stores;

/* One for each service of the system. stores_close also after a failure. */
bool stores_open(context *c, const pl_yaml_node *at, stores *out);
void stores_close(stores *s);
/* NULL and a failure where the system has no such service. */
const store *stores_find(context *c, const pl_yaml_node *at, const stores *s, const char *service);
/* The caller frees the rows; NULL: failed. */
pl_pg_rows *store_ask(context *c, const pl_yaml_node *at, const store *s, const char *sql,
                      pl_pg_args args);

#endif

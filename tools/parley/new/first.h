/* A service whose protos were written first, and perhaps its contracts: by a consumer who began
 * against a stub. Its skeleton is made to fit them; neither is changed.
 *
 * first_open finds and compiles them, first_write_* append the parts of templates/first/ that
 * follow from them. */
#ifndef PARLEY_NEW_FIRST_H
#define PARLEY_NEW_FIRST_H

#include "common/contracts.h"
#include "new/names.h"

/* Services of one package. */
#define FIRST_SERVICES_MAX 16

typedef struct first_protos {
    bool there;          /* the protos are; else nothing else counts */
    bool contracts_kept; /* contracts are there too; else CONTRACT has one to begin with */
    const char *system;  /* both borrowed */
    const char *service;
    char package[3 * NAMES_SIZE]; /* "library.catalog.v1" */
    const pl_service_type *services[FIRST_SERVICES_MAX];
    size_t service_count;
    pl_buf contract; /* of a first consumer, by types alone */
    contracts c;     /* with the set */
} first_protos;

/* Looks for the protos of SERVICE of SYSTEM in the workspace, and compiles them and what contracts
 * there are. PL_FAILED_PRECONDITION: there are contracts without protos, or protos of another
 * package or without a service; PL_INVALID_ARGUMENT, and findings in c: they do not compile;
 * PL_RESOURCE_EXHAUSTED. In any case first_done ends it. */
PL_NODISCARD pl_code first_open(first_protos *f, const char *system, const char *service,
                                pl_error *err);
void first_done(first_protos *f);

/* The name of the folder of the protos, below the root, and of the contracts. */
void first_proto_folder(const first_protos *f, char out[PATH_MAX]);
void first_contract_folder(const first_protos *f, char out[PATH_MAX]);

/* The state or trigger that a contract names first, for services that keep nothing; NULL: none. */
const char *first_state(const first_protos *f);

/* Appends the methods that nobody may call yet: "GetBook, AddBook". */
bool first_write_unruled(const first_protos *f, pl_buf *out);

/* Parts of files. Each returns false without memory. */
bool first_write_includes(const first_protos *f, pl_buf *out); /* of generated headers */
bool first_write_handlers(const first_protos *f, pl_buf *out); /* one a method, not written yet */
bool first_write_tables(const first_protos *f, pl_buf *out);   /* of operations, and the bindings */
bool first_write_binds(const first_protos *f, pl_buf *out);    /* their declarations */
bool first_write_adds(const first_protos *f, pl_buf *out);     /* of main.c */
bool first_write_serves(const first_protos *f,
                        pl_buf *out); /* "a.b.v1.XService, a.b.v1.YService" */
/* The functions and tables of tests/states.c, and its members of pl_service_states. */
bool first_write_states(const first_protos *f, pl_buf *out);
bool first_write_members(const first_protos *f, pl_buf *out);

#endif

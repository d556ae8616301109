/* parley stub: serving, and asking a stub that serves. */
#ifndef PARLEY_STUB_VERB_H
#define PARLEY_STUB_VERB_H

#include "common/contracts.h"
#include "parley/loop/loop.h"
#include "parley/stub/stub.h"

/* Providers of one stub. */
#define STUB_PROVIDERS_MAX 64
/* Fields that a trigger sets. */
#define STUB_SETS_MAX 256
/* Bytes of an address. */
#define STUB_ADDRESS_MAX 256

typedef struct stub_line {
    tool_args args;
    const char *words[STUB_PROVIDERS_MAX];
    size_t word_count;
    const char *listen, *http, *at;
    const char *tls_cert, *tls_key;
    const char *tls_ca, *server_name; /* of the real server */
    const char *bundle;               /* write it here, and end */
    const char *record, *out;         /* a real server, and the file of what it answers */
    const char *redis;                /* publish events there */
    const char *verified;             /* a report of a verification */
    const char *contract;             /* only this one is triggered */
    const char *sets[STUB_SETS_MAX];  /* FIELD=VALUE, of a trigger */
    size_t set_count;
    bool watch;
    pl_stub_opts opts;
} stub_line;

/* serve.c, ask.c: each returns the exit code. */
int stub_serve(stub_line *line);
/* VERB: journal, unused or reset. */
int stub_ask(const stub_line *line, const char *verb);
/* main.c: says why VERB (NULL: serving) has failed, with --json as {"error"} too. Returns the exit
 * code. */
int stub_failed(const stub_line *line, const char *verb, const pl_error *err);
/* Where the stub is: --at, or what the last one of the workspace has left. */
PL_NODISCARD pl_code stub_find_address(const stub_line *line, char out[STUB_ADDRESS_MAX],
                                       pl_error *err);

/* admin.c: /__parley/ and REST over HTTP. */
typedef struct stub_admin stub_admin;
/* Listens on LINE's address; *out_port is the port taken. */
PL_NODISCARD pl_code stub_admin_new(pl_loop *loop, pl_stub *stub, const stub_line *line,
                                    stub_admin **out_admin, uint16_t *out_port, pl_error *err);
/* Speaks of STUB from now on. */
void stub_admin_turn(stub_admin *admin, pl_stub *stub);
/* NULL is allowed. */
void stub_admin_free(stub_admin *admin);

/* watch.c: tells of changes in folders. */
typedef struct stub_watch stub_watch;
/* Calls CHANGED(SELF) on LOOP soon after a file in a folder that it watches has changed, or another
 * folder stands in its place; once for changes that come together. It watches none yet. */
PL_NODISCARD pl_code stub_watch_new(pl_loop *loop, void (*changed)(void *self), void *self,
                                    stub_watch **out_watch, pl_error *err);
/* Watches the folder PATH, which may be watched already. */
PL_NODISCARD pl_code stub_watch_add(stub_watch *watch, const char *path, pl_error *err);
/* NULL is allowed. */
void stub_watch_free(stub_watch *watch);

/* The file of a workspace that says where its last stub is. */
void stub_address_file(const workspace *space, char out[PATH_MAX]);

#endif

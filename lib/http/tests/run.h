/* Feeds bytes to a parser, cut as wanted, and keeps what it says. */
#ifndef PARLEY_HTTP_TESTS_RUN_H
#define PARLEY_HTTP_TESTS_RUN_H

#include "parley/http/parser.h"

/* What a parser said about some bytes, as text that can be compared: "HEAD GET /x ...; BODY
 * abc; END; ERROR 400". Pieces of a body are joined. The caller does pl_buf_done. */
typedef struct run {
    pl_buf log;
    int status;         /* of the error, 0 without */
    const char *reason; /* of the error */
    size_t messages;    /* complete ones */
} run;

typedef struct run_opts {
    pl_http_side side;
    pl_http_method answers; /* responses: what the first one answers */
    int64_t max_body;       /* 0: the default */
    bool to_close;          /* the peer closes at the end */
    size_t cut;             /* bytes in the first piece; 0: all at once */
    bool bytewise;
} run_opts;

run run_parser(pl_str bytes, const run_opts *opts);

#endif

/* The board of golden/v1/streams.proto as tests use it: an implementation, the places where it
 * may run, and a consumer of each kind of stream that works with all of them. */
#ifndef PL_GEN_TEST_BOARD_H
#define PL_GEN_TEST_BOARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden/v1/streams.parley.h"
#include "parley/rpc/server.h"

/* How long anything may take. */
#define PATIENCE_MS 10000
/* What the implementation's board has. */
#define NOTES 3
/* More than a queue holds. */
#define MANY_NOTES 500

typedef golden_v1_BoardService board;

typedef struct world {
    board impl;
    pl_server *server;
    pl_channel *channel;
    board service; /* what consumers see */
    golden_v1_BoardService_mock *mock;
    pl_call *call;
} world;

/* The implementation. Nobody named "nobody" has notes: NOT_FOUND, NO_AUTHOR. */
extern const golden_v1_BoardService_ops BOARD_OPS;

pl_server *serve(const board *impl);
pl_channel *connect_to(const pl_server *server);

/* OPS as they are, behind a server, or a mock in their place. close_world ends each. */
void open_local(world *w, const golden_v1_BoardService_ops *ops);
void open_remote(world *w, const golden_v1_BoardService_ops *ops);
void open_mock(world *w);
void close_world(world *w);

/* The status of a call, and how many notes came. */
pl_code watch(world *w, const char *author, unsigned *out_notes);
/* Sends NOTES with TEXT; the status and the number that was answered. */
pl_code upload(world *w, unsigned notes, const char *text, unsigned *out_count);
/* Says TURNS things, each of which must come back. */
void chat(world *w, unsigned turns);

#endif

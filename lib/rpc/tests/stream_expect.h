/* What tests of streams look for again and again; each fails the test. */
#ifndef PARLEY_RPC_TESTS_STREAM_EXPECT_H
#define PARLEY_RPC_TESTS_STREAM_EXPECT_H

#include "stream_fixture.h"

/* A message with NUMBER is sent, and comes back. */
void expect_echo(pl_stream *stream, int64_t number);
/* No more messages come, and the stream closes with OK. */
void expect_end(pl_stream *stream);
/* COUNT messages come, numbered from 0, then the end. */
void expect_numbers(pl_stream *stream, int64_t count);
/* IMPL, which does as stream_plain, streams in all ways. */
void expect_all_kinds(stream_impl *impl);

#endif

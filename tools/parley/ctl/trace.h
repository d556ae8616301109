/* One trace as a tree of spans, from the lines of all services. */
#ifndef PARLEY_CTL_TRACE_H
#define PARLEY_CTL_TRACE_H

#include <stdbool.h>

#include "parley/base/arena.h"
#include "parley/base/trace.h"

/* Bytes of everything that is read of a trace. */
#define TRACE_MEMORY_MAX (256u << 20)
/* Spans and lines of one trace; more are counted and left out. */
#define TRACE_SPANS_MAX 20000
#define TRACE_LINES_MAX 50000
/* Least digits of a trace id given in part. */
#define TRACE_PREFIX_MIN 4

/* A line that is no span. */
typedef struct trace_line {
    struct trace_line *next; /* of its span */
    const char *service, *text;
} trace_line;

typedef struct trace_span {
    const char *service, *name, *kind, *status, *error; /* name NULL: it has no line of its own */
    char id[PL_SPAN_ID_LENGTH + 1], parent[PL_SPAN_ID_LENGTH + 1];
    int64_t start_us, duration_us;
    trace_line *lines, **last_line;
    struct trace_span *above, *first, *last, *next; /* the tree: next has the same span above */
    bool failed;
} trace_span;

typedef struct trace {
    pl_arena arena;
    char wanted[PL_TRACE_ID_LENGTH + 1]; /* as given: whole or the beginning */
    char id[PL_TRACE_ID_LENGTH + 1];     /* of the first line that fits; "": none yet */
    char other[PL_TRACE_ID_LENGTH + 1];  /* of one that fits too; "": none */
    trace_span **spans;
    trace_span **slots; /* the same by their ids: an open hash table */
    size_t count, line_count, left_out;
    trace_span *root; /* stands above all; its children have no parent in the logs */
    size_t missing;   /* spans that others name as their parent, without a line */
} trace;

/* TEXT is a trace id, its first digits, or a traceparent. False: it is none of these. */
bool trace_init(trace *t, const char *text);
void trace_done(trace *t);
/* Takes LINE of SERVICE where it belongs to the trace. False without memory. */
bool trace_take(trace *t, const char *service, pl_str line);
/* Puts the spans into their order. False without memory. */
bool trace_build(trace *t);

/* Prints it for people, or as one JSON document. */
void trace_print(const trace *t, bool color);
void trace_print_json(const trace *t);

#endif

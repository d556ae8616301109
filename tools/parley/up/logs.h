/* Where the output of the processes goes: a file each, and the terminal with a
 * coloured name before each line.
 *
 * A file is kept below LOGS_FILE_MAX by moving it to NAME.log.1 first. On the terminal
 * a JSON line is shown as people read it; the file keeps it as it came.
 */
#ifndef PARLEY_UP_LOGS_H
#define PARLEY_UP_LOGS_H

#include <stdbool.h>

#include "parley/base/error.h"
#include "parley/base/str.h"

#define LOGS_FILE_MAX  (16 << 20) /* bytes of a file before it is moved */
#define LOGS_LINE_MAX  16384      /* bytes of a line; longer ones are cut */
#define LOGS_SHOWN_MAX 2048       /* bytes of a line on the terminal */
#define LOGS_LAST_MAX  4096       /* bytes of last lines kept for a failure */
#define LOGS_TAIL_MAX  3          /* last lines told of together with an end */

/* The output of one process. */
typedef struct log_stream {
    char name[64];
    char path[512];
    int fd; /* -1: none */
    long size;
    int color;       /* an ANSI colour, 0: none */
    bool terminal;   /* shown as well as kept */
    long unshown;    /* lines the terminal could not take, since the last one it took */
    pl_buf lines[2]; /* what came of a line so far, of stdout and of stderr */
    pl_buf last;     /* the last lines, for a message */
} log_stream;

/* Told of each whole line before it is kept. */
typedef void log_line_fn(void *self, pl_str line);

/* Opens FOLDER/NAME.log for appending. */
PL_NODISCARD pl_code log_stream_open(log_stream *stream, const char *folder, const char *name,
                                     pl_error *err);
/* NULL and one that was never opened (zeroed) are allowed. */
void log_stream_close(log_stream *stream);

/* Takes output as it comes, from FD 1 or 2 of the process: a line of the one may be written in the
 * middle of a line of the other. */
void log_stream_feed(log_stream *stream, int fd, pl_str data, log_line_fn *fn, void *self);
/* The output has ended: what has no line feed is a line, too, and not the beginning of the first
 * one of the next process. */
void log_stream_end(log_stream *stream, log_line_fn *fn, void *self);

/* Appends the last lines, as people read them. */
void log_stream_last(const log_stream *stream, pl_buf *out);
/* From here on nothing that came before is among the last lines. */
void log_stream_forget(log_stream *stream);

/* Writes a line of the supervisor's own, at info. */
void log_stream_say(log_stream *stream, const char *format, ...) PL_PRINTF(2, 3);
/* The same at error, with the last LOGS_TAIL_MAX lines of the process as "last". */
void log_stream_say_error(log_stream *stream, const char *format, ...) PL_PRINTF(2, 3);

#endif

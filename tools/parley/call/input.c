#include "call/input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

void call_input_init(call_input *in, const char *const *words, size_t count, int stop) {
    memset(in, 0, sizeof *in);
    in->words = words;
    in->count = count;
    in->stop = stop;
}

void call_input_done(call_input *in) {
    call_documents_done(&in->docs);
}

/* True where standard input has something, or its end; false where nothing more is wanted. */
static bool wait_input(const call_input *in) {
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = in->stop, .events = POLLIN}};
    while (poll(fds, PL_COUNT(fds), -1) < 0 && errno == EINTR) {
    }
    return fds[1].revents == 0;
}

static pl_code read_piece(call_input *in, pl_error *err) {
    static char piece[PIECE];
    ssize_t n = read(STDIN_FILENO, piece, sizeof piece);
    if (n < 0 && errno == EINTR)
        return PL_OK;
    if (n < 0)
        return pl_error_errno(err, errno, "standard input");
    if (n == 0)
        call_documents_end(&in->docs);
    return call_documents_feed(&in->docs, pl_str_make(piece, (size_t)n), err);
}

/* Begins words[at]; standard input is read later, as it comes. */
static pl_code begin(call_input *in, pl_error *err) {
    call_documents_init(&in->docs);
    in->begun = true;
    const char *word = in->words[in->at];
    if (strcmp(word, "-") == 0)
        return PL_OK;
    call_documents_end(&in->docs);
    return call_documents_feed(&in->docs, pl_str_c(word), err);
}

pl_code call_input_next(call_input *in, call_document *out, bool *out_came, pl_error *err) {
    pl_code code = PL_OK;
    *out_came = false;
    while (code == PL_OK && in->at < in->count) {
        if (!in->begun)
            code = begin(in, err);
        if (code == PL_OK)
            code = call_documents_next(&in->docs, out, out_came, err);
        if (code != PL_OK || *out_came)
            break;
        if (in->docs.ended) {
            call_documents_done(&in->docs);
            in->begun = false;
            in->at++;
        } else if (wait_input(in)) {
            code = read_piece(in, err);
        } else {
            return PL_OK;
        }
    }
    in->number += *out_came;
    return code;
}

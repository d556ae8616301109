/* The messages of a request as the command line gives them: JSON documents in its
 * words, or on standard input where a word is "-". */
#ifndef PARLEY_CALL_INPUT_H
#define PARLEY_CALL_INPUT_H

#include "call/documents.h"

#define CALL_WORDS_MAX 64

typedef struct call_input {
    const char *const *words;
    size_t count;
    size_t at;     /* the word being read */
    size_t number; /* documents given so far */
    int stop;      /* readable: nothing more is wanted; -1: none */
    bool begun;    /* docs is that of words[at] */
    call_documents docs;
} call_input;

/* WORDS are borrowed. */
void call_input_init(call_input *in, const char *const *words, size_t count, int stop);
void call_input_done(call_input *in);

/* The next document, as soon as it is complete; it lives until the next one is asked for.
 * *out_came is false at the end, and after STOP. Codes of call_documents_next and of reading. */
PL_NODISCARD pl_code call_input_next(call_input *in, call_document *out, bool *out_came,
                                     pl_error *err);

#endif

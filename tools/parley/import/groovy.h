/* The static subset of Groovy that contracts are written in: literals, lists, maps, calls and
 * closures. Nothing is run: what would have to be is NODE_DYNAMIC, with its place. */
#ifndef PARLEY_IMPORT_GROOVY_H
#define PARLEY_IMPORT_GROOVY_H

#include "import/scc.h"

typedef enum node_kind {
    NODE_NULL,
    NODE_BOOL,
    NODE_NUMBER,
    NODE_TEXT,
    NODE_LIST,
    NODE_MAP,
    NODE_CALL,   /* a name with or without arguments */
    NODE_DYNAMIC /* TEXT says what it is */
} node_kind;

typedef struct node node;
struct node {
    node_kind kind;
    scc_at at;
    pl_str text;     /* of literals their value, of a call its name */
    scc_at text_at;  /* of NODE_TEXT: where the text begins, behind its quotes */
    const node *key; /* of an entry of a map, and of a named argument */
    const node *on;  /* of a call: what it is a method of */
    node *items;     /* of lists, maps and calls */
    node *body;      /* statements of a call's closure */
    bool closure;    /* of a call: it has one */
    node *next;
};

/* The statements of the file, NULL where there are none. What is wrong is a finding, and what is
 * behind it up to the next statement is left out. */
const node *groovy_parse(scc_source *s);

/* ---- tokens (lex.c) -------------------------------------------------------------------------- */

typedef enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_TEXT,
    TOKEN_DYNAMIC_TEXT, /* "${...}" */
    TOKEN_SIGN,         /* one character; TEXT */
    TOKEN_WRONG         /* a text without end and the like; TEXT says what */
} token_kind;

typedef struct token {
    token_kind kind;
    scc_at at, text_at;
    pl_str text;
    bool new_line; /* one stands before it */
    bool space;    /* white space stands before it */
} token;

typedef struct lexer {
    scc_source *s;
    size_t at;
    scc_at place;     /* of AT */
    bool after_value; /* "/" divides */
} lexer;

token lexer_next(lexer *l);

#endif

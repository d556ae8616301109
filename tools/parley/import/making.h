/* One contract on its way: what calls and events have in common. */
#ifndef PARLEY_IMPORT_MAKING_H
#define PARLEY_IMPORT_MAKING_H

#include "import/import.h"

typedef struct making {
    importer *i;
    scc_source *s;
    const scc_contract *c;
    const char *provider;
    const char *name; /* in its file */
    pl_buf text;      /* the contract, as it stands below `contracts:` */
    writer w;
} making;

/* make_call.c, make_event.c: add the contract to its file, or say why not. */
void make_call(making *m);
void make_event(making *m);

/* make.c */
/* An error; FORMAT has one %s. */
void making_refuse(making *m, scc_at at, const char *rule, const char *format, const char *what);
/* Says that JSON is sent: every contract with REST does. */
bool making_is_json(const scc_value *header);
/* The file of contracts with the provider whose proto OF is; what every contract begins with is
 * written. NULL: no consumer is named, which was told, or there is no room, which is noted. */
target *making_begin(making *m, const pl_file *of);
void making_put_common(making *m);
/* "  KEY:" and BODY as a message of TYPE; one that is no object is left out, which is told. */
void making_put_body(making *m, const char *key, const pl_message_type *type, scc_value *body);
/* Adds the text to T; where it is not clean by itself, as a comment. */
void making_finish(making *m, target *t, unsigned access);

#endif

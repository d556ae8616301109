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
/* NULL: nobody is named, which was told. */
const char *making_consumer(making *m);
void making_put_description(making *m);
void making_put_name(making *m, const target *t);
void making_put_common(making *m);
/* Adds the text to T; where it is not clean by itself, as a comment. */
void making_finish(making *m, target *t, unsigned access);

#endif

/* Making contracts of what was read: against the workspace's protos, into files of ours. */
#ifndef PARLEY_IMPORT_H
#define PARLEY_IMPORT_H

#include "common/contracts.h"
#include "import/scc.h"
#include "parley/rest/router.h"

/* Files that one run writes, bytes of one. */
#define IMPORT_TARGETS_MAX 256
#define IMPORT_TEXT_MAX    (4 << 20)

/* A contract of ours, as it stands below `contracts:`, and where it comes from. */
typedef struct piece {
    struct piece *next;
    const char *name;
    pl_str text;
    bool comment; /* it is wrong */
    const char *path;
    scc_at at;
    pl_str line;
} piece;

/* A file that is made. */
typedef struct target {
    const char *provider, *consumer;
    unsigned access; /* PL_ACCESS_REST, PL_ACCESS_EVENTS */
    size_t count;    /* contracts, without comments */
    piece *pieces, *last;
    pl_buf text; /* the whole file */
    const char *path;
} target;

typedef struct importer {
    contracts c;                             /* the workspace, its protos, and the findings */
    const char *provider, *consumer, *event; /* as the command line has them, or NULL */
    const char *out;                         /* folder */
    const char *until;                       /* of exemptions: YYYY-MM-DD */
    pl_rest_router *router;
    /* Where the file at hand stands in a scenario, which is a folder of files 1_a, 2_b ...; the
     * first is step 1. NULL: in none. */
    const char *scenario;
    int step, step_count;
    target targets[IMPORT_TARGETS_MAX];
    size_t target_count;
    size_t contract_count;
} importer;

/* A binding of a method. */
typedef struct route {
    const pl_method_type *method;
    const pl_http_rule *rule;
    pl_rest_template parts;
} route;

/* routes.c: all bindings of the workspace's protos, or of --provider's. */
PL_NODISCARD pl_code routes_load(importer *i, pl_error *err);

/* make.c: adds what S has to the targets. */
void make_contracts(importer *i, scc_source *s);

/* targets.c: where contracts with PROVIDER go; NULL: no memory or too many. */
target *target_find(importer *i, const char *provider, const char *consumer);
/* Adds a contract that stands at AT of S; false: no memory. */
bool target_add(importer *i, target *t, scc_source *s, scc_at at, const char *name, pl_str text,
                bool comment);
/* Puts the files together, checks them and writes them. What does not go together becomes a
 * comment, which is a finding. */
PL_NODISCARD pl_code targets_write(importer *i, pl_error *err);
/* NAME, or with a number where the target has it already. */
const char *target_name(importer *i, const target *t, pl_str name);
/* What the compiler says first of CONTRACT, which stands alone; "": it is clean. */
PL_NODISCARD pl_code target_try(importer *i, const target *t, unsigned access, pl_str contract,
                                pl_buf *out_wrong, pl_error *err);

/* ---- values (write.c) ------------------------------------------------------------------------ */

typedef struct writer {
    scc_source *s;
    pl_buf *out;
    bool request; /* what is absent need not be said */
} writer;

/* Appends " {}" or the members of MAP, a message of TYPE, each on lines of its own. */
void ours_message(writer *w, const pl_message_type *type, const scc_value *map, int indent);
/* Appends VALUE as a text, with its matcher. */
void ours_text(writer *w, const scc_value *value);
/* Appends a scalar of YAML, in quotes where it needs them. */
void ours_scalar(pl_buf *out, pl_str text);
/* Appends TEXT as a part of a comment: in one line. */
void ours_comment(pl_buf *out, pl_str text);
void ours_indent(pl_buf *out, int indent);

#endif

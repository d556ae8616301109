/* What is said of all changes. */
#ifndef PARLEY_BREAKING_REPORT_H
#define PARLEY_BREAKING_REPORT_H

#include "breaking/users.h"

typedef struct report {
    sides *sides;
    const pl_changes *changes;
    const pl_judgement *judgements; /* one a change */
    const users *users;
    bool strict; /* what nobody knows blocks */
} report;

/* The change blocks. */
bool report_blocks(const report *r, size_t index);

pl_severity report_severity(const report *r, size_t index);
/* The consumer of user INDEX is one of those before. */
bool report_named_before(const pl_judgement *judgement, size_t index);

void report_text(const report *r, bool color, pl_buf *out);
/* {"changes":[{"rule","file","line","column","element","verdict","consumers":[...]}]} */
void report_json(const report *r, pl_buf *out);
/* formats.c */
void report_sarif(const report *r, pl_buf *out);
void report_markdown(const report *r, pl_buf *out);

#endif

/* A contract in words, as the comment above its test. */
#ifndef PARLEY_CONTRACT_TEST_WORDS_H
#define PARLEY_CONTRACT_TEST_WORDS_H

#include "parley/contract/contract.h"

/* Appends the comment, with its delimiters. False: no memory. */
bool test_words(const pl_contract *contract, pl_buf *out);

/* Appends a line of what each field of BODY must be, for every field: "    path   words". Of
 * show.c. */
void show_rules(const pl_matcher *body, pl_buf *out);

#endif

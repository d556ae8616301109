/* Bundles of providers: files, folders of them, and http URLs.
 *
 * What parley.lock pins must say what is pinned. A URL must be pinned, for nobody here decides what
 * is there; a file need not. There is no https yet.
 */
#ifndef PARLEY_TOOL_BUNDLES_H
#define PARLEY_TOOL_BUNDLES_H

#include <stdbool.h>

#include "common/workspace.h"
#include "parley/contract/bundle.h"

/* Bundles of one command line, those of folders included. */
#define BUNDLES_MAX 256
/* WORD is a bundle or a folder of them and not a package: it has a slash or ends in ".stub". */
bool bundles_is_one(const char *word);

/* PL_NOT_FOUND where PATH is a file of contracts, which may be meant for one: says which provider
 * they are with. */
PL_NODISCARD pl_code bundles_refuse_contracts(const char *path, pl_error *err);

/* Reads COUNT words of that kind as one set. SPACE is where parley.lock is looked for; its root may
 * be "": nothing is pinned there.
 * PL_NOT_FOUND: no file, or a folder without bundles; PL_UNAVAILABLE, PL_DEADLINE_EXCEEDED: it
 * cannot be had; PL_UNIMPLEMENTED: https; PL_FAILED_PRECONDITION: it says something else than what
 * is pinned, is not pinned, or two of them do not go together; PL_INVALID_ARGUMENT: it is no
 * bundle. */
PL_NODISCARD pl_code bundles_read(const workspace *space, const char *const *words, size_t count,
                                  pl_contract_set **out_set, pl_error *err);

/* The same for a stub, which is to answer soon: a single bundle that is not pinned is opened, not
 * read (pl_bundle_open). */
PL_NODISCARD pl_code bundles_open(const workspace *space, const char *const *words, size_t count,
                                  pl_contract_set **out_set, pl_error *err);

/* Told of a bundle that was pinned: to IS, before that to WAS, "": to nothing. */
typedef void bundles_pinned_fn(void *self, const char *name, const char *was, const char *is);

/* Pins COUNT words, or where there are none all that is pinned already, to what they say now. All
 * of them or nothing is written. Codes as above; PL_NOT_FOUND also: nothing is pinned. */
PL_NODISCARD pl_code bundles_lock(const workspace *space, const char *const *words, size_t count,
                                  bundles_pinned_fn *pinned, void *self, pl_error *err);

/* Writes a bundle of SET to the file PATH. */
PL_NODISCARD pl_code bundles_save(const pl_contract_set *set, const char *path, pl_error *err);

#endif

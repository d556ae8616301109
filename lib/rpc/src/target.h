/* Targets: from what a user writes to what core resolves. */
#ifndef PARLEY_RPC_TARGET_H
#define PARLEY_RPC_TARGET_H

#include "parley/base/error.h"
#include "parley/base/str.h"

/* Bytes of an address file. */
#define PL_ADDRESS_FILE_MAX 16384

/* The path of a "file:" target, or NULL. */
const char *pl_target_file(const char *target);

/* Writes core's name of TARGET ("ipv4:127.0.0.1:9085", "dns:///host:80") to OUT.
 * PL_INVALID_ARGUMENT: no known form. */
pl_code pl_target_resolve(const char *target, pl_buf *out, pl_error *err);

/* The same for the content of an address file: one host:port a line, '#' begins a
 * comment. All numeric IPv4, all numeric IPv6, or one name. PL_UNAVAILABLE: no
 * address in it; the message says so of NAME. */
pl_code pl_target_from_lines(const char *name, pl_str lines, pl_buf *out, pl_error *err);

#endif

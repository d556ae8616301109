/* The data folder of a fresh PostgreSQL: made by initdb once, copied afterwards. */
#ifndef PARLEY_TEST_TEMPLATE_H
#define PARLEY_TEST_TEMPLATE_H

#include "home.h"

/* Where Debian puts the programs of PostgreSQL 15. */
#define POSTGRES_BIN       "/usr/lib/postgresql/15/bin"
#define POSTGRES_MAJOR     "15"
#define POSTGRES_SUPERUSER "postgres"

/* Fills folder TARGET, which is not there or empty, with a new cluster of USER: a copy of the
 * cached one, or, where OWN_IDENTITY, one of initdb's. DURABLE: on the disk before it returns. LOG
 * gets initdb's output. */
pl_code template_make(const char *target, const server_user *user, bool own_identity, bool durable,
                      const char *log, pl_error *err);

#endif

#include "sqlstate.h"

#include <string.h>

#include "parley/base/macros.h"
#include "parley/base/str.h"

/* Bytes of a server's message that go into ours. */
#define MESSAGE_MAX 300

typedef struct sqlstate_rule {
    const char *prefix; /* two characters: the class */
    pl_code code;
} sqlstate_rule;

/* The first prefix that fits counts: exact states stand before their class. Whatever is not here is
 * PL_INTERNAL, damaged data and indexes too: PL_DATA_LOSS would blame what the caller brought. */
static const sqlstate_rule rules[] = {
    {PG_SQLSTATE_FENCED, PL_ABORTED},
    {"23505", PL_ALREADY_EXISTS},      /* unique_violation */
    {"23P01", PL_ALREADY_EXISTS},      /* exclusion_violation */
    {"23", PL_FAILED_PRECONDITION},    /* other constraints */
    {"40003", PL_UNKNOWN},             /* statement_completion_unknown */
    {"40", PL_ABORTED},                /* serialization_failure, deadlock_detected */
    {"55P03", PL_ABORTED},             /* lock_not_available */
    {"55", PL_FAILED_PRECONDITION},    /* object not in prerequisite state */
    {"57014", PL_DEADLINE_EXCEEDED},   /* query_canceled: statement_timeout */
    {"57", PL_UNAVAILABLE},            /* shutdown, crash, start-up */
    {"25P03", PL_ABORTED},             /* idle_in_transaction_session_timeout */
    {"25P02", PL_ABORTED},             /* in_failed_sql_transaction */
    {"25006", PL_UNAVAILABLE},         /* read_only_sql_transaction: a standby */
    {"08", PL_UNAVAILABLE},            /* connection exceptions */
    {"53300", PL_UNAVAILABLE},         /* too_many_connections */
    {"53", PL_RESOURCE_EXHAUSTED},     /* disk_full, out_of_memory */
    {"58", PL_UNAVAILABLE},            /* system_error, io_error */
    {"22", PL_INVALID_ARGUMENT},       /* data exceptions */
    {"28", PL_PERMISSION_DENIED},      /* invalid authorization */
    {"42501", PL_PERMISSION_DENIED},   /* insufficient_privilege */
    {"3D000", PL_FAILED_PRECONDITION}, /* no such database */
    {"P0001", PL_FAILED_PRECONDITION}, /* raise_exception */
};

pl_code pg_sqlstate_code(const char *sqlstate) {
    for (size_t i = 0; i < PL_COUNT(rules); i++) {
        if (strncmp(sqlstate, rules[i].prefix, strlen(rules[i].prefix)) == 0)
            return rules[i].code;
    }
    return PL_INTERNAL;
}

bool pg_sqlstate_ends_session(const char *sqlstate) {
    return strncmp(sqlstate, "57P", 3) == 0 || strncmp(sqlstate, "08", 2) == 0 ||
           strcmp(sqlstate, "25P03") == 0;
}

bool pg_sqlstate_stale_plan(const char *sqlstate) {
    /* feature_not_supported is what "cached plan must not change result type" says; 26000 is a
     * prepared statement that somebody else dropped. */
    return strcmp(sqlstate, "0A000") == 0 || strcmp(sqlstate, "26000") == 0;
}

/* libpq's texts end in a line feed and may have several lines; the first says it. */
static pl_str first_line(const char *text) {
    pl_str line = pl_str_c(text);
    line.n = pl_str_index(line, '\n');
    return pl_utf8_cut(line, MESSAGE_MAX);
}

pl_code pg_result_error(pl_error *err, const char *label, const PGresult *result) {
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (!sqlstate) {
        pl_code code = pl_error_set(err, PL_UNAVAILABLE, "%s: %.*s", label,
                                    PL_FMT(first_line(PQresultErrorMessage(result))));
        pl_error_info(err, PG_DOMAIN, "CONNECTION_LOST");
        return code;
    }
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    pl_code code = pg_sqlstate_code(sqlstate);
    pl_error_set(err, code, "%s: %.*s (SQLSTATE %s)", label,
                 PL_FMT(first_line(primary ? primary : "no message")), sqlstate);
    if (strcmp(sqlstate, PG_SQLSTATE_FENCED) == 0)
        pl_error_info(err, PG_DOMAIN, PG_REASON_FENCED);
    else
        pl_error_info(err, PG_DOMAIN, constraint && *constraint ? constraint : sqlstate);
    return code;
}

/* While it connects libpq gives no SQLSTATE, only the server's words. */
static pl_code connect_code(const char *message) {
    static const struct {
        const char *words;
        pl_code code;
    } known[] = {
        {"password authentication failed", PL_PERMISSION_DENIED},
        {"no password supplied", PL_PERMISSION_DENIED},
        {"no pg_hba.conf entry", PL_PERMISSION_DENIED},
        {"permission denied for database", PL_PERMISSION_DENIED},
        {"does not exist", PL_FAILED_PRECONDITION}, /* role, database */
    };
    for (size_t i = 0; i < PL_COUNT(known); i++) {
        /* A missing socket is a server that is down, whatever the words after it. */
        if (strstr(message, known[i].words) && strstr(message, "FATAL"))
            return known[i].code;
    }
    return PL_UNAVAILABLE;
}

pl_code pg_conn_error(pl_error *err, const char *label, const PGconn *pq, const char *what) {
    const char *message = PQerrorMessage(pq);
    pl_code code = pl_error_set(err, connect_code(message), "%s: %s: %.*s", label, what,
                                PL_FMT(first_line(message)));
    pl_error_info(err, PG_DOMAIN, "CONNECTION_LOST");
    return code;
}

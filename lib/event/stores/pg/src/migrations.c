#include "parley/event/event_pg.h"

/* Publisher: the outbox is written in the business transaction, after the aggregate's row
 * lock; the relay moves its rows to event_log, whose positions are the stream's entry ids.
 * One index a table more than the protocol needs would cost every order. */
static const char publisher[] =
    "CREATE TABLE outbox ("
    "  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
    "  part int NOT NULL,"
    "  event_id uuid NOT NULL,"
    "  agg_type text, agg_id text, agg_ver bigint,"
    "  type text NOT NULL,"
    "  envelope bytea NOT NULL,"
    "  created timestamptz NOT NULL DEFAULT now(),"
    "  UNIQUE (agg_type, agg_id, agg_ver));"
    /* The queue is empty most of the time and full now and then: statistics taken at either
     * moment mislead, and dead rows must go quickly. */
    "ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = "
    "2000);"
    "CREATE TABLE event_log ("
    "  part int NOT NULL,"
    "  gen bigint NOT NULL,"
    "  pos bigint NOT NULL,"
    "  prev_gen bigint NOT NULL,"
    "  prev_pos bigint NOT NULL,"
    "  event_id uuid NOT NULL UNIQUE,"
    "  agg_type text, agg_id text, agg_ver bigint,"
    "  type text NOT NULL,"
    "  envelope bytea NOT NULL,"
    "  created timestamptz NOT NULL DEFAULT now(),"
    "  PRIMARY KEY (part, gen, pos),"
    "  UNIQUE (agg_type, agg_id, agg_ver));"
    "CREATE TABLE log_head ("
    "  part int PRIMARY KEY,"
    "  parts int NOT NULL,"
    "  gen bigint NOT NULL,"
    "  pos bigint NOT NULL,"
    "  epoch bigint NOT NULL,"
    "  system_id bigint NOT NULL,"
    "  timeline int NOT NULL);"
    "CREATE TABLE outbox_rejected ("
    "  id bigint PRIMARY KEY,"
    "  part int NOT NULL,"
    "  event_id uuid NOT NULL,"
    "  agg_type text, agg_id text, agg_ver bigint,"
    "  type text NOT NULL,"
    "  envelope bytea NOT NULL,"
    "  created timestamptz NOT NULL,"
    "  reason text NOT NULL,"
    "  rejected timestamptz NOT NULL DEFAULT now());"
    "CREATE TABLE lease ("
    "  name text PRIMARY KEY,"
    "  epoch bigint NOT NULL,"
    "  holder text NOT NULL,"
    "  until timestamptz NOT NULL);";

static const char consumer[] = "CREATE TABLE cursor ("
                               "  sub text NOT NULL,"
                               "  stream text NOT NULL,"
                               "  part int NOT NULL,"
                               "  gen bigint NOT NULL,"
                               "  pos bigint NOT NULL,"
                               "  PRIMARY KEY (sub, stream, part));"
                               /* The reason belongs to the key: a foreign entry may take the id
                                * that an event of the log has, too, and both can end here. */
                               "CREATE TABLE parked ("
                               "  sub text NOT NULL,"
                               "  stream text NOT NULL,"
                               "  part int NOT NULL,"
                               "  entry_id text NOT NULL,"
                               "  reason text NOT NULL,"
                               "  type text NOT NULL,"
                               "  detail text NOT NULL,"
                               "  bytes bytea NOT NULL,"
                               "  parked timestamptz NOT NULL DEFAULT now(),"
                               "  PRIMARY KEY (sub, stream, part, entry_id, reason));"
                               "CREATE TABLE attempts ("
                               "  sub text NOT NULL,"
                               "  stream text NOT NULL,"
                               "  part int NOT NULL,"
                               "  gen bigint NOT NULL,"
                               "  pos bigint NOT NULL,"
                               "  tries bigint NOT NULL,"
                               "  last timestamptz NOT NULL DEFAULT now(),"
                               "  PRIMARY KEY (sub, stream, part, gen, pos));";

static const pl_pg_migration list[] = {
    {"0001_publisher", publisher},
    {"0002_consumer", consumer},
};

const pl_pg_migration_set pl_event_pg_migrations = {"event", list, PL_COUNT(list)};

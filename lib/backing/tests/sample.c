/* A service with a database and events, which open_test starts. */
#include <stdio.h>

#include "parley/backing/backing.h"
#include "parley/base/clock.h"

/* Its own table, and what it will have one day. */
static const pl_pg_migration scripts[] = {
    {"0001_note", "CREATE TABLE note (id bigint PRIMARY KEY)"},
    {"0002_text", "ALTER TABLE note ADD COLUMN text text"},
};
static const pl_pg_migration_set today = {"sample", scripts, 1};
static const pl_pg_migration_set tomorrow = {"sample", scripts, 2};

struct sample {
    pl_backing_settings backing_settings;
    int64_t subscriptions, channels;
    bool newer;
    pl_backing_opts opts;
    pl_backing *backing;
};

static const pl_setting settings[] = {
    PL_BACKING_SETTINGS(struct sample, backing_settings),
    PL_SETTING_INT("SUBSCRIPTIONS", struct sample, subscriptions, "1", 0, 100, "Streams it hears."),
    PL_SETTING_INT("CHANNELS", struct sample, channels, "0", 0, 100, "Upstreams it calls."),
    PL_SETTING_BOOL("NEWER", struct sample, newer, "false", "Its next release."),
};

static const pl_backing_opts *opts_of(struct sample *s) {
    s->opts = (pl_backing_opts){.settings = &s->backing_settings,
                                .source = "test.sample",
                                .migrations = s->newer ? &tomorrow : &today};
    return &s->opts;
}

static pl_code subscribe(struct sample *s, pl_error *err) {
    pl_code code = PL_OK;
    for (int64_t i = 0; code == PL_OK && i < s->subscriptions; i++) {
        char stream[32];
        pl_consumer *consumer = NULL;
        (void)snprintf(stream, sizeof stream, "test.stream%lld", (long long)i);
        code = pl_backing_subscribe(s->backing, "upstream", "127.0.0.1:1", stream, &consumer, err);
    }
    return code;
}

static pl_code connect_channels(struct sample *s, pl_error *err) {
    static char names[100][16];
    pl_code code = PL_OK;
    for (int64_t i = 0; code == PL_OK && i < s->channels; i++) {
        pl_channel *channel = NULL;
        (void)snprintf(names[i], sizeof names[i], "up%lld", (long long)i);
        code = pl_backing_channel(s->backing, names[i], "127.0.0.1:1", &channel, err);
    }
    return code;
}

/* With the rights of the data role: what --migrate did not grant fails here. */
static pl_code use_table(struct sample *s, pl_error *err) {
    return pl_pg_once(pl_backing_pg(s->backing), pl_deadline_ms(5000),
                      "INSERT INTO note (id) VALUES (1) ON CONFLICT DO NOTHING", PL_PG_NO_ARGS,
                      NULL, err);
}

static pl_code start(pl_service *service, void *self, pl_error *err) {
    struct sample *s = self;
    pl_code code = pl_backing_open(service, opts_of(s), &s->backing, err);
    if (code == PL_OK)
        code = use_table(s, err);
    if (code == PL_OK)
        code = subscribe(s, err);
    if (code == PL_OK)
        code = connect_channels(s, err);
    return code == PL_OK ? pl_backing_run(s->backing, err) : code;
}

static void stop(pl_service *service, void *self) {
    struct sample *s = self;
    (void)service;
    pl_backing_close(s->backing);
}

static pl_code migrate(pl_service *service, void *self, pl_error *err) {
    (void)service;
    return pl_backing_migrate(opts_of(self), err);
}

int main(int argc, char **argv) {
    static const pl_service_def def = {
        .system = "test",
        .name = "sample",
        .version = "1",
        .summary = "A sample.",
        .settings = settings,
        .setting_count = PL_COUNT(settings),
        .state_size = sizeof(struct sample),
        .start = start,
        .stop = stop,
        .migrate = migrate,
    };
    return pl_service_main(argc, argv, &def);
}

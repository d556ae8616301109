/* Changes of files, by inotify. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "stub/stub.h"

/* Changes that follow each other this soon are one: editors write in several steps. */
enum { QUIET_MS = 50, EVENTS_SIZE = 4096 };

struct stub_watch {
    pl_loop *loop;
    int fd;
    pl_watch watch;
    pl_timer quiet;
    void (*changed)(void *self);
    void *self;
};

static void on_quiet(void *self) {
    stub_watch *watch = self;

    watch->changed(watch->self);
}

static void on_event(void *self, uint32_t events) {
    stub_watch *watch = self;
    char buffer[EVENTS_SIZE];

    (void)events;
    /* Which file it was does not matter: all are read again. */
    while (read(watch->fd, buffer, sizeof buffer) > 0)
        continue;
    pl_timer_start(watch->loop, &watch->quiet, pl_deadline_ms(QUIET_MS), on_quiet, watch);
}

static pl_code add_folder(stub_watch *watch, const char *folder, pl_error *err) {
    uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;

    return inotify_add_watch(watch->fd, folder, mask) < 0 ? pl_error_errno(err, errno, "%s", folder)
                                                          : PL_OK;
}

pl_code stub_watch_new(pl_loop *loop, const char *const *folders, size_t count,
                       void (*changed)(void *self), void *self, stub_watch **out_watch,
                       pl_error *err) {
    stub_watch *watch = calloc(1, sizeof *watch);
    pl_code code = PL_OK;

    if (!watch)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    watch->loop = loop;
    watch->changed = changed;
    watch->self = self;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0)
        code = pl_error_errno(err, errno, "inotify");
    for (size_t i = 0; code == PL_OK && i < count; i++)
        code = add_folder(watch, folders[i], err);
    if (code == PL_OK)
        code = pl_watch_start(loop, &watch->watch, watch->fd, PL_LOOP_READ, on_event, watch, err);
    if (code != PL_OK) {
        stub_watch_free(watch);
        return code;
    }
    *out_watch = watch;
    return PL_OK;
}

void stub_watch_free(stub_watch *watch) {
    if (!watch)
        return;
    pl_watch_stop(&watch->watch);
    pl_timer_stop(&watch->quiet);
    if (watch->fd >= 0)
        (void)close(watch->fd);
    free(watch);
}

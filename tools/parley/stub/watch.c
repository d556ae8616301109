/* Changes of files, by inotify. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "parley/base/clock.h"
#include "stub/stub.h"

/* Changes that follow each other this soon are one: editors write in several steps. Where they do
 * not end, they are one after the longest of times. */
enum { QUIET_MS = 50, LONGEST_MS = 1000 };
enum { EVENTS_SIZE = 4096 };
/* Of a folder, and of those above it: there it comes back when it was replaced, as git does. */
enum {
    /* One folder may be above another: what is asked of it is both. */
    IN_FOLDER = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MOVE_SELF |
                IN_MASK_ADD,
    IN_ABOVE = IN_CREATE | IN_MOVED_TO | IN_MOVE_SELF | IN_MASK_ADD
};

typedef struct watched {
    char *path;
    int number; /* of inotify; -1: the folder is not there */
} watched;

struct stub_watch {
    pl_loop *loop;
    int fd;
    pl_watch watch;
    pl_timer quiet;
    int64_t latest_ns; /* the changes that wait are told by then */
    void (*changed)(void *self);
    void *self;
    watched *folders;
    size_t count, room;
};

/* Watches what is above FOLDER, so that its coming is an event, and then the folder itself. */
static void look(const stub_watch *watch, watched *folder) {
    char path[PATH_MAX];
    int number = -1;

    (void)snprintf(path, sizeof path, "%s", folder->path);
    for (char *slash; number < 0 && (slash = strrchr(path, '/')) && slash > path;) {
        *slash = '\0';
        number = inotify_add_watch(watch->fd, path, IN_ABOVE);
    }
    folder->number = inotify_add_watch(watch->fd, folder->path, IN_FOLDER);
}

static bool is_of_folder(const stub_watch *watch, int number) {
    for (size_t i = 0; i < watch->count; i++) {
        if (watch->folders[i].number == number)
            return true;
    }
    return false;
}

static void on_quiet(void *self) {
    stub_watch *watch = self;

    watch->changed(watch->self);
}

/* Which file it was does not matter: all are read again. */
static bool read_events(const stub_watch *watch) {
    _Alignas(struct inotify_event) char buffer[EVENTS_SIZE];
    bool changed = false;

    for (ssize_t n; (n = read(watch->fd, buffer, sizeof buffer)) > 0;) {
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *event = (const void *)(buffer + at);
            /* An overflow is of none. */
            changed = changed || event->wd < 0 || is_of_folder(watch, event->wd);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return changed;
}

static void on_event(void *self, uint32_t events) {
    stub_watch *watch = self;
    bool changed = read_events(watch);

    (void)events;
    for (size_t i = 0; i < watch->count; i++) {
        int before = watch->folders[i].number;
        look(watch, &watch->folders[i]);
        changed = changed || watch->folders[i].number != before;
    }
    if (!changed)
        return;
    int64_t due_ns = pl_deadline_ms(QUIET_MS);
    if (!pl_timer_running(&watch->quiet))
        watch->latest_ns = pl_deadline_ms(LONGEST_MS);
    pl_timer_start(watch->loop, &watch->quiet,
                   due_ns < watch->latest_ns ? due_ns : watch->latest_ns, on_quiet, watch);
}

pl_code stub_watch_new(pl_loop *loop, void (*changed)(void *self), void *self,
                       stub_watch **out_watch, pl_error *err) {
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
    if (code == PL_OK)
        code = pl_watch_start(loop, &watch->watch, watch->fd, PL_LOOP_READ, on_event, watch, err);
    if (code != PL_OK) {
        stub_watch_free(watch);
        return code;
    }
    *out_watch = watch;
    return PL_OK;
}

static bool make_room(stub_watch *watch) {
    size_t room = watch->room ? 2 * watch->room : 16;
    watched *grown = watch->count < watch->room ? watch->folders
                                                : realloc(watch->folders, room * sizeof *grown);

    if (grown && watch->count == watch->room)
        watch->room = room;
    watch->folders = grown ? grown : watch->folders;
    return grown != NULL;
}

pl_code stub_watch_add(stub_watch *watch, const char *path, pl_error *err) {
    watched folder = {NULL, -1};

    for (size_t i = 0; i < watch->count; i++) {
        if (strcmp(watch->folders[i].path, path) == 0)
            return PL_OK;
    }
    folder.path = make_room(watch) ? strdup(path) : NULL;
    if (!folder.path)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "no memory");
    look(watch, &folder);
    if (folder.number >= 0) {
        watch->folders[watch->count++] = folder;
        return PL_OK;
    }
    pl_code code = pl_error_errno(err, errno, "%s", path);
    free(folder.path);
    return code;
}

void stub_watch_free(stub_watch *watch) {
    if (!watch)
        return;
    pl_watch_stop(&watch->watch);
    pl_timer_stop(&watch->quiet);
    if (watch->fd >= 0)
        (void)close(watch->fd);
    for (size_t i = 0; i < watch->count; i++)
        free(watch->folders[i].path);
    free(watch->folders);
    free(watch);
}

#include "new/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDERS_MAX = PLAN_FILES_MAX * 6, PATH_BYTES = PATH_MAX + 64 };

/* What was done so far, for taking it back. */
typedef struct work {
    const plan *p;
    char stage[PATH_BYTES];
    char folders[FOLDERS_MAX][256]; /* made, below the root, in order */
    size_t folder_count;
    size_t placed; /* files of the plan that are where they belong */
} work;

pl_code plan_open(plan *p, const char *root, pl_error *err) {
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* holds the lock: never closed */
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        return pl_error_errno(err, errno, "%s", root);
    p->root = root;
    return PL_OK;
}

pl_code plan_add(plan *p, const char *path, const char *text, bool replaces, pl_error *err) {
    if (p->count == PLAN_FILES_MAX)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "more than %d files", PLAN_FILES_MAX);
    plan_file file = {.path = pl_arena_strdup(p->arena, path),
                      .text = pl_arena_strdup(p->arena, text),
                      .replaces = replaces};
    if (!file.path || !file.text)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: too large", path);
    p->files[p->count++] = file;
    return PL_OK;
}

static void path_of(const plan *p, const char *path, char out[PATH_BYTES]) {
    (void)snprintf(out, PATH_BYTES, "%s/%s", p->root, path);
}

pl_code plan_check(const plan *p, pl_error *err) {
    for (size_t i = 0; i < p->count; i++) {
        char path[PATH_BYTES];
        struct stat info;
        path_of(p, p->files[i].path, path);
        if (!p->files[i].replaces && lstat(path, &info) == 0)
            return pl_error_set(err, PL_ALREADY_EXISTS,
                                "%s is there already; nothing was changed. Remove it, or choose "
                                "another name",
                                p->files[i].path);
    }
    return PL_OK;
}

static void staged(const work *w, const char *kind, size_t index, char out[PATH_BYTES]) {
    (void)snprintf(out, PATH_BYTES, "%.*s/%s-%zu", PATH_MAX, w->stage, kind, index);
}

static pl_code stage_file(const work *w, size_t index, pl_error *err) {
    char path[PATH_BYTES];
    const char *text = w->p->files[index].text;
    staged(w, "new", index, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return pl_error_errno(err, errno, "%s", path);
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t n = write(fd, text + strlen(text) - left, left);
        if (n < 0 && errno != EINTR) {
            pl_code code = pl_error_errno(err, errno, "%s", w->p->files[index].path);
            close(fd);
            return code;
        }
        left -= n > 0 ? (size_t)n : 0;
    }
    if (close(fd) != 0)
        return pl_error_errno(err, errno, "%s", w->p->files[index].path);
    return PL_OK;
}

/* The folders above PATH, each remembered that was not there. */
static pl_code make_folders(work *w, const char *path, pl_error *err) {
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        char whole[PATH_BYTES];
        char *name = w->folders[w->folder_count];
        if (w->folder_count == FOLDERS_MAX || slash - path >= (int)sizeof w->folders[0])
            return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "%s: too many folders", path);
        (void)snprintf(name, sizeof w->folders[0], "%.*s", (int)(slash - path), path);
        path_of(w->p, name, whole);
        if (mkdir(whole, 0755) == 0)
            w->folder_count++;
        else if (errno != EEXIST)
            return pl_error_errno(err, errno, "%s", name);
    }
    return PL_OK;
}

static pl_code place_file(work *w, size_t index, pl_error *err) {
    const plan_file *file = &w->p->files[index];
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    char old[PATH_BYTES];
    staged(w, "new", index, from);
    staged(w, "old", index, old);
    path_of(w->p, file->path, to);
    pl_code code = make_folders(w, file->path, err);
    if (code != PL_OK)
        return code;
    if (file->replaces && rename(to, old) != 0)
        return pl_error_errno(err, errno, "%s", file->path);
    if (rename(from, to) == 0)
        return PL_OK;
    code = pl_error_errno(err, errno, "%s", file->path);
    if (file->replaces)
        (void)rename(old, to);
    return code;
}

static void take_back(work *w) {
    while (w->placed > 0) {
        char path[PATH_BYTES];
        char old[PATH_BYTES];
        const plan_file *file = &w->p->files[--w->placed];
        path_of(w->p, file->path, path);
        staged(w, "old", w->placed, old);
        if (file->replaces)
            (void)rename(old, path);
        else
            (void)unlink(path);
    }
    while (w->folder_count > 0) {
        char path[PATH_BYTES];
        path_of(w->p, w->folders[--w->folder_count], path);
        (void)rmdir(path);
    }
}

static void remove_stage(const work *w) {
    for (size_t i = 0; i < w->p->count; i++) {
        char path[PATH_BYTES];
        staged(w, "new", i, path);
        (void)unlink(path);
        staged(w, "old", i, path);
        (void)unlink(path);
    }
    (void)rmdir(w->stage);
}

static pl_code apply(work *w, pl_error *err) {
    pl_code code = plan_check(w->p, err);
    if (code != PL_OK)
        return code;
    path_of(w->p, ".parley-new-XXXXXX", w->stage);
    if (!mkdtemp(w->stage))
        return pl_error_errno(err, errno, "%s", w->p->root);
    for (size_t i = 0; code == PL_OK && i < w->p->count; i++)
        code = stage_file(w, i, err);
    for (size_t i = 0; code == PL_OK && i < w->p->count; i++) {
        code = place_file(w, i, err);
        w->placed += code == PL_OK;
    }
    if (code != PL_OK)
        take_back(w);
    remove_stage(w);
    return code;
}

pl_code plan_apply(const plan *p, pl_error *err) {
    static work w; /* large: not on the stack */
    sigset_t all;
    sigset_t before;
    memset(&w, 0, sizeof w);
    w.p = p;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    pl_code code = apply(&w, err);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return code;
}

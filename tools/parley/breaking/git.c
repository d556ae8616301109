/* The workspace as it was at a commit: its protos and contracts in a folder of their own. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "breaking/breaking.h"

enum { READ_SIZE = 4096, SAID_MAX = 1 << 16, OPEN_MAX_FOLDERS = 16, WORDS_MAX = 16 };
/* Bytes of the names of a commit's files; of the number of one. */
enum { NAMES_MAX = 64 << 20, COMMIT_MAX = 128, REF_MAX = 512 };

/* In a hook, git names the repository that it is run for, by a path from there; the workspace's own
 * is asked, but where somebody has said of both what they are. */
static void forget_repository(void) {
    if (getenv("GIT_WORK_TREE"))
        return;
    (void)unsetenv("GIT_DIR");
    (void)unsetenv("GIT_INDEX_FILE");
    (void)unsetenv("GIT_PREFIX");
}

/* Runs ARGV; what it prints is appended to OUT, which may be NULL. Its exit status, 127: it is not
 * there, -1: it could not be run. */
static int run(const char *const *argv, pl_buf *out) {
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    /* execvp does not write to them, whatever its type says. */
    char *words[WORDS_MAX] = {NULL};
    for (size_t i = 0; i + 1 < WORDS_MAX && argv[i]; i++)
        memcpy(&words[i], &argv[i], sizeof *words);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)dup2(null, STDERR_FILENO);
        (void)dup2(null, STDIN_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        forget_repository();
        execvp(words[0], words);
        _exit(127);
    }
    (void)close(ends[1]);
    char bytes[READ_SIZE];
    for (ssize_t n; child > 0 && (n = read(ends[0], bytes, sizeof bytes)) != 0;) {
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0 && out)
            (void)pl_buf_append(out, bytes, (size_t)n);
    }
    (void)close(ends[0]);
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The commit where this branch left main. */
static pl_code merge_base(const workspace *space, char out[SYSTEM_NAME_MAX * 4], pl_error *err) {
    static const char *const mains[] = {"main", "origin/main"};
    int status = -1;
    for (size_t i = 0; i < PL_COUNT(mains); i++) {
        const char *argv[] = {"git", "-C", space->root, "merge-base", "HEAD", mains[i], NULL};
        pl_buf said = pl_buf_make(SAID_MAX);
        status = run(argv, &said);
        pl_str rest = pl_buf_view(&said), commit = {"", 0};
        bool found = status == 0 && pl_str_split(&rest, '\n', &commit) && commit.n > 0 &&
                     commit.n < SYSTEM_NAME_MAX * 4;
        if (found)
            (void)snprintf(out, SYSTEM_NAME_MAX * 4, "%.*s", PL_FMT(commit));
        pl_buf_done(&said);
        if (found)
            return PL_OK;
    }
    if (status == 127)
        return pl_error_set(err, PL_NOT_FOUND,
                            "git cannot be run; compare with a descriptor set: "
                            "--against FILE.binpb");
    return pl_error_set(err, PL_NOT_FOUND,
                        "no branch main to compare with; say with what: --against GITREF or "
                        "--against FILE.binpb");
}

/* Packs the protos of commit REF, and MORE where it is not NULL. False where one of both is not
 * there. */
static bool pack(const workspace *space, const char *ref, const char *more, const char *archive) {
    char option[PATH_MAX + 32];
    (void)snprintf(option, sizeof option, "--output=%s", archive);
    const char *const argv[] = {"git",          "-C",   space->root, "archive",
                                "--format=tar", option, ref,         "--",
                                "*.proto",      more,   NULL};
    return run(argv, NULL) == 0;
}

/* The files of commit REF, each with a NUL behind it. */
static bool list_names(const workspace *space, const char *ref, pl_buf *out) {
    const char *const argv[] = {"git", "-C",          space->root, "ls-tree", "-r",
                                "-z",  "--name-only", ref,         NULL};
    return run(argv, out) == 0 && !out->failed;
}

static bool has_protos(const workspace *space, const char *ref) {
    pl_buf names = pl_buf_make(NAMES_MAX);
    bool found = false;
    (void)list_names(space, ref, &names);
    pl_str rest = pl_buf_view(&names), name;
    while (!found && pl_str_split(&rest, '\0', &name))
        found = pl_str_ends(name, pl_str_c(".proto"));
    pl_buf_done(&names);
    return found;
}

/* Commits have protos, and may have contracts. CALLED is what people call the commit. */
static pl_code unpack(const workspace *space, const char *ref, const char *called,
                      const char *folder, pl_error *err) {
    char archive[PATH_MAX + 16];
    (void)snprintf(archive, sizeof archive, "%s/.tar", folder);
    const char *const untar[] = {"tar", "-x", "-f", archive, "-C", folder, NULL};
    bool packed = pack(space, ref, "*.yaml", archive) || pack(space, ref, NULL, archive);
    bool done = packed && run(untar, NULL) == 0;
    (void)unlink(archive);
    if (done)
        return PL_OK;
    if (!packed && !has_protos(space, ref))
        return pl_error_set(err, PL_NOT_FOUND, "there is no .proto in commit '%s' of %s", called,
                            space->root);
    return pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                        "'%s' could not be unpacked to %s: is there room for it, and a tar?",
                        called, folder);
}

/* NAME, of the commit, decides about verdicts: a proto, or in the workspace's CONTRACTS. */
static bool is_needed(pl_str name, pl_str contracts) {
    return pl_str_ends(name, pl_str_c(".proto")) ||
           (pl_str_ends(name, pl_str_c(".yaml")) && pl_str_starts(name, contracts) &&
            name.n > contracts.n && name.p[contracts.n] == '/');
}

/* What .gitattributes keep out of archives (export-ignore) would look as if it had not been. */
static pl_code check_whole(const workspace *space, const char *ref, const char *called,
                           const char *folder, pl_error *err) {
    char contracts[PATH_MAX], path[2 * PATH_MAX];
    pl_code code = workspace_contracts(space, contracts, err);
    if (code != PL_OK)
        return code;
    size_t root = strlen(space->root) + 1;
    pl_str below = pl_str_c(strlen(contracts) > root ? contracts + root : "");
    pl_buf names = pl_buf_make(NAMES_MAX);
    if (!list_names(space, ref, &names))
        code = pl_error_set(err, PL_RESOURCE_EXHAUSTED, "the files of '%s' cannot be listed",
                            called);
    pl_str rest = pl_buf_view(&names), name;
    while (code == PL_OK && pl_str_split(&rest, '\0', &name)) {
        (void)snprintf(path, sizeof path, "%s/%.*s", folder, PL_FMT(name));
        struct stat info;
        if (is_needed(name, below) && lstat(path, &info) != 0)
            code = pl_error_set(err, PL_FAILED_PRECONDITION,
                                "%.*s of '%s' is kept out of archives: its .gitattributes say "
                                "export-ignore; compare with a bundle or a descriptor set",
                                PL_FMT(name), called);
    }
    pl_buf_done(&names);
    return code;
}

/* A commit from before the workspace had a parley.yaml is read with today's. */
static void copy_settings(const workspace *space, const char *folder) {
    char from[PATH_MAX + 16], to[PATH_MAX + 16];
    (void)snprintf(from, sizeof from, "%s/parley.yaml", space->root);
    (void)snprintf(to, sizeof to, "%s/parley.yaml", folder);
    const char *const copy[] = {"cp", from, to, NULL};
    if (access(to, F_OK) != 0)
        (void)run(copy, NULL);
}

/* The number of the commit that REF names: a name could be an option of what is asked next.
 * What git ended with. */
static int resolve(const workspace *space, const char *ref, char out[COMMIT_MAX]) {
    char name[REF_MAX + 16];
    (void)snprintf(name, sizeof name, "%s^{commit}", ref);
    const char *const verify[] = {"git",      "-C",      space->root,        "rev-parse",
                                  "--verify", "--quiet", "--end-of-options", name,
                                  NULL};
    pl_buf said = pl_buf_make(SAID_MAX);
    int status = run(verify, &said);
    pl_str rest = pl_buf_view(&said), number = {"", 0};
    if (status == 0 && pl_str_split(&rest, '\n', &number))
        (void)snprintf(out, COMMIT_MAX, "%.*s", PL_FMT(number));
    pl_buf_done(&said);
    return status;
}

pl_code tree_at(const workspace *space, const char *ref, char out_folder[PATH_MAX], pl_error *err) {
    char base[SYSTEM_NAME_MAX * 4], commit[COMMIT_MAX];
    pl_code code = ref ? PL_OK : merge_base(space, base, err);
    if (code != PL_OK)
        return code;
    int status = resolve(space, ref ? ref : base, commit);
    if (status == 127)
        return pl_error_set(err, PL_NOT_FOUND,
                            "git cannot be run; compare with a descriptor set: "
                            "--against FILE.binpb");
    if (status != 0)
        return pl_error_set(err, PL_NOT_FOUND, "'%s' is no commit of %s and no file",
                            ref ? ref : base, space->root);
    const char *temporary = getenv("TMPDIR");
    (void)snprintf(out_folder, PATH_MAX, "%s/parley-breaking-XXXXXX",
                   temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(out_folder)) {
        code = pl_error_errno(err, errno, "%s", out_folder);
        out_folder[0] = '\0';
        return code;
    }
    code = unpack(space, commit, ref ? ref : base, out_folder, err);
    if (code != PL_OK)
        return code;
    copy_settings(space, out_folder);
    return check_whole(space, commit, ref ? ref : base, out_folder, err);
}

static int remove_one(const char *path, const struct stat *info, int what, struct FTW *where) {
    (void)info;
    (void)what;
    (void)where;
    return remove(path);
}

void tree_remove(const char *folder) {
    if (*folder)
        (void)nftw(folder, remove_one, OPEN_MAX_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

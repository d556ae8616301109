#include "common/protos.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parley/base/arena.h"
#include "parley/base/str.h"
#include "parley/yaml/yaml.h"

enum {
    ARENA_MAX = 16 << 20,
    OUTPUT_MAX = 1 << 20,
    OUTPUT_PATH_MAX = 32,
    DEPTH_MAX = 32,
    READ_SIZE = 4096
};

typedef struct folders {
    const char *paths[PROTOS_FOLDERS_MAX];
    size_t count;
} folders;

typedef struct protos {
    const workspace *space;
    pl_arena arena;
    folders roots;                       /* whose files are compiled */
    folders includes;                    /* for imports only */
    const char *files[PROTOS_FILES_MAX]; /* below their root */
    size_t file_count;
    pl_findings *findings;
    pl_error *err;
} protos;

static bool exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0;
}

static pl_code no_memory(protos *p) {
    return pl_error_set(p->err, PL_RESOURCE_EXHAUSTED, "protos: too many, or no memory");
}

static pl_code add_folder(protos *p, folders *list, const char *path) {
    if (!path || list->count == PROTOS_FOLDERS_MAX)
        return no_memory(p);
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->paths[i], path) == 0)
            return PL_OK;
    }
    list->paths[list->count++] = path;
    return PL_OK;
}

/* A folder of parley.yaml: below the root, or whole. */
static const char *whole(protos *p, const char *path) {
    return path[0] == '/' ? pl_arena_strdup(&p->arena, path)
                          : pl_arena_printf(&p->arena, "%s/%s", p->space->root, path);
}

static pl_code read_list(protos *p, const pl_yaml_node *node, folders *list) {
    pl_code code = pl_yaml_expect(node, PL_YAML_SEQUENCE, p->err);
    for (size_t i = 0; code == PL_OK && i < pl_yaml_count(node); i++) {
        pl_str path;
        code = pl_yaml_get_str(pl_yaml_at(node, i), &path, p->err);
        if (code == PL_OK)
            code = add_folder(p, list, whole(p, path.p));
    }
    return code;
}

static pl_code load_settings(const workspace *space, pl_yaml_doc **out, pl_error *err) {
    char file[PATH_MAX + 16];
    (void)snprintf(file, sizeof file, "%s/parley.yaml", space->root);
    return pl_yaml_load(file, out, err);
}

static pl_code read_settings(protos *p) {
    pl_yaml_doc *doc = NULL;
    pl_code code = load_settings(p->space, &doc, p->err);
    if (code != PL_OK)
        return code;
    const pl_yaml_node *roots = pl_yaml_find(pl_yaml_root(doc), "protos");
    const pl_yaml_node *includes = pl_yaml_find(pl_yaml_root(doc), "includes");
    code = roots ? read_list(p, roots, &p->roots) : add_folder(p, &p->roots, whole(p, "proto"));
    if (code == PL_OK && includes)
        code = read_list(p, includes, &p->includes);
    pl_yaml_free(doc);
    return code;
}

pl_code workspace_contracts(const workspace *space, char out[PATH_MAX], pl_error *err) {
    pl_yaml_doc *doc = NULL;
    pl_str folder = pl_str_c("contracts");
    pl_code code = load_settings(space, &doc, err);
    if (code != PL_OK)
        return code;
    const pl_yaml_node *node = pl_yaml_find(pl_yaml_root(doc), "contracts");
    if (node)
        code = pl_yaml_get_str(node, &folder, err);
    if (code == PL_OK && folder.n && folder.p[0] == '/')
        (void)snprintf(out, PATH_MAX, "%s", folder.p);
    else if (code == PL_OK)
        (void)snprintf(out, PATH_MAX, "%s/%s", space->root, folder.p);
    pl_yaml_free(doc);
    return code;
}

/* The folder of this program. */
static bool own_folder(char out[PATH_MAX]) {
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (n <= 0)
        return false;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

/* Where Parley's own protos and googleapis are: ../../share/parley beside this program, in a build
 * folder and where it is installed. */
static pl_code add_known_includes(protos *p) {
    static const char *const beside[] = {"../../share/parley/include", "../../share/parley/more"};
    char here[PATH_MAX];
    bool found_here = own_folder(here);
    pl_code code = PL_OK;
    for (size_t i = 0; code == PL_OK && found_here && i < PL_COUNT(beside); i++) {
        char *path = pl_arena_printf(&p->arena, "%s/%s", here, beside[i]), found[PATH_MAX];
        if (path && realpath(path, found) && exists(found))
            code = add_folder(p, &p->includes, pl_arena_strdup(&p->arena, found));
    }
    static const char *const common[] = {"/usr/include", "/usr/share/grpc-proto"};
    for (size_t i = 0; code == PL_OK && i < PL_COUNT(common); i++) {
        if (exists(common[i]))
            code = add_folder(p, &p->includes, common[i]);
    }
    return code;
}

/* ---- files ----------------------------------------------------------------------------------- */

static pl_code walk(protos *p, const char *root, const char *below, int depth) {
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", root, below);
    DIR *folder = opendir(path);
    if (!folder)
        return pl_error_errno(p->err, errno, "%s", *below ? path : root);
    pl_code code = PL_OK;
    for (struct dirent *e; code == PL_OK && (e = readdir(folder));) {
        if (e->d_name[0] == '.')
            continue;
        char *name = pl_arena_printf(&p->arena, "%s%s%s", below, *below ? "/" : "", e->d_name);
        char full[PATH_MAX + 256];
        struct stat info;
        if (!name)
            code = no_memory(p);
        (void)snprintf(full, sizeof full, "%s/%s", root, name ? name : "");
        bool proto = name && pl_str_ends(pl_str_c(name), pl_str_c(".proto"));
        if (code != PL_OK)
            continue;
        if (stat(full, &info) != 0) {
            if (proto)
                code = pl_error_errno(p->err, errno, "%s", full);
            continue;
        }
        if (S_ISDIR(info.st_mode) && depth < DEPTH_MAX)
            code = walk(p, root, name, depth + 1);
        else if (!proto)
            continue;
        else if (p->file_count == PROTOS_FILES_MAX)
            code = no_memory(p);
        else
            p->files[p->file_count++] = name;
    }
    closedir(folder);
    return code;
}

/* The path of FILE below one of the includes; false: it is in none. */
static bool find_include(const protos *p, const char *file, char path[PATH_MAX]) {
    for (size_t i = 0; i < p->includes.count; i++) {
        (void)snprintf(path, PATH_MAX, "%s/%s", p->includes.paths[i], file);
        if (exists(path))
            return true;
    }
    return false;
}

static bool has_error_info(const char *path) {
    FILE *file = fopen(path, "rb");
    char line[READ_SIZE];
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file))
        found = strncmp(line, "message ErrorInfo", 17) == 0;
    if (file)
        (void)fclose(file);
    return found;
}

/* Types that a contract may name though no proto imports them: details of a status. */
static void add_known_files(protos *p) {
    static const char details[] = "google/rpc/error_details.proto";
    static const char info[] = "google/rpc/error_info.proto";
    char path[PATH_MAX];
    bool found = find_include(p, details, path);
    bool lacks_info = !found || !has_error_info(path);
    if (found && p->file_count < PROTOS_FILES_MAX)
        p->files[p->file_count++] = details;
    if (lacks_info && find_include(p, info, path) && p->file_count < PROTOS_FILES_MAX)
        p->files[p->file_count++] = info;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- protoc ---------------------------------------------------------------------------------- */

static char **arguments(protos *p, const char *protoc, const char *output) {
    size_t count = p->roots.count + p->includes.count + p->file_count + 8, n = 0;
    char **argv = pl_arena_calloc(&p->arena, count, sizeof *argv);
    if (!argv)
        return NULL;
    argv[n++] = pl_arena_strdup(&p->arena, protoc);
    argv[n++] = pl_arena_strdup(&p->arena, "--include_imports");
    argv[n++] = pl_arena_strdup(&p->arena, "--include_source_info");
    argv[n++] = pl_arena_printf(&p->arena, "--descriptor_set_out=%s", output);
    for (size_t i = 0; i < p->roots.count; i++)
        argv[n++] = pl_arena_printf(&p->arena, "-I%s", p->roots.paths[i]);
    for (size_t i = 0; i < p->includes.count; i++)
        argv[n++] = pl_arena_printf(&p->arena, "-I%s", p->includes.paths[i]);
    for (size_t i = 0; i < p->file_count; i++)
        argv[n++] = pl_arena_strdup(&p->arena, p->files[i]);
    for (size_t i = 0; i < n; i++) {
        if (!argv[i])
            return NULL;
    }
    return argv;
}

static void read_pipe(int fd, pl_buf *out) {
    for (;;) {
        char *room = pl_buf_reserve(out, READ_SIZE);
        ssize_t n = room ? read(fd, room, READ_SIZE) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        pl_buf_wrote(out, (size_t)n);
    }
}

/* Runs protoc; what it says on stderr is appended to SAID. Its exit status, 127: there is none. */
static int run(char **argv, pl_buf *said) {
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        execvp(argv[0], argv);
        _exit(127);
    }
    (void)close(ends[1]);
    if (child > 0)
        read_pipe(ends[0], said);
    (void)close(ends[0]);
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* FILE, below one of the roots, as people write it. */
static pl_finding_place place_of(protos *p, const char *file, unsigned row, unsigned column) {
    pl_finding_place place = {"proto", row, column, {"", 0}};
    size_t root = strlen(p->space->root);
    for (size_t i = 0; i < p->roots.count; i++) {
        char *path = pl_arena_printf(&p->arena, "%s/%s", p->roots.paths[i], file);
        if (path && exists(path))
            place.file = strncmp(path, p->space->root, root) == 0 ? path + root + 1 : path;
    }
    return place;
}

/* "mall/a.proto:3:5: text" with the path as people write it. */
static void add_finding(protos *p, pl_str line) {
    size_t colon = pl_str_index(line, ':');
    unsigned row = 0, column = 0;
    int used = 0;
    char *file = pl_arena_cstr(&p->arena, pl_str_make(line.p, colon));
    char *rest = pl_arena_cstr(&p->arena, pl_str_make(line.p + colon, line.n - colon));
    if (!file || !rest || sscanf(rest, ":%u:%u: %n", &row, &column, &used) != 2 || !used)
        used = 0;
    if (pl_str_starts(pl_str_c(rest ? rest : ""), pl_str_c(": warning")))
        return;
    pl_finding_place place = used ? place_of(p, file, row, column)
                                  : (pl_finding_place){"proto", row, column, {"", 0}};
    const char *text = used ? rest + used : NULL;
    if (text && pl_str_starts(pl_str_c(text), pl_str_c("warning")))
        return;
    pl_findings_add(p->findings, &place, PL_FINDING_ERROR, "PROTO", "%s",
                    text ? text : pl_arena_cstr(&p->arena, line));
}

/* $PROTOC, else the one beside this program, which a distribution has, else from PATH. */
static const char *find_protoc(protos *p) {
    const char *said = getenv("PROTOC"), *beside = NULL;
    char here[PATH_MAX];
    if (said && *said)
        return said;
    if (own_folder(here))
        beside = pl_arena_printf(&p->arena, "%s/protoc", here);
    return beside && access(beside, X_OK) == 0 ? beside : "protoc";
}

static pl_code compile(protos *p, const char *output) {
    char **argv = arguments(p, find_protoc(p), output);
    if (!argv)
        return no_memory(p);
    pl_buf said = pl_buf_make(OUTPUT_MAX);
    int status = run(argv, &said);
    pl_code code = PL_OK;
    if (status == 127) {
        code = pl_error_set(p->err, PL_NOT_FOUND,
                            "%s cannot be run; install protobuf-compiler, or say where with PROTOC",
                            argv[0]);
    } else if (status != 0) {
        pl_str rest = pl_buf_view(&said), line;
        while (pl_str_split(&rest, '\n', &line)) {
            if (line.n)
                add_finding(p, line);
        }
        code = pl_error_set(p->err, PL_INVALID_ARGUMENT, "the protos do not compile");
    }
    pl_buf_done(&said);
    return code;
}

/* protoc takes what begins with - for an option, and with @ for a file of further words. */
static pl_code check_names(protos *p) {
    bool found = false;
    for (size_t i = 0; i < p->file_count; i++) {
        const char *name = p->files[i];
        if (name[0] != '-' && name[0] != '@')
            continue;
        pl_finding_place place = place_of(p, name, 0, 0);
        pl_findings_add(p->findings, &place, PL_FINDING_ERROR, "PROTO",
                        "protoc would take the name '%s' for %s, as it begins with '%c'", name,
                        name[0] == '-' ? "an option" : "a file of options", name[0]);
        pl_findings_hint(p->findings, "rename it, or its folder, to begin with a letter");
        found = true;
    }
    return found ? pl_error_set(p->err, PL_INVALID_ARGUMENT, "the protos do not compile") : PL_OK;
}

static pl_code load(protos *p, pl_pool **out_pool) {
    char output[OUTPUT_PATH_MAX];
    pl_code code = read_settings(p);
    if (code == PL_OK)
        code = add_known_includes(p);
    for (size_t i = 0; code == PL_OK && i < p->roots.count; i++)
        code = walk(p, p->roots.paths[i], "", 0);
    if (code == PL_OK && p->file_count == 0)
        code = pl_error_set(p->err, PL_NOT_FOUND,
                            "no .proto in %s; parley.yaml says where they are: protos: [proto]",
                            p->roots.count ? p->roots.paths[0] : p->space->root);
    if (code == PL_OK)
        code = check_names(p);
    if (code != PL_OK)
        return code;
    add_known_files(p);
    qsort(p->files, p->file_count, sizeof *p->files, by_text);
    /* A file without a name: nothing is left behind, whatever ends this program. */
    int fd = memfd_create("parley-protos", 0);
    if (fd < 0)
        return pl_error_errno(p->err, errno, "what protoc makes");
    (void)snprintf(output, sizeof output, "/proc/self/fd/%d", fd);
    code = compile(p, output);
    if (code == PL_OK)
        code = pl_pool_load(output, NULL, out_pool, p->err);
    (void)close(fd);
    return code;
}

pl_code protos_load(const workspace *space, pl_findings *findings, pl_pool **out_pool,
                    pl_error *err) {
    protos *p = calloc(1, sizeof *p);
    if (!p)
        return pl_error_set(err, PL_RESOURCE_EXHAUSTED, "protos: no memory");
    p->space = space;
    p->findings = findings;
    p->err = err;
    p->arena = pl_arena_make(ARENA_MAX);
    pl_code code = load(p, out_pool);
    pl_arena_done(&p->arena);
    free(p);
    return code;
}

bool protos_path(const workspace *space, pl_str file, char out[PATH_MAX]) {
    protos *p = calloc(1, sizeof *p);
    bool found = false;
    if (!p)
        return false;
    p->space = space;
    p->arena = pl_arena_make(ARENA_MAX);
    size_t root = strlen(space->root);
    pl_code code = read_settings(p);
    for (size_t i = 0; code == PL_OK && !found && i < p->roots.count; i++) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%s/%.*s", p->roots.paths[i], PL_FMT(file));
        found = n > 0 && n < PATH_MAX && exists(path);
        bool below = strncmp(path, space->root, root) == 0 && path[root] == '/';
        if (found)
            (void)snprintf(out, PATH_MAX, "%s", below ? path + root + 1 : path);
    }
    pl_arena_done(&p->arena);
    free(p);
    return found;
}

#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/http/parser.h"

/* Bytes of one name in a folder, NUL included. */
#define NAME_SIZE 256

static const struct {
    const char *extension;
    const char *type;
} types[] = {
    {".css", "text/css; charset=utf-8"},
    {".gif", "image/gif"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/x-icon"},
    {".jpeg", "image/jpeg"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
};

static const char *type_of(const char *name) {
    pl_str text = pl_str_c(name);
    for (size_t i = 0; i < PL_COUNT(types); i++) {
        size_t n = strlen(types[i].extension);
        if (text.n > n &&
            pl_str_eq_nocase(pl_str_make(text.p + text.n - n, n), pl_str_c(types[i].extension)))
            return types[i].type;
    }
    return "application/octet-stream";
}

const gateway_folder *gateway_folder_of(const gateway_config *config, pl_str path,
                                        pl_str *out_rest) {
    for (size_t i = 0; i < config->folder_count; i++) {
        pl_str prefix = pl_str_c(config->folders[i].prefix);
        if (path.n > prefix.n && path.p[prefix.n] == '/' && pl_str_starts(path, prefix)) {
            *out_rest = pl_str_make(path.p + prefix.n, path.n - prefix.n);
            return &config->folders[i];
        }
    }
    return NULL;
}

/* RAW decoded into NAME; false for what is no name of a file that may be shown. */
static bool decode_name(pl_str raw, char name[NAME_SIZE]) {
    pl_buf decoded = pl_buf_make(NAME_SIZE - 1);
    bool good = pl_http_percent_decode(raw, PL_HTTP_DECODE_ALL, &decoded) && decoded.n > 0 &&
                decoded.p[0] != '.' && !memchr(decoded.p, '/', decoded.n) &&
                pl_utf8_valid(pl_buf_view(&decoded));
    if (good)
        memcpy(name, decoded.p, decoded.n + 1);
    pl_buf_done(&decoded);
    return good;
}

/* Replaces NAME by the entry of FOLDER_FD that is the same without regard to case. */
static void find_nocase(int folder_fd, char name[NAME_SIZE]) {
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (!listing) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(listing));) {
        if (pl_str_eq_nocase(pl_str_c(entry->d_name), pl_str_c(name))) {
            snprintf(name, NAME_SIZE, "%s", entry->d_name);
            break;
        }
    }
    closedir(listing);
}

static int open_name(int folder_fd, char name[NAME_SIZE], bool nocase, int flags) {
    /* O_NONBLOCK: a FIFO must not hold the loop up before it is known to be no file. */
    flags |= O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    int fd = openat(folder_fd, name, flags);
    if (fd < 0 && errno == ENOENT && nocase) {
        find_nocase(folder_fd, name);
        fd = openat(folder_fd, name, flags);
    }
    return fd;
}

/* Opens what REST names below FD, which is closed; NAME becomes its last name. */
static int walk(int fd, const gateway_folder *folder, pl_str rest, char name[NAME_SIZE]) {
    pl_str piece;
    rest = pl_str_make(rest.p + 1, rest.n - 1);
    while (fd >= 0) {
        size_t slash = pl_str_index(rest, '/');
        bool last = slash == rest.n;
        piece = pl_str_make(rest.p, slash);
        int next = decode_name(piece, name)
                       ? open_name(fd, name, folder->nocase, last ? 0 : O_DIRECTORY)
                       : -1;
        close(fd);
        fd = next;
        if (last)
            return fd;
        rest = pl_str_make(rest.p + slash + 1, rest.n - slash - 1);
    }
    return -1;
}

static pl_code read_all(int fd, size_t size, char *out, pl_error *err) {
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, out + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return pl_error_set(err, PL_UNAVAILABLE, "the file changed while it was read");
        got += (size_t)n;
    }
    return PL_OK;
}

pl_code gateway_file_read(const gateway_folder *folder, pl_str rest, pl_arena *arena,
                          gateway_file *out_file, pl_error *err) {
    char name[NAME_SIZE];
    if (pl_http_path_error(rest))
        return pl_error_set(err, PL_INVALID_ARGUMENT, "path: %s", pl_http_path_error(rest));
    int fd = walk(open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder, rest, name);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) || !S_ISREG(info.st_mode)) {
        if (fd >= 0)
            close(fd);
        return pl_error_set(err, PL_NOT_FOUND, "no such file");
    }
    size_t size = (size_t)info.st_size;
    char *content = size > GATEWAY_FILE_MAX ? NULL : pl_arena_alloc(arena, size + 1);
    pl_code code = content ? read_all(fd, size, content, err)
                           : pl_error_set(err, PL_RESOURCE_EXHAUSTED,
                                          "the file has %zu bytes; at most %u are served", size,
                                          GATEWAY_FILE_MAX);
    close(fd);
    if (code)
        return code;
    out_file->content = pl_str_make(content, size);
    out_file->type = type_of(name);
    snprintf(out_file->etag, sizeof out_file->etag, "\"%llx-%llx.%lx\"", (unsigned long long)size,
             (unsigned long long)info.st_mtim.tv_sec, (unsigned long)info.st_mtim.tv_nsec);
    return PL_OK;
}

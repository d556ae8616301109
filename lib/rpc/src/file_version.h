/* Tells one version of a file from the next: rename brings another inode. */
#ifndef PARLEY_RPC_FILE_VERSION_H
#define PARLEY_RPC_FILE_VERSION_H

#include <stdbool.h>
#include <sys/stat.h>

typedef struct pl_file_version {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
} pl_file_version;

static inline pl_file_version pl_file_version_of(const struct stat *info) {
    pl_file_version version = {info->st_dev, info->st_ino, info->st_size, info->st_mtim};

    return version;
}

static inline bool pl_file_version_is(const pl_file_version *version, const struct stat *info) {
    return version->inode == info->st_ino && version->device == info->st_dev &&
           version->size == info->st_size && version->changed.tv_sec == info->st_mtim.tv_sec &&
           version->changed.tv_nsec == info->st_mtim.tv_nsec;
}

#endif

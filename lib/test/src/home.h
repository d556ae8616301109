/* Folders of private servers: a short private one for sockets, where data lies, trees of files. */
#ifndef PARLEY_TEST_HOME_H
#define PARLEY_TEST_HOME_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "parley/base/error.h"

/* Whom a server runs as. */
typedef struct server_user {
    bool switched; /* we are root and become somebody else */
    uid_t uid;
    gid_t gid;
    char name[33];
} server_user;

/* The calling user, or as root the user NAME. PL_FAILED_PRECONDITION: there is none. */
pl_code server_user_find(const char *name, server_user *out_user, pl_error *err);

typedef struct server_home {
    char run[64];        /* sockets and log; removed at the end */
    char data[PATH_MAX]; /* the server's data */
    bool throwaway;      /* data lies in run */
    int lock_fd;         /* held as long as the owner lives */
} server_home;

/* Makes the folder for sockets and finds the place for the data of DIR (NULL: throwaway), which it
 * does not make. Removes the folders that dead processes left behind. */
pl_code server_home_init(server_home *home, const char *dir, const server_user *user,
                         pl_error *err);
/* Removes the folder for sockets, and data that is throwaway. */
void server_home_done(server_home *home);

/* Where the data of the given folder DIR is: DIR itself, or, as root, a place under /var/lib/parley
 * where USER cannot reach it. */
pl_code server_data_locate(const char *dir, const server_user *user, char out[PATH_MAX],
                           pl_error *err);
/* Removes DIR and the place where its data is. */
pl_code server_data_erase(const char *dir, pl_error *err);

/* Makes folder PATH with mode 0700 for USER, and its parents. */
pl_code server_folder_make(const char *path, const server_user *user, pl_error *err);

#endif

/* Trees of files: copied, removed. Links are never followed. */
#ifndef PARLEY_TEST_TREE_H
#define PARLEY_TEST_TREE_H

#include "home.h"

/* Greatest depth of a tree. */
#define TREE_DEPTH_MAX 32

/* Copies the folder FROM to TO, which must not be there or be empty; everything then belongs to
 * USER. */
pl_code tree_copy(const char *from, const char *to, const server_user *user, pl_error *err);

/* Removes PATH and everything in it; nothing there is no error. */
pl_code tree_remove(const char *path, pl_error *err);

#endif

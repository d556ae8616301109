/* Requests as protoc would send them, made of a descriptor set. */
#ifndef PL_GEN_TEST_REQUEST_H
#define PL_GEN_TEST_REQUEST_H

#include "plugin.h"

/* A packed request for FILE with PARAMETER, over the files of SET_PATH; in ARENA. Empty where
 * there is no such set. */
pl_str test_request(const char *set_path, const char *file, const char *parameter, pl_arena *arena);

#endif

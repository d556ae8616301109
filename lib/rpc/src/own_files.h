/* The .proto files of gRPC's own services. */
#ifndef PARLEY_RPC_OWN_FILES_H
#define PARLEY_RPC_OWN_FILES_H

#include "parley/rpc/desc.h"

extern const pl_file_desc pl_health_file;
extern const pl_file_desc pl_reflection_file;

#endif

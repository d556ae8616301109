#include "own_files.h"

#include "health_descriptor.inc"
#include "reflection_descriptor.inc"

const pl_file_desc pl_health_file = {"grpc/health/v1/health.proto", health_descriptor,
                                     sizeof health_descriptor, NULL, 0};
const pl_file_desc pl_reflection_file = {"grpc/reflection/v1/reflection.proto",
                                         reflection_descriptor, sizeof reflection_descriptor, NULL,
                                         0};

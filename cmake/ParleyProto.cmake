# pl_proto_library, pl_descriptor_set

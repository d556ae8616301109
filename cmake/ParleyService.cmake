# pl_service

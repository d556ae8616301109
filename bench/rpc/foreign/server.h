// What the servers of gRPC C++ share: they listen, say where, and serve until they are killed.
#pragma once
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>

inline void listen_on(grpc::ServerBuilder &builder, int *port) {
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), port);
}

inline void say_ready(int port) {
    std::printf("ready grpc=127.0.0.1:%d\n", port);
    std::fflush(stdout);
}

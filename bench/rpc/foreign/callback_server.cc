// The callback server of gRPC C++: handlers run on the library's own threads.
#include "bench/v1/bench.grpc.pb.h"
#include "server.h"

namespace {
class Orders final : public bench::v1::OrderService::CallbackService {
    grpc::ServerUnaryReactor *Echo(grpc::CallbackServerContext *context,
                                   const bench::v1::Order *request,
                                   bench::v1::Order *response) override {
        *response = *request;
        auto *reactor = context->DefaultReactor();
        reactor->Finish(grpc::Status::OK);
        return reactor;
    }
};
} // namespace

int main() {
    Orders orders;
    grpc::ServerBuilder builder;
    int port = 0;
    listen_on(builder, &port);
    builder.RegisterService(&orders);
    auto server = builder.BuildAndStart();
    say_ready(port);
    server->Wait();
}

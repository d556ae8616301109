// The synchronous server of gRPC C++, as its documentation begins with.
#include "bench/v1/bench.grpc.pb.h"
#include "server.h"

namespace {
class Orders final : public bench::v1::OrderService::Service {
    grpc::Status Echo(grpc::ServerContext *, const bench::v1::Order *request,
                      bench::v1::Order *response) override {
        *response = *request;
        return grpc::Status::OK;
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

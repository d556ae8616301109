// The asynchronous server of gRPC C++: one completion queue, one thread, its fastest shape.
#include "bench/v1/bench.grpc.pb.h"
#include "server.h"

namespace {
using Service = bench::v1::OrderService::AsyncService;
constexpr int kPosted = 16;

// One call, from its request to its end; then it makes way for the next.
class Call {
  public:
    Call(Service *service, grpc::ServerCompletionQueue *queue)
        : service_(service), queue_(queue), responder_(&context_) {
        service_->RequestEcho(&context_, &request_, &responder_, queue_, queue_, this);
    }
    void Proceed(bool ok) {
        if (answered_ || !ok) {
            delete this;
            return;
        }
        new Call(service_, queue_);
        response_ = request_;
        answered_ = true;
        responder_.Finish(response_, grpc::Status::OK, this);
    }

  private:
    Service *service_;
    grpc::ServerCompletionQueue *queue_;
    grpc::ServerContext context_;
    bench::v1::Order request_, response_;
    grpc::ServerAsyncResponseWriter<bench::v1::Order> responder_;
    bool answered_ = false;
};
} // namespace

int main() {
    Service service;
    grpc::ServerBuilder builder;
    int port = 0;
    listen_on(builder, &port);
    builder.RegisterService(&service);
    auto queue = builder.AddCompletionQueue();
    auto server = builder.BuildAndStart();
    say_ready(port);
    for (int i = 0; i < kPosted; i++)
        new Call(&service, queue.get());
    void *tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok))
        static_cast<Call *>(tag)->Proceed(ok);
}

// The asynchronous client of gRPC C++: async_client ADDRESS CALLS DEPTH. Prints its CPU a call.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "bench/v1/bench.grpc.pb.h"

namespace {
constexpr int kWarmUp = 1000;

struct Call {
    grpc::ClientContext context;
    bench::v1::Order response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<bench::v1::Order>> reader;
};

bench::v1::Order make_order() {
    bench::v1::Order order;
    order.set_id(1234567);
    order.set_product_id(42);
    order.set_product_name("Kettle of brushed steel, 1.7 litres");
    order.set_quantity(3);
    order.set_price(39900);
    order.set_customer_id("customer-0000004711");
    order.set_customer_name("Jeongmin Park");
    order.set_customer_addr(
        "12 Street 34, apartment 5607, Seocho-gu, Seoul 06611, Republic of Korea");
    order.set_customer_phone("+82 10 5555 0123");
    order.set_note("Please leave it with the neighbours on the fourth floor when nobody is at "
                   "home; the bell is broken, so knock.");
    order.mutable_created_at()->set_seconds(1760000000);
    order.mutable_created_at()->set_nanos(123456789);
    return order;
}

void start(bench::v1::OrderService::Stub *stub, grpc::CompletionQueue *queue,
           const bench::v1::Order &order) {
    auto *call = new Call;
    call->context.AddMetadata("traceparent",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    call->reader = stub->AsyncEcho(&call->context, order, queue);
    call->reader->Finish(&call->response, &call->status, call);
}

void run(bench::v1::OrderService::Stub *stub, const bench::v1::Order &order, int calls, int depth) {
    grpc::CompletionQueue queue;
    int started = 0;
    for (; started < depth && started < calls; started++)
        start(stub, &queue, order);
    for (int ended = 0; ended < calls; ended++) {
        void *tag = nullptr;
        bool ok = false;
        queue.Next(&tag, &ok);
        auto *call = static_cast<Call *>(tag);
        if (!call->status.ok() || call->response.id() != order.id()) {
            std::fprintf(stderr, "async_client: status %d\n", call->status.error_code());
            std::exit(1);
        }
        delete call;
        if (started < calls) {
            started++;
            start(stub, &queue, order);
        }
    }
}

double cpu_us() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}
} // namespace

int main(int argc, char **argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: async_client ADDRESS CALLS DEPTH\n");
        return 2;
    }
    const int calls = std::atoi(argv[2]), depth = std::atoi(argv[3]);
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    auto channel = grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), args);
    auto stub = bench::v1::OrderService::NewStub(channel);
    const bench::v1::Order order = make_order();
    run(stub.get(), order, kWarmUp, depth);
    const double before = cpu_us();
    run(stub.get(), order, calls, depth);
    std::printf("client_us %.3f\n", (cpu_us() - before) / calls);
}

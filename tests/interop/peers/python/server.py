"""grpc.testing.TestService by python3-grpcio. Prints its port and serves until it is terminated.

    /usr/bin/python3 server.py --port 0 [--use_tls true --tls_cert_file F --tls_key_file F]
        [--compress true]
"""
import argparse
import signal
from concurrent import futures

import grpc

import messages

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"
CODES = {code.value[0]: code for code in grpc.StatusCode}


def echo_metadata(context):
    for key, value in context.invocation_metadata():
        if key == INITIAL:
            context.send_initial_metadata(((key, value),))
        elif key == TRAILING:
            context.set_trailing_metadata(((key, value),))


def echo_status(request, context):
    """Ends the call with the status that the request asks for, if it does."""
    if request.HasField("response_status") and request.response_status.code != 0:
        context.abort(CODES[request.response_status.code], request.response_status.message)


class TestService:
    def __init__(self, empty_pb2, messages_pb2):
        self.empty = empty_pb2.Empty
        self.pb = messages_pb2

    def payload(self, size):
        return self.pb.Payload(type=self.pb.COMPRESSABLE, body=bytes(size))

    def empty_call(self, request, context):
        return self.empty()

    def unary_call(self, request, context):
        echo_metadata(context)
        echo_status(request, context)
        return self.pb.SimpleResponse(payload=self.payload(request.response_size))

    def outputs(self, request, context):
        echo_status(request, context)
        for parameters in request.response_parameters:
            yield self.pb.StreamingOutputCallResponse(payload=self.payload(parameters.size))

    def streaming_output_call(self, request, context):
        yield from self.outputs(request, context)

    def streaming_input_call(self, requests, context):
        size = sum(len(request.payload.body) for request in requests)
        return self.pb.StreamingInputCallResponse(aggregated_payload_size=size)

    def full_duplex_call(self, requests, context):
        echo_metadata(context)
        for request in requests:
            yield from self.outputs(request, context)

    def handlers(self):
        pb = self.pb

        def method(kind, function, request):
            return kind(function, request.FromString, lambda message: message.SerializeToString())

        return grpc.method_handlers_generic_handler(
            "grpc.testing.TestService",
            {
                "EmptyCall": method(
                    grpc.unary_unary_rpc_method_handler, self.empty_call, self.empty
                ),
                "UnaryCall": method(
                    grpc.unary_unary_rpc_method_handler, self.unary_call, pb.SimpleRequest
                ),
                "StreamingOutputCall": method(
                    grpc.unary_stream_rpc_method_handler,
                    self.streaming_output_call,
                    pb.StreamingOutputCallRequest,
                ),
                "StreamingInputCall": method(
                    grpc.stream_unary_rpc_method_handler,
                    self.streaming_input_call,
                    pb.StreamingInputCallRequest,
                ),
                "FullDuplexCall": method(
                    grpc.stream_stream_rpc_method_handler,
                    self.full_duplex_call,
                    pb.StreamingOutputCallRequest,
                ),
            },
        )


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--use_tls", choices=["true", "false"], default="false")
    parser.add_argument("--tls_cert_file")
    parser.add_argument("--tls_key_file")
    parser.add_argument("--compress", choices=["true", "false"], default="false")
    parser.add_argument("--proto_path", default="/usr/share/grpc-proto")
    args = parser.parse_args()
    compression = grpc.Compression.Gzip if args.compress == "true" else None
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), compression=compression)
    server.add_generic_rpc_handlers((TestService(*messages.load(args.proto_path)).handlers(),))
    address = "127.0.0.1:%d" % args.port
    if args.use_tls == "true":
        pair = (read(args.tls_key_file), read(args.tls_cert_file))
        port = server.add_secure_port(address, grpc.ssl_server_credentials([pair]))
    else:
        port = server.add_insecure_port(address)
    signal.signal(signal.SIGTERM, lambda *_: server.stop(None))
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


main()

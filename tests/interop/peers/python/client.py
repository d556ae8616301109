"""The cases of gRPC's interoperability tests by python3-grpcio.

    /usr/bin/python3 client.py --server_port PORT --test_case NAME|all
        [--use_tls true --ca_file F --server_host_override NAME] [--compress true]

One line a case; exit code 1 where one failed.
"""
import argparse
import queue
import sys

import grpc

import messages

PATIENCE = 60  # seconds a call may take
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"


def check(what, expected, got):
    if expected != got:
        raise AssertionError("%s: expected %r, got %r" % (what, expected, got))


def check_status(what, call, code, message=None):
    """CALL() must end with CODE, and MESSAGE where one is given."""
    try:
        call()
    except grpc.RpcError as error:
        check(what, code, error.code())
        if message is not None:
            check(what + ": message", message, error.details())
        return
    raise AssertionError("%s: expected %s, got OK" % (what, code))


class Requests:
    """The requests of a stream, sent one by one."""

    def __init__(self, *first):
        self.queue = queue.Queue()
        for request in first:
            self.send(request)

    def send(self, request):
        self.queue.put(request)

    def end(self):
        self.queue.put(None)
        return self

    def __iter__(self):
        return iter(self.queue.get, None)


class Cases:
    def __init__(self, channel, empty_pb2, messages_pb2):
        pb = self.pb = messages_pb2
        self.empty = empty_pb2.Empty
        test = "/grpc.testing.TestService/"

        def method(kind, path, answer):
            return kind(path, lambda message: message.SerializeToString(), answer.FromString)

        self.empty_call = method(channel.unary_unary, test + "EmptyCall", self.empty)
        self.unary = method(channel.unary_unary, test + "UnaryCall", pb.SimpleResponse)
        self.output = method(
            channel.unary_stream, test + "StreamingOutputCall", pb.StreamingOutputCallResponse
        )
        self.input = method(
            channel.stream_unary, test + "StreamingInputCall", pb.StreamingInputCallResponse
        )
        self.duplex = method(
            channel.stream_stream, test + "FullDuplexCall", pb.StreamingOutputCallResponse
        )
        self.no_method = method(channel.unary_unary, test + "UnimplementedCall", self.empty)
        self.no_service = method(
            channel.unary_unary, "/grpc.testing.UnimplementedService/UnimplementedCall", self.empty
        )

    def payload(self, size):
        return self.pb.Payload(body=bytes(size))

    def large_request(self):
        return self.pb.SimpleRequest(response_size=314159, payload=self.payload(271828))

    def output_request(self, *sizes, body=None):
        return self.pb.StreamingOutputCallRequest(
            response_parameters=[self.pb.ResponseParameters(size=size) for size in sizes],
            payload=None if body is None else self.payload(body),
        )

    def status_of(self, request, message):
        return request(response_status=self.pb.EchoStatus(code=2, message=message))

    def empty_unary(self):
        check("answer", self.empty(), self.empty_call(self.empty(), timeout=PATIENCE))

    def large_unary(self):
        answer = self.unary(self.large_request(), timeout=PATIENCE)
        check("payload", bytes(314159), answer.payload.body)

    def client_streaming(self):
        sizes = [27182, 8, 1828, 45904]
        requests = [self.pb.StreamingInputCallRequest(payload=self.payload(n)) for n in sizes]
        answer = self.input(iter(requests), timeout=PATIENCE)
        check("aggregated_payload_size", 74922, answer.aggregated_payload_size)

    def server_streaming(self):
        sizes = [31415, 9, 2653, 58979]
        answers = list(self.output(self.output_request(*sizes), timeout=PATIENCE))
        check("payload sizes", sizes, [len(answer.payload.body) for answer in answers])

    def ping_pong(self):
        requests = Requests()
        answers = self.duplex(iter(requests), timeout=PATIENCE)
        for size, body in [(31415, 27182), (9, 8), (2653, 1828), (58979, 45904)]:
            requests.send(self.output_request(size, body=body))
            check("payload size", size, len(next(answers).payload.body))
        requests.end()
        check("answers after the last", [], list(answers))

    def empty_stream(self):
        check("answers", [], list(self.duplex(iter([]), timeout=PATIENCE)))

    def custom_metadata(self):
        metadata = (INITIAL, TRAILING)
        _, unary = self.unary.with_call(self.large_request(), timeout=PATIENCE, metadata=metadata)
        requests = [self.output_request(314159, body=271828)]
        duplex = self.duplex(iter(requests), timeout=PATIENCE, metadata=metadata)
        check("payload sizes", [314159], [len(answer.payload.body) for answer in duplex])
        for name, call in (("UnaryCall", unary), ("FullDuplexCall", duplex)):
            initial = dict(call.initial_metadata()).get(INITIAL[0])
            trailing = dict(call.trailing_metadata()).get(TRAILING[0])
            check(name + ": initial metadata", INITIAL[1], initial)
            check(name + ": trailing metadata", TRAILING[1], trailing)

    def status_code_and_message(self):
        text = "test status message"
        unary = self.status_of(self.pb.SimpleRequest, text)
        duplex = self.status_of(self.pb.StreamingOutputCallRequest, text)
        unknown = grpc.StatusCode.UNKNOWN
        check_status("UnaryCall", lambda: self.unary(unary, timeout=PATIENCE), unknown, text)
        check_status(
            "FullDuplexCall",
            lambda: list(self.duplex(iter([duplex]), timeout=PATIENCE)),
            unknown,
            text,
        )

    def special_status_message(self):
        request = self.status_of(self.pb.SimpleRequest, SPECIAL)
        call = lambda: self.unary(request, timeout=PATIENCE)
        check_status("UnaryCall", call, grpc.StatusCode.UNKNOWN, SPECIAL)

    def unimplemented_method(self):
        call = lambda: self.no_method(self.empty(), timeout=PATIENCE)
        check_status("UnimplementedCall", call, grpc.StatusCode.UNIMPLEMENTED)

    def unimplemented_service(self):
        call = lambda: self.no_service(self.empty(), timeout=PATIENCE)
        check_status("UnimplementedService", call, grpc.StatusCode.UNIMPLEMENTED)

    def cancel_after_begin(self):
        requests = Requests()
        call = self.input.future(iter(requests), timeout=PATIENCE)
        call.cancel()
        requests.end()
        check("status", grpc.StatusCode.CANCELLED, call.code())

    def cancel_after_first_response(self):
        requests = Requests(self.output_request(31415, body=27182))
        call = self.duplex(iter(requests), timeout=PATIENCE)
        check("payload size", 31415, len(next(call).payload.body))
        call.cancel()
        check_status("after the cancellation", lambda: next(call), grpc.StatusCode.CANCELLED)
        requests.end()

    def timeout_on_sleeping_server(self):
        requests = Requests(self.output_request(body=27182))
        call = self.duplex(iter(requests), timeout=0.001)
        check_status("FullDuplexCall", lambda: next(call), grpc.StatusCode.DEADLINE_EXCEEDED)
        requests.end()


NAMES = """empty_unary large_unary client_streaming server_streaming ping_pong empty_stream
custom_metadata status_code_and_message special_status_message unimplemented_method
unimplemented_service cancel_after_begin cancel_after_first_response
timeout_on_sleeping_server""".split()


def connect(args):
    address = "%s:%d" % (args.server_host, args.server_port)
    compression = grpc.Compression.Gzip if args.compress == "true" else None
    if args.use_tls == "false":
        return grpc.insecure_channel(address, compression=compression)
    with open(args.ca_file, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    name = args.server_host_override or args.server_host
    options = [("grpc.ssl_target_name_override", name)]
    return grpc.secure_channel(address, credentials, options, compression)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server_host", default="127.0.0.1")
    parser.add_argument("--server_port", type=int, default=8080)
    parser.add_argument("--server_host_override")
    parser.add_argument("--use_tls", choices=["true", "false"], default="false")
    parser.add_argument("--ca_file")
    parser.add_argument("--compress", choices=["true", "false"], default="false")
    parser.add_argument("--test_case", default="large_unary", choices=NAMES + ["all"])
    parser.add_argument("--proto_path", default="/usr/share/grpc-proto")
    args = parser.parse_args()
    failed = 0
    with connect(args) as channel:
        cases = Cases(channel, *messages.load(args.proto_path))
        for name in NAMES if args.test_case == "all" else [args.test_case]:
            try:
                getattr(cases, name)()
                print("ok     ", name, flush=True)
            except (AssertionError, grpc.RpcError, StopIteration) as error:
                failed += 1
                print("FAILED ", name + ":", error, flush=True)
    sys.exit(1 if failed else 0)


main()

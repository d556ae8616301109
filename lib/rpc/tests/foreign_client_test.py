"""Another implementation of gRPC (python3-grpcio) against our server.

Usage: foreign_client_test.py ECHO_PROGRAM; foreign_client_test.sh installs what it needs first.
The messages are short enough to be written by hand.
"""
import os
import subprocess
import sys
import tempfile
import threading

import grpc

SERVICE = "/parley.test.echo.v1.EchoService/"
PATIENCE = 60


def text(value):
    """EchoRequest { text }"""
    raw = value.encode()
    return b"\x0a" + bytes([len(raw)]) + raw


def call(channel, path, request, **options):
    return channel.unary_unary(path)(request, timeout=PATIENCE, **options)


def status_of(function):
    try:
        function()
    except grpc.RpcError as error:
        return error
    raise AssertionError("expected an error")


def answers_a_unary_call(channel):
    assert call(channel, SERVICE + "Plain", text("hello")).startswith(text("hello"))


def refuses_a_compressed_request(channel):
    """64 MiB of nothing in 64 KiB: unpacked by nobody."""
    error = status_of(
        lambda: call(channel, SERVICE + "Plain", bytes(64 << 20), compression=grpc.Compression.Gzip)
    )
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def oversized_request_costs_little_memory(channel):
    """Core looks at the size of a message when all of it is there."""
    error = status_of(lambda: call(channel, SERVICE + "Plain", bytes(300 << 20)))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
    with open("/proc/%d/status" % server_pid) as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert peak < 256 << 10, peak


def takes_a_compressed_request(channel):
    answer = call(channel, SERVICE + "Plain", text("a" * 100), compression=grpc.Compression.Gzip)
    assert answer.startswith(text("a" * 100)), answer


def unpacks_no_bomb(channel):
    """64 MiB of nothing in 64 KiB."""
    for method in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        error = status_of(
            lambda: call(channel, SERVICE + "Plain", bytes(64 << 20), compression=method)
        )
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error
        assert "more than 4194304 bytes when it is unpacked" in error.details(), error.details()


def malformed_request_is_an_invalid_argument(channel):
    error = status_of(lambda: call(channel, SERVICE + "Plain", b"\xff\xff"))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error


def oversized_request_is_resource_exhausted(channel):
    error = status_of(lambda: call(channel, SERVICE + "Plain", bytes(5 << 20)))
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error


def unknown_method_is_unimplemented(channel):
    error = status_of(lambda: call(channel, SERVICE + "None", b""))
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error


def error_has_its_details(channel):
    error = status_of(lambda: call(channel, SERVICE + "Fail", text("pears") + b"\x10\x09"))
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
    assert error.details() == "pears: no more", error.details()
    for part in (b"google.rpc.ErrorInfo", b"OUT_OF_STOCK", b"google.rpc.BadRequest", b"items[2].quantity"):
        assert part in details, details


def deadline_ends_a_call(channel):
    error = status_of(lambda: channel.unary_unary(SERVICE + "Block")(b"", timeout=0.1))
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error


def health_watch_is_a_stream(channel):
    watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=PATIENCE)
    assert next(watch) == b"\x08\x01"
    watch.cancel()


def reflection_lists_the_service(channel):
    questions = [b"\x3a\x00", b"\x22\x1fparley.test.echo.v1.EchoService"]
    ask = channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
    answers = list(ask(iter(questions), timeout=PATIENCE))
    assert b"parley.test.echo.v1.EchoService" in answers[0]
    assert b"EchoRequest" in answers[1]


def many_threads_are_answered(channel):
    failures = []

    def work():
        for i in range(50):
            if not call(channel, SERVICE + "Plain", text(str(i))).startswith(text(str(i))):
                failures.append(i)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


TESTS = [
    answers_a_unary_call,
    refuses_a_compressed_request,
    malformed_request_is_an_invalid_argument,
    oversized_request_is_resource_exhausted,
    oversized_request_costs_little_memory,
    unknown_method_is_unimplemented,
    error_has_its_details,
    deadline_ends_a_call,
    health_watch_is_a_stream,
    reflection_lists_the_service,
    many_threads_are_answered,
]

# By TLS, with a certificate of the client, and with compression.
TLS_TESTS = [
    answers_a_unary_call,
    takes_a_compressed_request,
    unpacks_no_bomb,
    health_watch_is_a_stream,
    many_threads_are_answered,
]

server_pid = 0


def run(channel, tests):
    failed = 0
    for test in tests:
        try:
            test(channel)
            print("ok    ", test.__name__)
        except Exception as error:  # the next test runs all the same
            failed += 1
            print("FAILED", test.__name__, repr(error))
    return failed


def serve(arguments, tests, connect):
    """Runs TESTS against a server of its own; returns how many failed."""
    global server_pid
    server = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    port = int(server.stdout.readline())
    server_pid = server.pid
    with connect("127.0.0.1:%d" % port) as channel:
        failed = run(channel, tests)
    server.stdin.close()
    if server.wait(timeout=PATIENCE) != 0:
        failed += 1
        print("FAILED the server ended with", server.returncode)
    return failed


def connect_tls(folder, address):
    def content(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()

    credentials = grpc.ssl_channel_credentials(
        content("ca.crt"), content("client.key"), content("client.crt")
    )
    return grpc.secure_channel(address, credentials)


def main():
    failed = serve([sys.argv[1]], TESTS, grpc.insecure_channel)
    with tempfile.TemporaryDirectory() as folder:
        failed += serve(
            [sys.argv[1], folder], TLS_TESTS, lambda address: connect_tls(folder, address)
        )
    sys.exit(1 if failed else 0)


main()

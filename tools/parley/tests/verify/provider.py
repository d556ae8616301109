"""A provider of books that is none of ours: statuses without details, and an end in mid-call.

It needs no generated code: messages are their bytes.
"""

import os
from concurrent import futures

import grpc

BOOK = b"\x08\x07\x12\x04Emma"  # id: 7, title: "Emma"


def get_book(request, context):
    """The request is field 1, the number of the book."""
    number = request[1:]
    if number == b"\x07":
        return BOOK
    if number == b"\x08":
        context.abort(grpc.StatusCode.UNAVAILABLE, 'try "later", sch\u00f6n')
    if number == b"\x09":
        context.abort(grpc.StatusCode.CANCELLED, "no more")
    os._exit(1)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    handler = grpc.unary_unary_rpc_method_handler(get_book)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("books.v1.BookService", {"GetBook": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"ready grpc=127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()

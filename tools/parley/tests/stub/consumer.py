"""A consumer in Python that develops against a stub: consumer.py GRPC HTTP, with generated code on the path."""
import json
import sys
import urllib.request

import grpc

from books.v1 import books_pb2

GRPC, HTTP = sys.argv[1:]
TIMEOUT = 60


def method(channel, name, request, response):
    return channel.unary_unary(
        f"/books.v1.BookService/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )


def check(name, actual, expected):
    if actual != expected:
        sys.exit(f"FAILED: {name}: expected {expected!r}, got {actual!r}")


def refused(call, request):
    try:
        call(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        return error
    sys.exit("FAILED: the call was answered")


def admin(path, data=None):
    with urllib.request.urlopen(f"http://{HTTP}/__parley/{path}", data, TIMEOUT) as answer:
        return json.load(answer)


def main():
    channel = grpc.insecure_channel(GRPC)
    get_book = method(channel, "GetBook", books_pb2.GetBookRequest, books_pb2.Book)
    buy_book = method(channel, "BuyBook", books_pb2.BuyBookRequest, books_pb2.Book)

    book, call = get_book.with_call(books_pb2.GetBookRequest(id=7), timeout=TIMEOUT)
    check("the example", (book.id, book.title), (7, "Emma"))
    trailers = dict(call.trailing_metadata())
    check("the contract", trailers["x-contract"], "a book, contracts/books.v1/reader.yaml:6")
    check("verified", trailers["x-contract-verified"], "no")

    error = refused(get_book, books_pb2.GetBookRequest(id=999))
    check("a status", (error.code(), error.details()),
          (grpc.StatusCode.NOT_FOUND, "book 999 is not kept"))

    check("nothing bought yet", [c["name"] for c in admin("unused")["unused"]],
          ["some copies are bought"])

    error = refused(buy_book, books_pb2.BuyBookRequest(id=7, copies=11, card_number="4111"))
    check("a refusal", (error.code(), error.details()),
          (grpc.StatusCode.UNIMPLEMENTED,
           "no contract covers this call; the closest is 'some copies are bought, "
           "contracts/books.v1/reader.yaml:16': copies: expected 1..10, got 11"))
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    check("its details name the field", b"copies" in details and b"NO_CONTRACT" in details, True)

    check("bought", buy_book(books_pb2.BuyBookRequest(id=7, copies=3, card_number="4111"),
                             timeout=TIMEOUT).left, 3)
    check("everything reached", admin("unused"), {"unused": []})

    calls = admin("journal")["calls"]
    check("the journal", [(c["code"], c.get("contract")) for c in calls],
          [("OK", "a book"), ("NOT_FOUND", "a book nobody has"), ("UNIMPLEMENTED", None),
           ("OK", "some copies are bought")])
    check("the card number", calls[3]["request"],
          {"id": "7", "copies": 3, "cardNumber": "(redacted)"})
    check("reset", admin("reset", b""), {})
    check("an empty journal", admin("journal")["calls"], [])


main()

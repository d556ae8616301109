"""The messages of grpc.testing, made by protoc when a peer starts: nothing is encoded by hand.

--proto_path says where grpc-proto has its files. They end up in a package of their own: the name
"grpc" belongs to gRPC itself.
"""
import os
import subprocess
import sys
import tempfile

FILES = ["grpc/testing/empty.proto", "grpc/testing/messages.proto"]


def load(proto_path):
    """Returns the modules of empty.proto and messages.proto."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [os.environ.get("PROTOC", "protoc"), "-I" + proto_path, "--python_out=" + folder, *FILES],
            check=True,
        )
        sys.path.insert(0, os.path.join(folder, "grpc", "testing"))
        sys.dont_write_bytecode = True
        import empty_pb2
        import messages_pb2

        sys.path.pop(0)
    return empty_pb2, messages_pb2

#!/usr/bin/env bash
# foreign_client_test.sh BUILD ECHO: foreign_client_test.py against the program ECHO, with
# python3-grpcio installed where it is missing. Exit code 77: it could not be.
set -euo pipefail
build=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/interop/peers/install.sh
. "$here/../../../tests/interop/peers/install.sh"
need python || exit 77
exec /usr/bin/python3 "$here/foreign_client_test.py" "$2"

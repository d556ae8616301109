#!/usr/bin/env bash
# contract_calls.sh ROOT: a provider without contracts is told of by the call that stands in the
# CMakeLists.txt, whichever it is.
set -euo pipefail
root=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

says() { # EXPECTED CALL: configuring CALL fails with EXPECTED
    printf 'cmake_minimum_required(VERSION 3.25)\nproject(it NONE)\ninclude(%s)\nadd_executable(one a.c)\n%s\n' \
        "$root/cmake/ParleyContract.cmake" "$2" >"$folder/CMakeLists.txt"
    if cmake -S "$folder" -B "$folder/build" >"$folder/said" 2>&1; then
        echo "$2: configured"
        exit 1
    fi
    grep -qF "$1: no contracts/none.v1/*.yaml" "$folder/said" || {
        echo "$2: expected $1, got: $(cat "$folder/said")"
        exit 1
    }
}

says 'pl_contract_bundle(none.v1)' 'pl_contract_bundle(none.v1)'
says 'pl_contract_stubs(one)' 'pl_contract_stubs(one none.v1)'
says 'pl_contract_test(none.v1)' 'pl_contract_test(none.v1 SERVICE it)'

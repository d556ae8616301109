#!/usr/bin/env bash
# deps.sh BUILD: a library of protos that does not name what they import is refused when CMake runs,
# wherever the other library is said, with the words that mend it.
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p proto/zoo/v1 proto/keeper/v1
cat >proto/zoo/v1/zoo.proto <<'PROTO'
syntax = "proto3";
package zoo.v1;
import "parley/options.proto";
import "keeper/v1/keeper.proto";
message Zoo {
  keeper.v1.Keeper keeper = 1;
}
PROTO
printf 'syntax = "proto3";\npackage keeper.v1;\nmessage Keeper {}\n' >proto/keeper/v1/keeper.proto

configure() { # DEPS of zoo
    cat >CMakeLists.txt <<CMAKE
cmake_minimum_required(VERSION 3.25)
project(zoo C)
find_package(Parley REQUIRED)
pl_proto_library(zoo_v1 TYPES zoo/v1/zoo.proto DEPS $*)
pl_proto_library(keeper_v1 TYPES keeper/v1/keeper.proto)
CMAKE
    cmake -S . -B build -G Ninja -DParley_DIR="$build/cmake" >out 2>&1
}

refused() { # WORDS DEPS...
    local words=$1
    shift
    if configure "$@" || ! tr -s ' \n' ' ' <out | grep -qF -- "$words"; then
        echo "DEPS $*: expected '$words', got:"
        cat out
        exit 1
    fi
}

refused 'zoo/v1/zoo.proto imports parley/options.proto: add DEPS parley_options to pl_proto_library(zoo_v1)' keeper_v1
refused 'zoo/v1/zoo.proto imports keeper/v1/keeper.proto: add DEPS keeper_v1 to pl_proto_library(zoo_v1)' parley_options
configure parley_options keeper_v1 || {
    cat out
    exit 1
}

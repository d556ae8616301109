# shellcheck shell=bash
# $build is set by who reads this: the build folder.
# shellcheck disable=SC2154
# What the peers need, installed when they are first used: Debian's python3-grpcio and
# python3-protobuf, and @grpc/grpc-js from npm below the build folder. `need NAME` fails, with the
# reason on standard error, where that is not possible.

peers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# A registry that stutters does not fail a test; npm itself waits between its own attempts.
thrice() {
    "$@" || "$@" || "$@"
}

# debian PACKAGE...: as root only.
debian() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "as root: apt-get install $*" >&2
        return 1
    fi
    local apt="apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3"
    export DEBIAN_FRONTEND=noninteractive
    # A system whose lists of packages are old, or none, gets new ones.
    { $apt install "$@" || { $apt update && $apt install "$@"; }; } \
        </dev/null >"$build/interop/apt.log" 2>&1 || {
        tail -n 5 "$build/interop/apt.log" >&2
        return 1
    }
}

need_python() {
    /usr/bin/python3 -c 'import grpc, google.protobuf' 2>/dev/null ||
        debian python3-grpcio python3-protobuf
}

# npm ends with 0 after some failures of the network.
node_modules() { # FOLDER
    (cd "$1" && npm ci --no-progress --ignore-scripts --fetch-retries 5 >npm.log 2>&1) &&
        [ -d "$1/node_modules/@grpc/grpc-js" ]
}

need_node() {
    local folder=$build/interop/node
    command -v node >/dev/null && command -v npm >/dev/null ||
        debian nodejs npm || return 1
    cmp -s "$peers/node/package-lock.json" "$folder/installed.json" && return
    mkdir -p "$folder"
    cp "$peers"/node/{package.json,package-lock.json,.npmrc} "$folder/"
    thrice node_modules "$folder" || {
        tail -n 5 "$folder/npm.log" >&2
        return 1
    }
    cp "$peers/node/package-lock.json" "$folder/installed.json"
}

# For bench/rpc/instructions.
need_valgrind() {
    command -v valgrind >/dev/null || debian valgrind
}

need_parley() { :; }

# need parley|python|node|valgrind: one at a time, because tests run side by side.
need() {
    mkdir -p "$build/interop"
    (flock 9 && "need_$1") 9>"$build/interop/install.lock"
}

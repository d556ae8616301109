# shellcheck shell=bash
# The servers that are compared: made where they are not part of the build, started, placed.
# Variables of bench/rpc/run: here root build.
# shellcheck disable=SC2154,SC2034

work=$build/bench/rpc-work
service=/bench.v1.OrderService
server_cpu=0 load_cpu=1 both_cpus=0,1
foreign='' node=''
declare -A pid=() address=() method=()
servers=()

say() { echo "bench rpc: $*" >&2; }

cleanup() {
    local status=$? name
    trap - EXIT
    for name in "${!pid[@]}"; do kill "${pid[$name]}" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
    exit $status
}

prepare_work() {
    [ "$(nproc)" -ge 2 ] || { say "needs two cores: one for the server, one for the load" && exit 1; }
    rm -rf "$work"
    mkdir -p "$work"
    trap cleanup EXIT
    trap 'exit 130' INT TERM
    samples=$work/samples
    : >"$samples"
}

# gRPC C++ and its generator are not part of the set-up: only this bench wants them.
install_cpp() {
    command -v grpc_cpp_plugin >/dev/null && [ -f /usr/include/grpcpp/grpcpp.h ] && return 0
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "installing libgrpc++-dev protobuf-compiler-grpc"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
        --no-install-recommends libgrpc++-dev protobuf-compiler-grpc; } >"$work/apt.log" 2>&1 </dev/null
}

prepare_foreign() {
    local folder=$build/bench/rpc-foreign modules=$build/bench/rpc-node
    if install_cpp; then
        { cmake -S "$here/foreign" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo &&
            ninja -C "$folder"; } >"$work/foreign.log" 2>&1 || { cat "$work/foreign.log" >&2 && exit 1; }
        foreign=$folder
    else
        say "gRPC C++ is left out: libgrpc++-dev and protobuf-compiler-grpc are missing"
    fi
    command -v npm >/dev/null || { say "Node is left out: there is no npm" && return 0; }
    if [ ! -d "$modules/node_modules" ]; then
        mkdir -p "$modules"
        cp "$here/foreign/package.json" "$here/foreign/package-lock.json" "$modules"
        (cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund) >"$work/npm.log" 2>&1 || {
            rm -rf "$modules"
            say "Node is left out: npm could not install @grpc/grpc-js"
            return 0
        }
    fi
    node=$modules/node_modules
}

# Every server says "ready grpc=ADDRESS": ours on READY_FD, the others on stdout. Its log goes
# to a file, line by line, as it would in production.
start() { # NAME METHOD PROGRAM...
    local name=$1 waited
    method[$name]=$2
    shift 2
    : | tee "$work/$name.ready" "$work/$name.out" # the process may open them later
    READY_FD=3 "$@" 3>"$work/$name.ready" >"$work/$name.out" 2>>"$work/$name.log" &
    pid[$name]=$!
    for ((waited = 0; waited < 100; waited++)); do
        address[$name]=$(sed -n 's/^ready grpc=\([^ ]*\).*/\1/p' "$work/$name.ready" "$work/$name.out" | head -n 1)
        [ -z "${address[$name]}" ] || return 0
        sleep 0.1
    done
    cat "$work/$name.log" >&2
    say "$name does not start"
    exit 1
}

start_servers() {
    servers=(bare inline workers)
    start bare Echo "$build/bench/bench-rpc-bare"
    start inline EchoInline "$build/bench/bench-rpc-server"
    start workers Echo "$build/bench/bench-rpc-server"
    if [ -n "$foreign" ]; then
        servers+=(cpp_async cpp_callback cpp_sync)
        start cpp_async Echo "$foreign/async_server"
        start cpp_callback Echo "$foreign/callback_server"
        start cpp_sync Echo "$foreign/sync_server"
    fi
    if [ -n "$node" ]; then
        servers+=(node)
        NODE_PATH=$node start node Echo node "$here/foreign/node_server.js" "$here/proto" "$root/proto"
    fi
}

# All threads of a server, those to come included.
place() { # NAME CPUS
    taskset -a -c -p "$2" "${pid[$1]}" >/dev/null
}

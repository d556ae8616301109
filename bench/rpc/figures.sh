# shellcheck shell=bash
# Figures: the medians of all rounds, as a table and as JSON.
# shellcheck disable=SC2154

load_before=$(cut -d' ' -f1 /proc/loadavg)

summarize() {
    figures=$work/figures
    sort -k1,1 -k2,2g "$samples" | awk '
        function flush() { if (n) printf "%s %s\n", name, n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }
        $1 != name { flush(); name = $1; n = 0 }
        { v[++n] = $2 }
        END { flush() }' >"$figures"
}

value() { awk -v n="$1" '$1 == n {print $2}' "$figures"; }
ratio() { awk -v a="$(value "$1")" -v b="$(value "$2")" 'BEGIN {if (a != "" && b > 0) printf "%.2f", a / b; else printf "-"}'; }

machine() {
    printf '%s, %s cores, Linux %s' "$(awk -F': *' '/^model name/ {print $2; exit}' /proc/cpuinfo)" \
        "$(nproc)" "$(uname -r)"
}

reach() { # TEXT NUMERATOR DENOMINATOR GOAL
    local is
    is=$(ratio "$2" "$3")
    [ "$is" = - ] && return 0
    printf '  %-58s %5s  (goal %s%s)\n' "$1" "$is" "$4" \
        "$(awk -v a="$is" -v b="$4" 'BEGIN {if (a > b) print ", missed"}')"
}

report() {
    local server
    echo
    echo "unary, order of $(value bare_one_order_bytes) bytes, medians of $rounds rounds of $calls calls; $(machine)"
    echo "one core: the server on core $server_cpu, the load on core $load_cpu; two cores: both anywhere on $both_cpus"
    echo "load average before $load_before, after $(cut -d' ' -f1 /proc/loadavg): the load itself makes about 2"
    echo
    printf '  %-14s %21s  %21s  %25s  %12s\n' '' '50 in flight, one core' '50 in flight, 2 cores' 'one at a time, one core' 'memory, MB'
    printf '  %-14s %7s %13s  %7s %13s  %7s %17s  %12s\n' server 'CPU us' 'p50/p99 us' 'CPU us' 'p50/p99 us' 'CPU us' 'p50/p99 us' 'PSS/dirty'
    for server in "${servers[@]}"; do
        printf '  %-14s %7.1f %6.0f/%6.0f  %7.1f %6.0f/%6.0f  %7.1f %8.0f/%8.0f  %5.1f/%5.1f\n' "$server" \
            "$(value "${server}_one_server_us")" "$(value "${server}_one_latency_p50_us")" "$(value "${server}_one_latency_p99_us")" \
            "$(value "${server}_two_server_us")" "$(value "${server}_two_latency_p50_us")" "$(value "${server}_two_latency_p99_us")" \
            "$(value "${server}_alone_server_us")" "$(value "${server}_alone_latency_p50_us")" "$(value "${server}_alone_latency_p99_us")" \
            "$(value "${server}_pss_mb")" "$(value "${server}_dirty_mb")"
    done
    echo
    echo "  calls a second of a core: $(for server in "${servers[@]}"; do printf '%s %.0f  ' "$server" "$(value "${server}_one_per_cpu_second")"; done)"
    echo
    reach "inline / bare C core, one core" inline_one_server_us bare_one_server_us 1.25
    reach "workers / bare C core, one core" workers_one_server_us bare_one_server_us 1.35
    reach "workers / bare C core, two cores" workers_two_server_us bare_two_server_us 1.60
    reach "inline / gRPC C++ asynchronous" inline_one_server_us cpp_async_one_server_us 1.00
    reach "inline / gRPC C++ callback" inline_one_server_us cpp_callback_one_server_us 0.70
    reach "workers / gRPC C++ synchronous" workers_one_server_us cpp_sync_one_server_us 0.60
    reach "inline / Node" inline_one_server_us node_one_server_us 0.25
    reach "blocking client / bare C core's pluck" client_blocking client_pluck 1.10
    reach "asynchronous client with codec / gRPC C++" client_async client_cpp 0.85
    echo
    printf '  clients, CPU us a call: blocking %.1f, bare pluck %.1f; asynchronous %.1f, gRPC C++ asynchronous %.1f\n' \
        "$(value client_blocking)" "$(value client_pluck)" "$(value client_async)" "$(value client_cpp)"
    printf '  server streaming, CPU us a message with codec, one core: %.2f (goal 1.50)\n' "$(value stream_us)"
    printf '  exec to the first answer: p50 %.1f ms (goal 20); idle: %.1f MB private dirty (goal 4), %.1f wake-ups a second (goal 5)\n\n' \
        "$(awk -v us="$(value first_answer_p50_us)" 'BEGIN {print us / 1000}')" "$(value idle_dirty_mb)" "$(value idle_wakeups)"
}

write_json() { # FILE
    {
        printf '{"bench":"rpc","date":"%s","commit":"%s","machine":"%s","load_average":%s,\n' \
            "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
            "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)" "$(machine)" "$load_before"
        printf '"rounds":%s,"calls":%s,"figures":{\n' "$rounds" "$calls"
        awk '{printf "%s\"%s\":%s", (NR > 1 ? ",\n" : ""), $1, $2 + 0} END {print ""}' "$figures"
        printf '}}\n'
    } >"$1"
}

# shellcheck shell=bash
# Figures: lines of "name value" in $figures, which become a table and a JSON file.
# shellcheck disable=SC2154

now_ms() { echo $(($(date +%s%N) / 1000000)); }
figure() { echo "$1 $2" >>"$figures"; }
prefix() { sed "s/^/$1_/"; }
value() { awk -v n="$1" '$1 == n {v = $2} END {print v}' "$figures"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.3f\n", b ? a / b : 0}'; }
share() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.1f\n", a * b}'; }
group='function group(n) { return n == "up" ? "supervisor" : n ~ /^redis/ ? "redis" : n == "gateway" || n == "postgres" ? n : substr(n, 6) }'

# CPU of each part of the system and of all, from the lists before and after a load.
cpu_of() { # NAME ORDERS
    awk -v name="$1" -v orders="$2" "$group"'
        FNR == NR { total[group($2)] -= $3; next }
        { total[group($2)] += $3 }
        END {
            for (g in total) { all += total[g]; printf "%s_cpu_ms_%s %.3f\n", name, g, total[g] / orders }
            printf "%s_cpu_ms_per_order %.3f\n", name, all / orders
        }' "$work/before" "$work/after" >>"$figures"
}

# Busy time of the whole machine, in ms.
busy_ms() { awk -v hz="$(getconf CLK_TCK)" '/^cpu / {print int(($2 + $3 + $4 + $7 + $8 + $9) * 1000 / hz)}' /proc/stat; }

# What neither the system nor the generator used of the machine's CPU: the noise of a figure.
others_of() { # NAME BUSY_MS ELAPSED_MS
    awk -v name="$1" -v busy="$2" -v elapsed="$3" -v generator="$(value "$1_generator_cpu_ms")" \
        -v cores="$(nproc)" '
        FNR == NR { own -= $3; next }
        { own += $3 }
        END { printf "%s_others_percent %.1f\n", name, 100 * (busy - own - generator) / elapsed / cores }
    ' "$work/before" "$work/after" >>"$figures"
}

# PSS and private dirty memory of each process, and the median of the services.
memory_of() { # NAME
    awk "$group"' { print group($2), $4, $5 }' "$work/after" |
        awk -v name="$1" '
        { pss[$1] += $2; dirty[$1] += $3 }
        function median(list, n,   i, k, t) {
            for (i = 1; i < n; i++) for (k = i + 1; k <= n; k++)
                if (list[k] < list[i]) { t = list[i]; list[i] = list[k]; list[k] = t }
            return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
        }
        END {
            for (g in pss) {
                printf "%s_pss_mb_%s %.2f\n%s_dirty_mb_%s %.2f\n", name, g, pss[g] / 1024, name, g, dirty[g] / 1024
                if (g !~ /^(supervisor|postgres|redis)$/) { a[++n] = pss[g]; b[n] = dirty[g] }
            }
            printf "%s_pss_mb %.2f\n%s_dirty_mb %.2f\n", name, median(a, n) / 1024, name, median(b, n) / 1024
        }' >>"$figures"
}

# Times a second that threads went to sleep, with nothing to do.
wakeups_of() { # NAME SECONDS
    awk -v name="$1" -v seconds="$2" "$group"'
        FNR == NR { n[group($2)] -= $6; cpu -= $3; next }
        { n[group($2)] += $6; cpu += $3 }
        END {
            for (g in n) { all += n[g]; printf "%s_wakeups_%s %.1f\n", name, g, n[g] / seconds }
            printf "%s_wakeups %.1f\n%s_cpu_percent %.2f\n", name, all / seconds, name, cpu / seconds / 10
        }' "$work/before" "$work/after" >>"$figures"
}

# Waits of each service for PostgreSQL, an order: from /metrics, since the load before.
declare -A trips_before=()
round_trips() { # NAME ORDERS
    local service admin now
    for service in "${services[@]}"; do
        admin=$(status_of "$service" 6)
        now=$(curl -sS "http://$admin/metrics" | awk '/^parley_pg_round_trips_total/ {n += $2} END {print n + 0}')
        figure "$1_round_trips_$service" "$(ratio $((now - ${trips_before[$service]:-0})) "$2")"
        trips_before[$service]=$now
    done
}

machine() {
    printf '%s, %s cores, Linux %s, %s' \
        "$(awk -F': *' '/^model name/ {print $2; exit}' /proc/cpuinfo)" "$(nproc)" "$(uname -r)" \
        "$(df --output=fstype "$work" | tail -n 1)"
}

write_json() { # FILE
    {
        printf '{"bench":"order","date":"%s","commit":"%s","machine":"%s","load_average":%s,\n' \
            "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
            "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)" "$(machine)" \
            "$load_average"
        printf '"seconds":%s,"connections":%s,"figures":{\n' "$seconds" "$connections"
        sort -u "$figures" | awk '{printf "%s\"%s\":%s", (NR > 1 ? ",\n" : ""), $1, $2 + 0} END {print ""}'
        printf '}}\n'
    } >"$1"
}

row() { printf '  %-46s %s\n' "$1" "$2"; }
milliseconds() { awk -v us="$(value "$1")" 'BEGIN {printf (us >= 10000 ? "%.0f ms" : "%.2f ms"), us / 1000}'; }
rounded() { awk -v n="$(value "$1")" 'BEGIN {printf "%.0f", n}'; }
parts() { # PREFIX NAMES... - "name value, ..."
    local prefix=$1 name text=''
    shift
    for name in "$@"; do text+="${text:+, }$name $(value "${prefix}_$name")"; done
    echo "$text"
}

report() {
    local sync commits all=(gateway orders payment products delivery)
    sync=$(ratio "$(awk '/^(before|again)_fdatasync_p50_us/ {s += $2} END {print s}' "$figures")" 2)
    commits=$(ratio "$(awk '/^(before|again)_commits_per_second/ {s += $2} END {print s}' "$figures")" 2)
    figure fdatasync_p50_us "$sync"
    figure commits_per_second "$commits"
    figure p99_in_fdatasyncs "$(ratio "$(value steady_latency_p99_us)" "$sync")"
    figure peak_rate_in_commits "$(ratio "$(value peak_rate)" "$commits")"
    echo
    echo "POST /orders, $connections connections, $seconds s each; $(machine)"
    echo "other programs used of the machine's CPU: $(value peak_others_percent) % in the closed loop, $(value steady_others_percent) % at 70 %"
    echo
    row "fdatasync of 8 KiB, p50 / p99" "$(milliseconds before_fdatasync_p50_us) / $(milliseconds before_fdatasync_p99_us) before, $(milliseconds again_fdatasync_p50_us) / $(milliseconds again_fdatasync_p99_us) after"
    row "PostgreSQL alone: one-row commits, 1 client" "p50 $(milliseconds before_alone_p50_us), p99 $(milliseconds before_alone_p99_us) before; p50 $(milliseconds again_alone_p50_us), p99 $(milliseconds again_alone_p99_us) after"
    row "  $connections clients" "$(rounded before_commits_per_second)/s before, $(rounded again_commits_per_second)/s after"
    echo
    row "one order at a time, p50 / p99" "$(milliseconds alone_latency_p50_us) / $(milliseconds alone_latency_p99_us)"
    row "orders a second, closed loop" "$(value peak_rate) = $(value peak_rate_in_commits) commits"
    row "  p50 / p99" "$(milliseconds peak_latency_p50_us) / $(milliseconds peak_latency_p99_us)"
    row "  last delivery after the last order" "$(value peak_drain_ms) ms"
    row "at 70 %: orders a second" "$(value steady_rate)"
    row "  p50 / p99 / greatest" "$(milliseconds steady_latency_p50_us) / $(milliseconds steady_latency_p99_us) / $(milliseconds steady_latency_max_us)"
    row "  p99 in fdatasyncs" "$(value p99_in_fdatasyncs)"
    row "  CPU an order, all processes" "$(value steady_cpu_ms_per_order) ms (closed loop $(value peak_cpu_ms_per_order))"
    row "" "$(parts steady_cpu_ms "${all[@]}" postgres redis supervisor)"
    row "  fdatasyncs of PostgreSQL an order" "$(value steady_wal_syncs_per_order)"
    row "  round trips to PostgreSQL an order" "$(parts steady_round_trips "${services[@]}")"
    echo
    row "start of the system, cold / warm" "$(value start_cold_ms) / $(value start_warm_ms) ms"
    row "exec to ready, p50" "$(for s in "${all[@]}"; do printf '%s %s  ' "$s" "$(milliseconds "${s}_start_p50_us")"; done)"
    row "idle memory, median: PSS / private dirty" "$(value idle_pss_mb) / $(value idle_dirty_mb) MB; after the load $(value after_pss_mb) / $(value after_dirty_mb) MB"
    row "  PSS at idle, MB" "$(parts idle_pss_mb "${all[@]}" postgres redis supervisor)"
    row "  private dirty at idle, MB" "$(parts idle_dirty_mb "${all[@]}" postgres redis supervisor)"
    row "wake-ups a second at idle" "$(value idle_wakeups), $(value idle_cpu_percent) % of a core"
    row "" "$(parts idle_wakeups "${all[@]}" postgres redis supervisor)"
    echo
    write_json "$build/bench/order.json"
    say "figures are in $build/bench/order.json"
}
load_average=$(cut -d' ' -f1 /proc/loadavg)

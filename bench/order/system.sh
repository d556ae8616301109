# shellcheck shell=bash
# The system that is measured: started in a workspace of its own, asked through its own doors.
# Variables of bench/order/run: root build here seconds connections quick keep port_base.
# shellcheck disable=SC2154

work=$build/bench/order
state=$work/.parley/mall
parley=$build/bin/parley
services=(products orders payment delivery)
drain_seconds=120

say() { echo "bench order: $*" >&2; }

cleanup() {
    local status=$?
    trap - EXIT
    [ ! -d "$state" ] || (cd "$work" && "$parley" down --yes >/dev/null 2>&1) || true
    if $keep; then say "data and logs are in $work"; else rm -rf "$work"; fi
    exit $status
}

make_workspace() {
    local tool
    for tool in psql redis-cli curl awk; do
        command -v $tool >/dev/null || die "$tool is missing; ./dev setup installs it"
    done
    [ ! -d "$work" ] || (cd "$work" && "$parley" down --yes >/dev/null 2>&1) || true
    rm -rf "$work"
    mkdir -p "$work"
    trap cleanup EXIT
    trap 'exit 130' INT TERM
    cp "$root/parley.yaml" "$work"
    ln -s "$root/services" "$root/proto" "$work"
    figures=$work/figures
    : >"$figures"
}

# Time from the command to the answer that everything is ready.
start_system() { # cold|warm
    local begun
    begun=$(now_ms)
    (cd "$work" && "$parley" up mall --detach --port-base "$port_base" \
        --set delivery.DELIVERY_TIME_MS=0 >/dev/null) || die "the system does not start"
    figure "start_$1_ms" $(($(now_ms) - begun))
    find_system
}

stop_system() {
    (cd "$work" && "$parley" down >/dev/null) || die "the system does not stop"
}

status_of() { # SERVICE COLUMN, of parley status
    (cd "$work" && "$parley" status) | awk -v s="$1" -v c="$2" '$1 == s {print $c}'
}

find_system() {
    gateway=$(status_of gateway 4)
    supervisor=$(awk '{print $4}' "/proc/$(status_of gateway 3)/stat")
    pg_host=$(sed -n 5p "$state/postgres/postmaster.pid")
    redis_socket=$(tr '\0' '\n' <"/proc/$(status_of redis 3)/cmdline" |
        sed -n 's/^.*unixsocket:\([^ ]*\).*$/\1/p')
}

sql() { # DATABASE STATEMENT
    psql -X -q -A -t -h "$pg_host" -U postgres -d "$1" -c "$2"
}

orders_count() { sql mall_orders "SELECT count(*) FROM orders"; }
deliveries_count() { sql mall_delivery "SELECT count(*) FROM delivery"; }
wal_syncs() { sql postgres "SELECT wal_sync FROM pg_stat_wal"; }
processes() { "$build/bench/bench-processes" "$supervisor"; }

# PostgreSQL's processes tell their counters at most 10 s later.
settle() { $quick || sleep 11; }

# Cheap and plentiful: no order fails for want of money or stock.
prepare_products() {
    local id
    for id in 1 2 3 4 5; do
        curl -sS -f -o /dev/null -X PATCH "http://$gateway/products/$id" \
            -H 'content-type: application/json' -d '{"price":1,"stock":1000000000}' ||
            die "product $id cannot be changed"
    done
}

# A new server writes each segment of its log full of zeros before the first use, while every commit
# waits; one that has run for a while uses old ones again. This one shall be like the latter.
prepare_wal() {
    local i
    sql postgres "ALTER SYSTEM SET min_wal_size = '768MB'"
    sql postgres "SELECT pg_reload_conf()" >/dev/null
    sql postgres "CREATE TABLE segment (number int)"
    for ((i = 0; i < 32; i++)); do
        sql postgres "INSERT INTO segment VALUES ($i)"
        sql postgres "SELECT pg_switch_wal()" >/dev/null
    done
    sql postgres "DROP TABLE segment"
    sql postgres "CHECKPOINT"
}

load_unmeasured() { # SECONDS
    "$build/bench/bench-load" --address "$gateway" --connections "$connections" --products 5 \
        --customers "$customers" --seconds "$1" --seed 3 >/dev/null
    drain "$(orders_count)" warmup
}

# Waits until as many orders are delivered: everything an order causes has happened.
drain() { # COUNT NAME
    local begun deadline
    begun=$(now_ms)
    deadline=$((begun + drain_seconds * 1000))
    until [ "$(deliveries_count)" -ge "$1" ]; do
        [ "$(now_ms)" -lt $deadline ] ||
            die "$2: $(deliveries_count) of $1 orders are delivered after $drain_seconds s"
        sleep 0.1
    done
    figure "$2_drain_ms" $(($(now_ms) - begun))
}

# One-row inserts by 1 and by as many clients, nothing else: what the database can commit here, and
# how late its slowest commits are.
commit_rate() { # PREFIX
    local pgbench clients name
    pgbench=$(pg_config --bindir)/pgbench
    [ -x "$pgbench" ] || die "pgbench is missing; ./dev setup installs postgresql-15"
    sql postgres "CREATE TABLE IF NOT EXISTS bench (id bigserial PRIMARY KEY, text text)"
    echo "INSERT INTO bench (text) VALUES ('$(printf 'x%.0s' {1..100})');" >"$work/insert.sql"
    for clients in 1 "$connections"; do
        name=$1_commits
        [ "$clients" != 1 ] || name=$1_alone
        "$pgbench" -h "$pg_host" -U postgres -n -M prepared -c "$clients" -j 1 -T 3 -l \
            --log-prefix="$work/$name" -f "$work/insert.sql" postgres 2>/dev/null |
            awk -v n="$name" '/^tps/ {print n "_per_second", $3}' >>"$figures"
        # The third word of a line is the time of one commit in us.
        cut -d' ' -f3 "$work/$name".* | sort -n | awk -v n="$name" '
            { us[NR] = $1 }
            END { print n "_p50_us", us[int((NR + 1) / 2)]; print n "_p99_us", us[int(NR * 0.99) + 1] }
        ' >>"$figures"
        rm -f "$work/$name".*
    done
    sql postgres "DROP TABLE bench"
}

# Exec to ready of each service, its database and its upstreams being there.
measure_starts() {
    local name
    say "start-up of each service, $starts times"
    for name in gateway "${services[@]}"; do
        local given=()
        [ "$name" = gateway ] ||
            given=("DATABASE_URL=host=$pg_host dbname=mall_$name user=mall_$name"
                "REDIS_URL=unix://$redis_socket")
        "$build/bench/bench-start" "$(status_of "$name" 3)" "$starts" "${given[@]}" |
            prefix "$name" >>"$figures"
    done
}

# Every order was published once and delivered once.
check_counts() {
    local orders events entries deliveries
    orders=$(orders_count)
    events=$(sql mall_orders "SELECT count(*) FROM event_log
        WHERE type = 'mall.orders.v1.OrderPlaced'")
    entries=$(redis-cli -s "$redis_socket" XINFO STREAM mall.orders | sed -n '/entries-added/{n;p}')
    deliveries=$(deliveries_count)
    [ "$orders" = "$events" ] || die "$orders orders, but $events events of them"
    [ "$entries" -ge "$orders" ] || die "$orders orders, but $entries entries in the stream"
    [ "$orders" = "$deliveries" ] || die "$orders orders, but $deliveries deliveries"
}

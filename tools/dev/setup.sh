# shellcheck shell=bash
# $root is set by ./dev.
# shellcheck disable=SC2154
# ./dev setup: the missing Debian packages, and the protos of google/api and
# google/rpc, which no development package installs under an include path. Does
# nothing, in well under a second, where all of it is there.

googleapis_package=golang-github-grpc-ecosystem-grpc-gateway-dev
googleapis=build/third_party/googleapis

wanted_packages() { grep -v '^#' "$root/tools/dev/packages.txt"; }

missing_packages() {
    local installed
    # dpkg-query fails for the packages it does not know; their absence says enough.
    # shellcheck disable=SC2046
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $(wanted_packages) 2>/dev/null |
        sed -n 's/^installed //p')
    comm -23 <(wanted_packages | sort) <(printf '%s\n' "$installed" | sort)
}

need_apt() { # WHAT...
    command -v apt-get >/dev/null || die "this set-up is for Debian 12; install by hand: $*"
    [ "$(id -u)" = 0 ] || die "these Debian packages are missing, and only root can install them:
    apt-get install $*"
}

# PostgreSQL and Redis are wanted as programs: no cluster, no server of their own.
install_packages() {
    local policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.conf own_policy=
    need_apt "$@"
    say "installing Debian packages: $*"
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
        own_policy=1
    fi
    if [ ! -e $clusters ]; then
        mkdir -p "${clusters%/*}"
        echo 'create_main_cluster = false' >$clusters
    fi
    local status=0
    {
        apt-get update -q -o Acquire::Retries=3 &&
            DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
                -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -o Dpkg::Options::=--force-confold "$@"
    } >build/setup.log 2>&1 </dev/null || status=$?
    [ -z "$own_policy" ] || rm -f $policy
    [ $status = 0 ] || {
        tail -n 15 build/setup.log >&2
        die "apt-get could not install: $*
    the whole output is in build/setup.log; without network, install them from your own mirror"
    }
}

unpack_googleapis() {
    local work
    need_apt "$googleapis_package (its protos, by: apt-get download; dpkg -x)"
    work=$(mktemp -d)
    (cd "$work" && { apt-get download -q -o Acquire::Retries=3 $googleapis_package ||
        { apt-get update -q && apt-get download -q -o Acquire::Retries=3 $googleapis_package; }; }) >>build/setup.log 2>&1 </dev/null || {
        rm -rf "$work"
        die "apt-get could not download $googleapis_package; see build/setup.log"
    }
    dpkg -x "$work"/$googleapis_package*.deb "$work/x"
    rm -rf $googleapis
    mkdir -p build/third_party
    mv "$work"/x/usr/share/gocode/src/github.com/grpc-ecosystem/grpc-gateway/third_party/googleapis $googleapis
    rm -rf "$work"
    # Only protos are wanted; a README or a Go file among them would be linted.
    find $googleapis -type f ! -name '*.proto' -delete
    touch $googleapis/.complete
}

setup() {
    local missing
    mkdir -p build
    missing=$(missing_packages)
    # shellcheck disable=SC2086
    [ -z "$missing" ] || install_packages $missing
    [ -f $googleapis/.complete ] || unpack_googleapis
}

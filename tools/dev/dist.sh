#!/usr/bin/env bash
# dist.sh BUILD [FOLDER]: FOLDER/parley-<version>-linux-<architecture>.tar.gz of a build folder in
# which `dist` was built; FOLDER is BUILD itself unless said. The same commit gives the same bytes.
set -euo pipefail
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$(cd "${2:-$build}" && pwd)
architecture=$(dpkg --print-architecture)

die() {
    printf 'dist: %s\n' "$*" >&2
    exit 1
}

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }

version=$(cached CMAKE_PROJECT_VERSION)
case $(cached CMAKE_BUILD_TYPE)/$(cached PL_SANITIZE) in
RelWithDebInfo/) ;;
*) die "$build is no release build" ;;
esac
name=parley-$version-linux-$architecture
# Where there is no git, as in an unpacked archive of the sources, somebody has to say it.
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)} ||
    die "the time of the files is that of the commit; without git, say SOURCE_DATE_EPOCH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/$name

cmake --install "$build" --component dist --prefix "$tree" >"$work/install.log" 2>&1 || {
    tail -n 5 "$work/install.log" >&2
    die "cmake --install failed; is it built? ninja -C $build dist"
}

# Debug information, and with it the one thing that knows where it was compiled: the build id.
find "$tree/bin" "$tree/libexec" -type f -exec \
    strip --strip-all --remove-section=.note.gnu.build-id --remove-section=.comment {} +

# Each library's package says under which licence it is; the licences it refers to come along.
licences() {
    local to=$tree/licences from package text
    from=$(dirname "$(cached PL_LIBPROTOC)") # of which protoc is made; the others are beside it
    mkdir "$to"
    cp "$root/LICENSE" "$to/parley"
    cp /usr/share/common-licenses/Apache-2.0 "$to/googleapis"
    # dpkg knows some of them by the path from before /lib was merged into /usr/lib.
    find "$tree/lib" -type f -printf "$from/%f\n${from#/usr}/%f\n" |
        xargs dpkg -S "$from"/libproto{c,buf}.a >"$work/packages" 2>/dev/null || true
    find "$tree/lib" -type f -printf '/%f\n' | while read -r library; do
        grep -q -- "$library\$" "$work/packages" || die "${library#/} comes from no Debian package"
    done
    while read -r package; do
        text=/usr/share/doc/$package/copyright
        [ -f "$text" ] || die "$package: no licence in $text"
        cp "$text" "$to/$package"
    done < <(cut -d: -f1 "$work/packages" | sort -u)
    while read -r text; do
        [ ! -f "$text" ] || cp "$text" "$to/"
    done < <(grep -oh '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' "$to"/* | sort -u)
}

readme() {
    local verbs
    verbs=$(cd "$tree/libexec/parley" && printf '%s, ' [!p]*)
    sed "s/@version@/$version/; s/@platform@/linux-$architecture/; s/@verbs@/${verbs%, }/" \
        "$root/tools/dev/dist/README.md" >"$tree/README.md"
}

licences
readme
cp -r "$root/ci" "$tree/ci"
LC_ALL=C tar -C "$work" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner \
    --mode='u+rwX,go+rX,go-w,a-s' --format=gnu -cf "$work/tar" "$name"
gzip -n <"$work/tar" >"$folder/$name.tar.gz.new"
mv "$folder/$name.tar.gz.new" "$folder/$name.tar.gz"
printf '%s: %s bytes, %s unpacked\n' "$folder/$name.tar.gz" \
    "$(stat -c %s "$folder/$name.tar.gz")" "$(du -sh --apparent-size "$tree" | cut -f1)"

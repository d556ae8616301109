#!/usr/bin/env bash
# lint.sh ROOT: `./dev lint tidy` in a repository of its own, with one source file.
set -euo pipefail
root=$1
command -v clang-tidy >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "failed: $1" >&2
    cat out >&2
    exit 1
}

mkdir -p tools/dev build
cp "$root/tools/dev/lint.sh" tools/dev/
cp "$root/.clang-tidy" .
git init -q .
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.22)
project(small C)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_library(small STATIC small.c other.c)
CMAKE
echo 'int small_value(void) { return 1; }' >small.c
echo 'int other_value(void) { return 1; }' >other.c
cmake -S . -B build -G Ninja >out 2>&1 || fail 'it configures'
tools/dev/lint.sh tidy >out 2>&1 || fail 'what is right is clean'

# Pulled, and not built since: the file needs a definition that its rule has now.
echo 'target_compile_definitions(small PRIVATE SMALL_VALUE=2)' >>CMakeLists.txt
echo 'int small_value(void) { return SMALL_VALUE; }' >small.c
tools/dev/lint.sh tidy >out 2>&1 || fail 'a file is judged with the flags that its rule has now'

echo 'int small_value(void) { int x = 1; return x == x; }' >small.c
tools/dev/lint.sh tidy >out 2>&1 && fail 'what is wrong is found'
grep -q 'small.c:1:.*misc-redundant-expression' out || fail 'what is wrong is shown'

# A clang-tidy that dies, or ends with a failure and says nothing, has judged nothing.
mkdir bin
for end in 'kill -SEGV $$' 'exit 1'; do
    printf '#!/usr/bin/env bash\ncase $* in *small.c*) %s ;; esac\n' "$end" >bin/clang-tidy
    chmod +x bin/clang-tidy
    PATH=$PWD/bin:$PATH tools/dev/lint.sh tidy >out 2>&1 && fail "a file that was not judged is not clean ($end)"
    grep -q '^small.c: error: clang-tidy ended with' out || fail "the file that was not judged is named ($end)"
    grep -q '^other.c: error' out && fail "a file beside it is judged ($end)"
done

echo 'this is no CMake' >>CMakeLists.txt
tools/dev/lint.sh tidy >out 2>&1 && fail 'a build that cannot be configured is an error'
grep -q 'CMakeLists.txt:6' out || fail 'it says where'

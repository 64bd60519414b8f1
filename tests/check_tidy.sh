#!/bin/bash
# clang-tidy finds nothing in any source file of the build. One argument: the build folder (its
# compile_commands.json is read). With --self-test in front it shows that a mistake is found.
set -u
tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || {
    echo 'no clang-tidy: scripts/setup --tests installs it'
    exit 1
}

if [ "${1:-}" = --self-test ]; then
    dir=$(mktemp -d)
    printf 'int main(void)\n{\n    int *p = 0;\n    return *p;\n}\n' >"$dir/x.c"
    cp .clang-tidy "$dir"
    found=$("$tidy" --quiet "$dir/x.c" -- 2>/dev/null)
    rm -r "$dir"
    grep -q 'null pointer' <<<"$found" || { echo 'self-test: a null pointer was not found' && exit 1; }
    echo 'self-test: a null pointer is found'
    exit 0
fi

build=${1:?usage: tests/check_tidy.sh [--self-test] BUILD-FOLDER}
mapfile -t files < <(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json" | sort -u)
[ "${#files[@]}" -gt 0 ] || { echo "$build/compile_commands.json names no files" && exit 1; }
printf '%s\0' "${files[@]}" |
    xargs -0 -n 4 -P "$(nproc)" "$tidy" --quiet -p "$build" 2>/dev/null || {
    echo 'clang-tidy found what stands above'
    exit 1
}
echo "tidy: ${#files[@]} files, nothing found"

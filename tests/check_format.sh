#!/bin/bash
# Every C file is laid out as .clang-format says. Run in the root of the tree; with --self-test it
# shows that a file laid out otherwise is refused; with --fix it lays the files out.
set -u
format=$(command -v clang-format-14 || command -v clang-format) || {
    echo 'no clang-format: scripts/setup --tests installs it'
    exit 1
}

case ${1:-} in
--self-test)
    printf 'int main( void )\n{\n  return 0;\n}\n' |
        "$format" --style=file --dry-run -Werror --assume-filename=tests/x.c 2>/dev/null && {
        echo 'self-test: a file laid out otherwise was accepted'
        exit 1
    }
    echo 'self-test: a file laid out otherwise is refused'
    exit 0
    ;;
--fix) options=(-i) ;;
*) options=(--dry-run -Werror) ;;
esac

mapfile -t files < <(git ls-files -co --exclude-standard '*.c' '*.h' 2>/dev/null ||
    find engine executors feedstock cli tests bench -name '*.[ch]')
"$format" --style=file "${options[@]}" "${files[@]}" || {
    echo 'lay them out with: tests/check_format.sh --fix'
    exit 1
}
echo "format: ${#files[@]} files as .clang-format says"

#!/bin/bash
# No function has more than 70 lines, no file more than 500. Functions are found as clang-format
# lays them out: braces alone in the first column. Run in the root of the tree, or with
# --self-test.
set -u
bad=0

too_long() { # too_long FILE...
    awk -v most=70 -v most_file=500 '
        FNR == 1 && NR > 1 { file_end() }
        FNR == 1 { start = 0; name = "" }
        { path = FILENAME; lines = FNR }
        /^[A-Za-z_].*\(/ { name = $0; sub(/ *\(.*/, "", name); sub(/.*[ *]/, "", name) }
        /^\{$/ { start = FNR; of = name }
        /^\}/ && start {
            if (FNR - start + 1 > most)
                printf "%s:%d: %s has %d lines, more than %d\n", path, start, of, FNR - start + 1, most
            start = 0
        }
        END { if (NR) file_end() }
        function file_end() {
            if (lines > most_file)
                printf "%s: %d lines, more than %d: split it by sense\n", path, lines, most_file
        }' "$@"
}

sources() {
    find engine executors feedstock cli tests -name '*.[ch]' 2>/dev/null | sort
}

function_of() { # function_of LINES: a function with as many lines, braces included
    printf 'static int\nlengthy(int a,\n        int b)\n{\n'
    yes '    a += b;' | head -n $(($1 - 2))
    printf '}\n'
}

self_test() {
    local dir
    dir=$(mktemp -d)
    function_of 70 >"$dir/good.c"
    function_of 71 >"$dir/long.c"
    { printf 'static const int table[] = {\n'; yes '    1,' | head -n 498; printf '};\n'; } >"$dir/table.c"
    { cat "$dir/table.c"; echo 'int more;'; } >"$dir/large.c"
    cd "$dir" || exit 2
    diff <(too_long good.c table.c large.c long.c) - <<'END' || exit 1
large.c: 501 lines, more than 500: split it by sense
long.c:4: lengthy has 71 lines, more than 70
END
    rm -r "$dir"
    echo 'self-test: the long function and the large file were found'
    exit 0
}

[ "${1:-}" = --self-test ] && self_test
mapfile -t files < <(sources)
found=$(too_long "${files[@]}")
[ -z "$found" ] || { echo "$found" && bad=1; }
[ "$bad" = 0 ] && echo "functions: ${#files[@]} files, none too long"
exit "$bad"

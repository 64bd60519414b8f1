#!/bin/bash
# Includes go down the layers only, one outside library is seen by one source file, and what
# belongs to one layer (threads, environment) stays there. Run in the root of the tree, or with
# --self-test, which plants every kind of mistake and wants each of them found.
set -u

# folder: the folders whose headers it may include, besides its own.
layers='
engine/base
engine/time        base
engine/document    base
engine/storage     base
engine/array       base
engine/codecs      array document base
engine/formats     codecs storage array document base
engine/expression  array time base
engine/transforms  expression array time document base
engine/recipe      transforms formats codecs expression array time storage document base
engine/plan        recipe transforms formats codecs expression array time storage document base
engine/catalog     plan recipe transforms formats codecs expression array time storage document base
engine/run         catalog plan recipe transforms formats codecs expression array time storage document base
engine/audit       run catalog plan recipe transforms formats codecs expression array time storage document base
executors          executors base run/executor.h
feedstock          feedstock catalog storage document base
cli                cli executors feedstock audit catalog run plan recipe transforms formats codecs expression array time storage document base
'

# A library, and the headers by which a source file sees it.
libraries='
libyaml     yaml.h
jansson     jansson.h
PCRE2       pcre2.h
netCDF      netcdf.h netcdf_*.h
HDF5        hdf5.h H5*.h
libdeflate  libdeflate.h
zstd        zstd.h zstd_*.h zdict.h
blosc       blosc.h
OpenSSL     openssl/*
libseccomp  seccomp.h
Landlock    linux/landlock.h
'

# The C library and the kernel; any other <header> must be in the table above.
system_headers='assert ctype dirent emmintrin errno fcntl float fnmatch getopt inttypes langinfo limits
locale math poll pthread sched setjmp signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib
stdnoreturn string strings termios time unistd sys/* linux/*'

bad=0
complain() { # complain WHERE WHY
    echo "$1: $2"
    bad=1
}

sources() { # sources FOLDER...
    find "$@" -name '*.[ch]' 2>/dev/null | sort
}

check_folder() { # check_folder FOLDER ALLOWED...
    local folder=$1 where line header allowed
    shift
    while IFS=: read -r where line header; do
        for allowed in "$@" "${folder#engine/}"; do
            case $header in "$allowed" | "$allowed"/*) continue 2 ;; esac
        done
        complain "$where:$line" "$folder may not include \"$header\""
    done < <(sources "$folder" | xargs -r grep -HnoP '^\s*#\s*include\s*"\K[^"]+/[^"]+')
}

check_layers() {
    local folder rest
    while read -r folder rest; do
        [ -z "$folder" ] || [ ! -d "$folder" ] || check_folder "$folder" $rest
    done <<<"$layers"
    for folder in engine/*/; do
        folder=${folder%/}
        [ -d "$folder" ] || continue
        grep -q "^$folder\b" <<<"$layers" || complain "$folder" 'no layer of tests/check_layers.sh'
    done
}

library_of() { # library_of HEADER: print its name, nothing when it is none
    local name headers pattern
    while read -r name headers; do
        for pattern in $headers; do
            case $1 in $pattern) echo "$name" && return ;; esac
        done
    done <<<"$libraries"
}

is_system() { # is_system HEADER
    local pattern
    for pattern in $system_headers; do
        case ${1%.h} in $pattern) return 0 ;; esac
    done
    return 1
}

check_libraries() {
    local where line header name
    declare -A seen=()
    while IFS=: read -r where line header; do
        name=$(library_of "$header")
        if [ -z "$name" ]; then
            is_system "$header" ||
                complain "$where:$line" "<$header> is of no library that check_layers.sh knows"
        elif [[ $where == *.h ]]; then
            complain "$where:$line" "a header of ours shows $name to everybody"
        elif [ "${seen[$name]:-$where}" != "$where" ]; then
            complain "$where:$line" "$name is already seen by ${seen[$name]}"
        else
            seen[$name]=$where
        fi
    done < <(sources engine executors feedstock cli |
        xargs -r grep -HnoP '^\s*#\s*include\s*<\K[^>]+')
}

only_in() { # only_in PATTERN WHY FOLDER...: no other folder may use it
    local pattern=$1 why=$2 where
    shift 2
    while IFS= read -r where; do
        complain "$(cut -d: -f1,2 <<<"$where")" "$why"
    done < <(sources engine executors feedstock cli | grep -vE "^($(tr ' ' '|' <<<"$*"))/" |
        xargs -r grep -HnP "$pattern")
}

check_tree() {
    check_layers
    check_libraries
    only_in '\b(pthread_create|thrd_create)\s*\(' 'only executors/ creates threads' executors
    only_in '\b(secure_)?getenv\s*\(' 'only cli/ reads the environment' cli
}

# ---- self-test: every mistake below must be found, and a tree without any must pass
expect() { # expect TEXT FILE LINE: a tree with this line in this file gives this complaint
    rm -rf engine executors cli
    mkdir -p engine/base engine/storage engine/codecs engine/formats executors cli
    echo '#include <zstd.h>' >engine/codecs/zstd.c
    echo '#include "base/error.h"' >engine/storage/store.c
    mkdir -p "$(dirname "$2")"
    echo "$3" >>"$2"
    local found
    found=$(bad=0; check_tree)
    if [ "$found" != "$1" ]; then
        printf 'self-test: %s with\n  %s\nshould give\n  %s\nbut gave\n  %s\n' "$2" "$3" "$1" "$found"
        failed=1
    fi
}

self_test() {
    local failed=0
    cd "$(mktemp -d)" || exit 2
    expect '' engine/codecs/a.c '#include <stdio.h>'
    expect '' engine/codecs/a.c '#include "array/array.h"'
    expect '' executors/a.c '#include "run/executor.h"'
    expect '' executors/a.c '    if (pthread_create(&t, NULL, f, NULL) != 0)'
    expect '' cli/main.c '    getenv("COLUMNS");'
    expect '' executors/a.c '#include "list.h"'
    expect 'engine/base/a.c:1: engine/base may not include "array/array.h"' \
        engine/base/a.c '#include "array/array.h"'
    expect 'engine/formats/a.h:1: engine/formats may not include "recipe/recipe.h"' \
        engine/formats/a.h '  #  include "recipe/recipe.h"'
    expect 'executors/a.c:1: executors may not include "run/driver.h"' \
        executors/a.c '#include "run/driver.h"'
    expect 'engine/storage/store.c:2: engine/storage may not include "storages/x.h"' \
        engine/storage/store.c '#include "storages/x.h"'
    expect 'engine/extra: no layer of tests/check_layers.sh' engine/extra/a.c ''
    expect 'engine/formats/a.c:1: zstd is already seen by engine/codecs/zstd.c' \
        engine/formats/a.c '#include <zstd.h>'
    expect 'engine/base/digest.h:1: a header of ours shows OpenSSL to everybody' \
        engine/base/digest.h '#include <openssl/evp.h>'
    expect 'cli/a.c:1: <curl/curl.h> is of no library that check_layers.sh knows' \
        cli/a.c '#include <curl/curl.h>'
    expect 'engine/base/a.c:1: only executors/ creates threads' \
        engine/base/a.c 'int r = pthread_create(&t, NULL, f, NULL);'
    expect 'engine/base/a.c:1: only cli/ reads the environment' engine/base/a.c 'x = getenv("X");'
    rm -rf "$PWD"
    [ "$failed" = 0 ] && echo 'self-test: every planted mistake was found'
    exit "$failed"
}

[ "${1:-}" = --self-test ] && self_test
check_tree
[ "$bad" = 0 ] && echo "layers: $(sources engine executors feedstock cli | wc -l) files in order"
exit "$bad"

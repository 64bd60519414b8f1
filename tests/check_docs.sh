#!/bin/bash
# What the pages say is there: every relative link leads to something, every script and recipe that
# a page names exists. Run in the root of the tree, or with --self-test.
set -u
bad=0

complain() { # complain WHERE WHAT
    echo "$1: $2"
    bad=1
}

pages() {
    find . -name '*.md' -not -path './build/*' -not -path '*/node_modules/*' | sed 's|^\./||' | sort
}

check_links() { # check_links PAGE
    local target
    while read -r target; do
        case $target in http://* | https://* | mailto:* | '#'*) continue ;; esac
        [ -e "$(dirname "$1")/${target%%#*}" ] || complain "$1" "the link $target leads nowhere"
    done < <(grep -oP '\]\(\K[^)\s]+' "$1")
}

check_names() { # check_names PAGE: paths in the tree, as commands and texts name them
    local path
    while read -r path; do
        case $path in *NAME* | *YOUR*) continue ;; esac
        compgen -G "$path" >/dev/null || complain "$1" "$path is not there"
    done < <(grep -oP '(?<![\w/.-])(scripts|recipes|tests|bench|docs|engine|executors|schemas|cli)/[\w./*-]*[\w*]' "$1")
}

check_pages() {
    local page
    for page in $(pages); do
        check_links "$page"
        check_names "$page"
    done
}

self_test() {
    local dir found
    dir=$(mktemp -d)
    cd "$dir" || exit 2
    mkdir -p docs recipes/here
    echo 'See [one](docs/a.md#x), [two](b.md), https://x.org/scripts/no, run `scripts/gone` on recipes/here.' >README.md
    echo '[up](../README.md)' >docs/a.md
    found=$(check_pages)
    rm -r "$dir"
    [ "$found" = 'README.md: the link b.md leads nowhere
README.md: scripts/gone is not there' ] || { echo "self-test: found only: $found" && exit 1; }
    echo 'self-test: the dead link and the missing script were found'
    exit 0
}

[ "${1:-}" = --self-test ] && self_test
check_pages
[ "$bad" = 0 ] && echo "docs: $(pages | wc -l) pages, every link and name is there"
exit "$bad"

#!/usr/bin/python3
"""The tables of recipes and files in this folder: what forge says to each, to the byte.

    run_cases.py recipes FORGE WORK [--accept] [NAME..]
    run_cases.py files FORGE WORK [--accept] [NAME..]

README.md says how cases are written. --accept writes what forge says now, for `git diff` to show.
"""
import os
import subprocess
import sys

import file_cases

HERE = os.path.dirname(os.path.abspath(__file__))

# Recipes that are too large to keep: name -> text.
BOMBS = {
    "yaml-too-long": lambda: "# more than 1 MiB\n" * 70000,
    "yaml-too-many-parts": lambda: "forge: 1\nname: sst\nkeywords: [" + "a, " * 20000 + "a]\n",
    "yaml-a-million-brackets": lambda: "forge: 1\nname: " + "[" * 1000000 + "\n",
    "yaml-a-hundred-mistakes": lambda: "".join("key%d: 1\n" % i for i in range(120)),
}


def ask(forge, arguments, folder):
    """What a user sees, and the exit status."""
    done = subprocess.run([forge] + arguments, cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    return "exit %d\n" % done.returncode + done.stdout.decode("utf-8", "backslashreplace")


class Table:
    """Rows that are compared with what is written down, or written down."""

    def __init__(self, accept):
        self.accept, self.wrong, self.count = accept, [], 0

    def row(self, name, said, file):
        self.count += 1
        written = open(file, encoding="utf-8").read() if os.path.exists(file) else ""
        if said == written:
            return
        if self.accept:
            with open(file, "w", encoding="utf-8") as out:
                out.write(said)
            return
        self.fail(name, "expected\n%s\nbut forge says\n%s" % (written, said))

    def fail(self, name, why):
        print("FAILED %s: %s" % (name, why))
        self.wrong.append(name)


def make_bombs(folder):
    os.makedirs(folder, exist_ok=True)
    for name, text in BOMBS.items():
        with open(os.path.join(folder, name + ".yaml"), "w", encoding="utf-8") as out:
            out.write(text())


def recipes(forge, work, table, only):
    good, bad = os.path.join(HERE, "recipes", "good"), os.path.join(HERE, "recipes", "bad")
    make_bombs(work)
    rows = [(bad, name[:-5]) for name in sorted(os.listdir(bad)) if name.endswith(".yaml")]
    rows += [(work, name) for name in sorted(BOMBS)]
    for folder, name in rows:
        if only and name not in only:
            continue
        said = ask(forge, ["check", name + ".yaml"], folder)
        if not said.startswith("exit 3\n"):
            table.fail(name, "a broken recipe ends with exit 3, not with\n" + said)
        else:
            table.row(name, said, os.path.join(bad, name + ".txt"))
    print("%d broken recipes" % table.count)
    count = 0
    for name in sorted(os.listdir(good)):
        if only and name[:-5] not in only:
            continue
        said, count = ask(forge, ["check", name], good), count + 1
        if said != "exit 0\nthe recipe is right\n":
            table.fail(name, "a good recipe is refused\n" + said)
    print("%d good recipes" % count)


def main():
    accept = "--accept" in sys.argv
    what, forge, work, *only = [a for a in sys.argv[1:] if a != "--accept"]
    table = Table(accept)
    forge, work = os.path.abspath(forge), os.path.abspath(work)
    if what == "recipes":
        recipes(forge, work, table, only)
    else:
        file_cases.run(forge, table, only)
    if table.wrong:
        print("%d of %d cases are wrong: %s" % (len(table.wrong), table.count, ", ".join(table.wrong)))
        sys.exit(1)


if __name__ == "__main__":
    main()

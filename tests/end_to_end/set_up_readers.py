#!/usr/bin/python3
"""Copy the independent readers of ../shared/tools/readers to build/readers and set them up there,
once."""
import filecmp
import os
import shutil

import support


def main():
    source = support.need_shared("tools", "readers")
    target = os.path.join(support.TOP, "build", "readers")
    done = os.path.join(target, "node_modules")
    same = os.path.isdir(done) and all(
        filecmp.cmp(os.path.join(source, f), os.path.join(target, f), shallow=False)
        for f in ("check_store.py", "check_store.mjs", "package-lock.json"))
    if same:
        print("already there")
        return
    part = target + ".part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part)
    for top, folders, files in os.walk(part):
        for name in folders + files:
            os.chmod(os.path.join(top, name), 0o755)
    support.run(["bash", os.path.join(part, "setup_registry.sh")])
    shutil.rmtree(target, ignore_errors=True)
    os.rename(part, target)


if __name__ == "__main__":
    main()

"""support.py: what every end-to-end test uses: the tree, the forge program, skipping, failing."""
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(TOP, "tests", "end_to_end")
SHARED = os.path.join(os.path.dirname(TOP), "shared")
ARCHIVE = os.path.join(TOP, "build", "archive")
NODE = os.path.join(TOP, "build", "node")


def fail(message):
    print("FAILED: " + message)
    sys.exit(1)


def skip(message):
    print("SKIPPED: " + message)
    sys.exit(77)


def want(condition, message):
    if not condition:
        fail(message)


def need_shared(*path):
    """The path of something in ../shared, or the test is skipped."""
    full = os.path.join(SHARED, *path)
    if not os.path.exists(full):
        skip("no %s beside the checkout" % os.path.join("shared", *path))
    return full


def fresh(folder):
    """An empty folder of that name."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def run(command, status=0, echo=True, **more):
    """Run a program that must end with this status; its output, both streams as one."""
    if echo:
        print("$ " + " ".join(command), flush=True)
    done = subprocess.run(command, text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more)
    if echo or done.returncode != status:
        print(done.stdout, flush=True)
    want(done.returncode == status,
         "%s ended with status %d, not %d" % (command[0], done.returncode, status))
    return done.stdout


def node(script, *arguments):
    """Run a script of this folder under node, with what package-lock.json pins."""
    if not os.path.isdir(os.path.join(NODE, "node_modules")):
        fail("build/node is not there: run scripts/setup --tests")
    copy = os.path.join(NODE, script)
    source = os.path.join(HERE, script)
    if not os.path.exists(copy) or open(copy).read() != open(source).read():
        part = "%s.%d" % (copy, os.getpid())
        shutil.copy(source, part)
        os.replace(part, copy)
    return run(["node", copy, *arguments], echo=False)


def write_recipe(source, folder, target=None, replace=()):
    """A copy of a recipe that still finds its files: relative paths made absolute, another target
    format, other texts replaced. The path and the name of the dataset."""
    with open(source) as file:
        text = file.read()
    for old, new in replace:
        want(old in text, "%s has no %r" % (source, old))
        text = text.replace(old, new)
    start = os.path.dirname(os.path.abspath(source))
    text = re.sub(r"(?<=[\"' ])(?:\.\./)+",
                  lambda up: os.path.normpath(os.path.join(start, up.group())) + "/", text)
    if target:
        text, count = re.subn(r"(?m)^(target:\s*\n(?:  .*\n)*?  format: )\w+$", r"\g<1>" + target, text)
        want(count == 1, "%s has no target format on a line of its own" % source)
    if target == "zarr2":
        text = re.sub(r"(?m)^  shards: .*\n", "", text)
    path = os.path.join(folder, "recipe.yaml")
    with open(path, "w") as file:
        file.write(text)
    return path, re.search(r"(?m)^name: *([a-z0-9-]+)", text).group(1)

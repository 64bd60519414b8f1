"""file_cases.py: bakes of files that are broken or do not fit together.

Before every case the archive of files/common is baked. Then the case's own files are put over it,
its steps are done, and its recipe is baked into the same bakery: forge must end as expected.txt
says, and what was published before must still be there, byte for byte, with nothing beside it but
hidden folders that the next bake goes on from.
"""
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(HERE, "files")
NOBODY = 65534

# What is said may name the files of one task, so tasks have to be the same on every machine.
BAKE = ["bake", "recipe.yaml", "--workers", "2", "--memory", "1GiB"]


class Skip(Exception):
    """This machine cannot do what the case needs."""


def make_inputs(source, folder):
    """Every CDL file as netCDF, everything else as it is."""
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        if name.endswith(".cdl"):
            made = os.path.join(folder, name[:-4] + ".nc")
            subprocess.run(["ncgen", "-o", made, path], check=True)
        elif name not in ("case.txt", "expected.txt"):
            shutil.copy(path, folder)


def snapshot(folder):
    """Everything below it: path -> digest, or where a link leads."""
    seen = {}
    for where, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(where, name)
            key = os.path.relpath(path, folder)
            if os.path.islink(path):
                seen[key] = "-> " + os.readlink(path)
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    seen[key] = hashlib.sha256(file.read()).hexdigest()
            else:
                seen[key] = "folder"
    return seen


def published(folder):
    """What readers see of the bakery."""
    seen = {}
    for path, what in snapshot(os.path.join(folder, "bakery")).items():
        parts = path.split(os.sep)
        if parts[0] in ("datasets", "versions") and not (len(parts) > 2 and parts[2].startswith(".part-")):
            seen[path] = what
    return seen


class Case:
    """One folder of files/, being done."""

    def __init__(self, forge, name, folder):
        self.forge, self.name, self.folder = forge, name, folder
        self.source = os.path.join(FILES, name)
        self.command = BAKE
        self.before, self.more, self.changes = [], {}, False

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)

    # The steps, by the first word of their line.

    def do_cut(self, name, count):
        """keep only so many bytes; a negative number leaves so many out at the end"""
        self.write(name, self.read(name)[:int(count)])

    def do_flip(self, name, at):
        """change all bits of one byte; a negative number counts from the end"""
        data = bytearray(self.read(name))
        data[int(at)] ^= 0xff
        self.write(name, bytes(data))

    def do_put(self, name, at, *digits):
        """other bytes, in hexadecimal, in the place of those there"""
        data, new = bytearray(self.read(name)), bytes.fromhex("".join(digits))
        data[int(at):int(at) + len(new)] = new
        self.write(name, bytes(data))

    def do_text(self, name, *words):
        """a file of this text"""
        self.write(name, (" ".join(words) + "\n").encode())

    def do_corrupt(self, name, variable):
        """change a byte in the middle of a variable's first chunk"""
        at, length = chunk_of(self.path(name), variable)
        self.do_flip(name, at + length // 2)

    def do_remove(self, name):
        os.remove(self.path(name))

    def do_copy(self, name, other):
        shutil.copy(self.path(name), self.path(other))

    def do_folder(self, name):
        """a folder of that name instead of the file"""
        if os.path.exists(self.path(name)):
            os.remove(self.path(name))
        os.mkdir(self.path(name))

    def do_loop(self, name):
        """a link to itself instead of the file"""
        os.remove(self.path(name))
        os.symlink(name, self.path(name))

    def do_deny(self, name, mode="000"):
        """nobody may read (or, with mode 555, write) it; forge runs without root's rights"""
        if os.getuid() == 0:
            self.more = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            for where, folders, files in os.walk(self.folder):
                for entry in [where] + [os.path.join(where, f) for f in folders + files]:
                    os.chown(entry, NOBODY, NOBODY, follow_symlinks=False)
        for where, folders, _ in os.walk(self.path(name)):
            for entry in folders:
                os.chmod(os.path.join(where, entry), int(mode, 8))
        os.chmod(self.path(name), int(mode, 8))

    def do_full(self, size):
        """a bakery on a disk of that size; the published version stays outside"""
        probe = ["unshare", "-rm", "true"]
        if subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            raise Skip("no new mount namespace here")
        script = 'mount -t tmpfs -o size=%s none bakery/versions && exec "$@"' % size
        self.before = ["unshare", "-rm", "sh", "-ec", script, "sh"]

    def do_limit(self, size):
        """files may not become larger than so many bytes"""
        self.before = ["prlimit", "--fsize=" + size]

    def do_run(self, *words):
        """another command than bake recipe.yaml"""
        self.command = list(words)

    def do_good(self):
        """what is published changes: this is what a good bake looks like"""
        self.command, self.changes = BAKE + ["--quiet"], True

    def prepare(self, start):
        shutil.copytree(start, self.folder, symlinks=True, dirs_exist_ok=True)
        make_inputs(self.source, self.folder)
        with open(os.path.join(self.source, "case.txt"), encoding="utf-8") as file:
            for line in file:
                words = line.split()
                if words and not line.startswith("#"):
                    getattr(self, "do_" + words[0])(*words[1:])

    def bake(self):
        done = subprocess.run(self.before + [self.forge] + self.command, cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60,
                              stderr=subprocess.STDOUT, check=False, **self.more)
        text = done.stdout.decode("utf-8", "backslashreplace")
        text = re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]{8}(-\d+)?\b", "VERSION", text.replace(self.folder, "ARCHIVE"))
        text = re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b", "RUN", text)
        return "exit %d\n%s" % (done.returncode, text)


def chunk_of(path, variable):
    """Where the first chunk of a variable of a netCDF-4 file is, and its length."""
    import h5py
    with h5py.File(path, "r") as file:
        info = file[variable].id.get_chunk_info(0)
        return info.byte_offset, info.size


def open_folders(folder):
    """Make a folder that had its rights taken away removable again."""
    for where, folders, _ in os.walk(folder):
        for name in folders:
            os.chmod(os.path.join(where, name), 0o755)


def make_start(forge, folder):
    """What every case begins with: the common archive, baked."""
    make_inputs(os.path.join(FILES, "common"), folder)
    done = subprocess.run([forge, "bake", "recipe.yaml", "--quiet"], cwd=folder, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RuntimeError("files/common does not bake: " + done.stdout.decode())


def do_case(forge, name, start, table):
    """True when the case was done, False when this machine cannot."""
    folder = tempfile.mkdtemp(prefix="forge-case-")
    os.chmod(folder, 0o755)
    case = Case(forge, name, folder)
    try:
        case.prepare(start)
        before = published(folder)
        said = case.bake()
        after = published(folder) if not case.changes else before
        table.row(name, said, os.path.join(case.source, "expected.txt"))
        changed = sorted(p for p in set(before) | set(after) if before.get(p) != after.get(p))
        if changed:
            table.fail(name, "what was published has changed: " + ", ".join(changed))
        if not any(path.startswith("datasets") for path in before):
            table.fail(name, "nothing was published before")
        return True
    except Skip as why:
        print("skipped %s: %s" % (name, why))
        return False
    finally:
        open_folders(folder)
        shutil.rmtree(folder)


def run(forge, table, only):
    names = [n for n in sorted(os.listdir(FILES)) if n != "common" and (not only or n in only)]
    # The program and its work are where users without rights reach them too.
    with tempfile.TemporaryDirectory(prefix="forge-cases-") as top:
        os.chmod(top, 0o755)
        copy, start = shutil.copy(forge, top), os.path.join(top, "start")
        os.mkdir(start)
        make_start(copy, start)
        done = sum([do_case(copy, name, start, table) for name in names])
    print("%d broken files, %d skipped" % (done, len(names) - done))

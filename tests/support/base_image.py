"""A root file system with Python, made of the Debian packages of this machine: a base image without a registry."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

WANTED = (
    "base-files",
    "bash",
    "coreutils",
    "dash",
    "findutils",
    "grep",
    "libc-bin",
    "libstdc++6",
    "python3",
    "python3-venv",
    "sed",
)
_NAME = re.compile(r"^[a-z0-9][a-z0-9+.-]+")


def missing_packages() -> list[str]:
    """What this machine lacks of the wanted packages; all of them where it is no Debian."""
    there = _dependencies() if shutil.which("dpkg-query") else {}
    return [name for name in WANTED if name not in there]


def make_root(place: Path) -> None:
    """Copy all files of the wanted packages, and of what these need, to `place`."""
    for merged in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if Path("/", merged).is_symlink():
            (place / merged).symlink_to(Path("/", merged).readlink())
    listed = subprocess.run(["dpkg-query", "-L", *_closure()], capture_output=True, text=True, check=True).stdout
    # /bin is a link to /usr/bin: a file is copied to where it is
    real = {
        Path(os.path.realpath(Path(name).parent), Path(name).name) for name in listed.splitlines() if name[:1] == "/"
    }
    names = sorted(str(path.relative_to("/")) for path in real if os.path.lexists(path))
    pack = ["tar", "-C", "/", "--no-recursion", "--files-from=-", "-cf", "-"]
    with subprocess.Popen(pack, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as packer:
        assert packer.stdin is not None
        with subprocess.Popen(["tar", "-C", str(place), "-xf", "-"], stdin=packer.stdout) as unpacker:
            packer.stdin.write("\n".join(names).encode())
            packer.stdin.close()
            assert unpacker.wait() == 0
        assert packer.wait() == 0
    for directory in ("tmp", "proc", "sys", "dev", "run", "root", "var/tmp", "etc"):
        (place / directory).mkdir(parents=True, exist_ok=True)
    (place / "tmp").chmod(0o1777)
    (place / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (place / "etc" / "group").write_text("root:x:0:\n")
    subprocess.run(["ldconfig", "-r", str(place)], check=True)


def _dependencies() -> dict[str, list[list[str]]]:
    """What each installed package needs: of each of these, one."""
    form = "${Package}\t${Pre-Depends}, ${Depends}\t${Provides}\n"
    said = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout
    return {
        name: [[*_names(one, "|")] for one in needs.split(",")]
        for name, needs, _ in (line.split("\t") for line in said.splitlines())
    }


def _names(text: str, separator: str) -> Iterator[str]:
    for part in text.split(separator):
        if found := _NAME.match(part.strip()):
            yield found[0]


def _closure() -> list[str]:
    needs = _dependencies()
    found: set[str] = set()
    waiting = list(WANTED)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [one for alternatives in needs[name] for one in alternatives if one in needs]
    return sorted(found)

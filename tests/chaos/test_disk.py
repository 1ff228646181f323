"""A full disk is full: what is written to it is refused by the system itself."""

import errno
from pathlib import Path

import pytest

from tests.chaos.disk import Disk, can_mount


@pytest.mark.skipif(not can_mount(), reason="this process may mount nothing")
def test_a_full_disk_refuses_what_needs_room_until_it_has_room_again(tmp_path: Path) -> None:
    with Disk(tmp_path / "disk") as disk:
        assert disk.can_be_full
        (disk.directory / "before").write_bytes(b"x" * 10_000)
        disk.fill()
        with pytest.raises(OSError, match="No space left") as refused:
            (disk.directory / "more").write_bytes(b"x" * 10_000)
        assert refused.value.errno == errno.ENOSPC
        assert (disk.directory / "before").read_bytes() == b"x" * 10_000
        disk.make_room()
        (disk.directory / "more").write_bytes(b"x" * 10_000)
    assert not [*disk.directory.iterdir()]

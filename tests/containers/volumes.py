"""A volume of files as the kubelet lays it: whole versions behind one link, swapped atomically."""

import os
import shutil
import uuid
from pathlib import Path


class SecretVolume:
    """A folder whose files are links into ``..data``, which is a link to the newest version."""

    def __init__(self, folder: Path, group: int | None) -> None:
        self.folder = folder
        self._group = group
        folder.mkdir()
        self._own(folder)
        folder.chmod(0o3777)

    def write(self, files: dict[str, bytes], mode: int) -> None:
        """Put a new version in the place of the old one."""
        version = self.folder / f"..{uuid.uuid4().hex}"
        version.mkdir()
        version.chmod(0o755)
        for name, content in files.items():
            file = version / name
            file.write_bytes(content)
            self._own(file)
            file.chmod(mode if self._group is None else mode | 0o440)
        data, fresh = self.folder / "..data", self.folder / "..data_tmp"
        old = data.resolve() if data.is_symlink() else None
        fresh.symlink_to(version.name)
        fresh.rename(data)
        for name in files:
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        if old is not None:
            shutil.rmtree(old)

    def _own(self, path: Path) -> None:
        if self._group is not None:
            os.chown(path, 0, self._group)

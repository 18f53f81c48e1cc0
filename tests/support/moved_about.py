"""Somebody who takes a ledger away, loses it, and puts it or a backup back, for `random_lives`."""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

from proxy.ledger.sqlite.backup import backup
from proxy.ledger.trouble import LedgerRefused
from tests.support.remembering import World

AWAY = "away-"


class Hand:
    """Acts on the ledger at ``path``, while a process uses it and in between.

    ``still`` is held while it moves files.
    """

    def __init__(self, path: Path, world: World) -> None:
        self.path = path
        self.still = threading.Lock()
        self._world = world
        self._backups: list[Path] = []
        self._numbers = count(1)

    async def run(self) -> None:
        """Act at random moments, until cancelled."""
        chance = self._world.chance
        while True:
            await asyncio.sleep(chance.choice((0.01, 0.05, 0.2)))
            act = chance.random()
            if act < 0.5:
                await self._back_up()
            elif act < 0.8:
                await self._take_away(chance.choice((0, 0.005, 0.03)))
            else:
                self._put_backup_back()

    async def _back_up(self) -> None:
        target = self._beside(f"backup-{next(self._numbers)}.db")
        with contextlib.suppress(LedgerRefused):
            await asyncio.to_thread(backup, self.path, target)
            self._backups.append(target)

    async def _take_away(self, seconds: float) -> None:
        away = self.path.with_name(AWAY + self.path.name)
        with self.still:
            self.path.rename(away)
        try:
            await asyncio.sleep(seconds)
        finally:
            with self.still:
                away.rename(self.path)

    def _put_backup_back(self) -> None:
        """Put a backup in the place of the ledger, whose files go elsewhere, as is documented."""
        if not self._backups:
            return
        old = self._beside(f"old-{next(self._numbers)}")
        old.mkdir()
        with self.still:
            self._world.epoch += 1
            for ending in ("", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    file = self.path.with_name(self.path.name + ending)
                    file.rename(old / file.name)
            draft = self.path.with_name("draft")
            shutil.copy(self._world.chance.choice(self._backups), draft)
            draft.rename(self.path)

    def between(self, start: Callable[[Path], object]) -> None:
        """Lose the ledger, or put a backup in its place, before the next process starts."""
        act = self._world.chance.random()
        if not self.path.exists():
            return
        if act < 0.2:
            self._put_backup_back()
        elif act < 0.4:
            away = self.path.with_name(AWAY + self.path.name)
            self.path.rename(away)
            try:
                start(self.path)
            except LedgerRefused:
                away.rename(self.path)
            else:
                raise AssertionError("a ledger that was lost was begun anew")

    def go_on_in(self, copy: Path) -> None:
        """Go on with what lay on the disk when the process was killed."""
        self.path = copy / self.path.name
        away = copy / (AWAY + self.path.name)
        if away.exists():
            away.rename(self.path)

    def _beside(self, name: str) -> Path:
        return self.path.parent.parent / name

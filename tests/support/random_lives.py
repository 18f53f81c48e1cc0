"""Random lives of a ledger: callers that repeat, an upstream that lies, and kills at any write.

A process is killed as a machine kills it: the files are copied as they lie on the disk at that
moment, and the next process begins with the copy. Meanwhile somebody takes the ledger away, and
puts back it or a backup.
"""

import asyncio
import contextlib
import random
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from proxy.ledger.ledger import Ledger
from proxy.ledger.retention import Retention
from proxy.ledger.sqlite.store import FileStore
from tests.support.lived_process import Process
from tests.support.moved_about import Hand
from tests.support.remembering import Order, World

CALLERS, KEYS, PAYEES = ("anna", "beto"), (None, None, "k-1", "k-2", "k-3"), ("x", "y")
BREB, ACH = b"/v1/payments/breb", b"/v1/payments/ach"


@contextmanager
def killing(at: int, *, after: bool, copy: Path, still: threading.Lock) -> Iterator[asyncio.Event]:
    """Kill at the write ``at``: copy the files before or after its commit, and commit no more.

    ``still`` is held while nobody moves them.
    """
    writes, loop, killed, dead = count(1), asyncio.get_running_loop(), asyncio.Event(), False
    over, write, opened = threading.Event(), FileStore.write, FileStore.open

    def still_opened(path: Path, **given: Any) -> FileStore:
        with still:
            return opened(path, **given)

    def fatal(self: FileStore, *rows: Any, **given: Any) -> None:
        nonlocal dead
        last = not dead and next(writes) == at
        if last and after:
            write(self, *rows, **given)
        if last:
            dead = True
            with still:
                for file in self.path.parent.glob(f"*{self.path.name}*"):
                    if not file.name.endswith("-shm"):
                        shutil.copy(file, copy / file.name)
            loop.call_soon_threadsafe(killed.set)
        if dead:
            over.wait(10)
            raise OSError("killed")
        write(self, *rows, **given)

    with mock.patch.multiple(FileStore, write=fatal, open=still_opened):
        try:
            yield killed
        finally:
            over.set()


async def live(folder: Path, seed: int, processes: int = 4) -> World:
    """Let some processes live on one ledger, one after the other, while callers repeat."""
    chance = random.Random(seed)
    world = World(chance)
    hand = Hand(folder / "0" / "ledger.db", world)
    hand.path.parent.mkdir()
    for number in range(1, processes + 1):
        copy = folder / str(number)
        copy.mkdir()
        hand.between(lambda path: Ledger(path, Retention(400, 1 << 30)))
        at, after = chance.randint(1, 40), chance.random() < 0.5
        with killing(at, after=after, copy=copy, still=hand.still) as killed:
            process = Process(hand.path, world, hand.still)
            beside = [asyncio.ensure_future(each) for each in (process.asker.run(), hand.run())]
            whole = asyncio.gather(*(_calls(process, chance) for _ in range(4)))
            death = asyncio.ensure_future(killed.wait())
            await asyncio.wait({death, whole}, return_when=asyncio.FIRST_COMPLETED)
            if not killed.is_set():
                whole.result()
            await _cancelled(death, whole, *beside)
        await process.ledger.aclose()
        if killed.is_set():
            world.killed()
            hand.go_on_in(copy)
    return world


async def _cancelled(*tasks: "asyncio.Future[Any]") -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _calls(process: Process, chance: random.Random) -> None:
    for _ in range(8):
        await process.request(_order(process, chance))
        if chance.random() < 0.2:
            await process.verdicts()


def _order(process: Process, chance: random.Random) -> Order:
    """Return one that came before, or came before in another form, or a new one."""
    world = process.world
    before = chance.choice(world.sent).order if world.sent else None
    if before is not None and chance.random() < 0.4:
        compared = before.path == ACH or before.of in process.resolutions
        return Order(
            before.caller,
            chance.choice((before.key, before.key, *KEYS)),
            *(before.path, before.payee, before.of, before.amount),
            compared=compared,
        )
    path, payee = chance.choice((BREB, ACH)), chance.choice(PAYEES)
    return Order(
        chance.choice(CALLERS),
        chance.choice(KEYS),
        path,
        payee,
        process.resolve(payee) if path == BREB else "",
        "1000" if chance.random() < 0.9 else "2",
        lenient=chance.random() < 0.1,
    )

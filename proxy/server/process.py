"""Sets up the interpreter and the process: garbage collector, allocator, open files."""

import contextlib
import gc
import logging
import os
import sys

log = logging.getLogger("proxy.server")

# Seconds that the event loop waits for the thread that masks for the console to hand over the
# interpreter. Measured, with Python's 5 ms: p99 with the console 4.5 ms, with this 1.4 ms. Without
# a console, a payment with the ledger would only take 4 to 21 % more CPU time.
_HAND_OVER = 0.0005


def settle(*, console: bool) -> None:
    """Freeze the permanent objects, and collect garbage seldom; let a console's thread give way.

    Hundreds of exchanges come and go: with the default threshold, their number alone caused a
    collection every few requests, which took 6 % of all time and found nothing. Exchanges leave no
    reference cycles behind. A start leaves some 300 objects: finding them would take a twentieth of
    its time.
    """
    if console:
        sys.setswitchinterval(_HAND_OVER)
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()  # it is off while the program starts
    _trim()


def tune_memory() -> None:
    """Keep glibc from giving large read buffers back to the kernel each time.

    Measured on 1 MiB bodies: page faults had cost a third of the throughput.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(-1, 32 << 20)  # M_TRIM_THRESHOLD
        mallopt(-2, 1 << 20)  # M_TOP_PAD
        mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD


def give_memory_back() -> None:
    """Make glibc return free memory to the kernel; other systems do so by themselves, or cannot.

    After many large buffers, free gaps between blocks would otherwise stay resident. The event
    loop's TLS leaves cycles behind, each with buffers of its own.
    """
    gc.collect()
    _trim()


def _trim() -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def make_room_for_files(wanted: int) -> None:
    """Raise the limit of open files to that of connections, and the kernel's table with it.

    Many systems begin with 1,024.
    """
    if sys.platform == "win32":
        return
    most = _raised(wanted)
    if most < wanted:
        log.warning(
            "this process may open %d files, but BREB_MAX_CALLERS and BREB_MAX_CONNECTIONS may"
            " need %d: raise the limit (ulimit -n), or lower these settings",
            most,
            wanted,
        )
    if sys.platform == "linux":
        _widen(min(most, wanted))


def _raised(wanted: int) -> int:
    """Return the limit of open files, raised to ``wanted`` if it may be."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return wanted
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS has another limit besides
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return soft


def _widen(files: int) -> None:
    """Make the kernel's table of our open files as large as it will ever be.

    It doubles when it is full. While there are threads the kernel then waits for all processors: a
    tenth of a second, each time, in which thousands come and nobody is answered.
    """
    import fcntl

    with contextlib.suppress(OSError):
        one = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.close(fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, files - 1))
        finally:
            os.close(one)

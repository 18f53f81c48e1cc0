"""What one process asks of the interpreter and the system: collector, allocator, open files."""

import contextlib
import gc
import logging
import sys

log = logging.getLogger("proxy.server")


def settle() -> None:
    """Keep what is there for good from the garbage collector, and have it look seldom at the rest.

    Hundreds of exchanges under way come and go: with the default threshold their number alone set
    off a collection every few requests, 6 % of all time, and found nothing. Exchanges leave no
    reference cycles behind. Neither does a start, but for some 300 objects: to find them would
    take a twentieth of it.
    """
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
    """Have glibc return to the kernel what is free; other systems do so by themselves, or cannot.

    Free parts between others stay resident otherwise, once there have been many large buffers. The
    event loop's TLS leaves cycles behind, each with buffers of its own.
    """
    gc.collect()
    _trim()


def _trim() -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def raise_open_files(wanted: int) -> None:
    """Let as many files be open as there may be connections: many systems begin with 1,024."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted or soft == resource.RLIM_INFINITY:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):  # macOS has another limit besides
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    if soft < wanted:
        log.warning(
            "this process may open %d files, but BREB_MAX_CALLERS and BREB_MAX_CONNECTIONS may"
            " need %d: raise the limit (ulimit -n), or lower these settings",
            soft,
            wanted,
        )

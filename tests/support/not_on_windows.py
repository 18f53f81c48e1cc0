"""Which files of tests are not for Windows, and why; single tests there say ``needs("posix")``."""

_PAGES = "pages, files and tools of the repository are the same on every system"
_LINUX = "it looks at Linux's processes, images or packages"
_SHELL = "what it runs is for a shell of POSIX and its languages"
_LACKS = "what it imports is not among what tests on Windows are given"
_SIGNALS = "it ends processes by signals that Windows has not"
_CLOCK = "it measures shorter times than the clocks there tell"
_VARIABLES = "Python there ignores PYTHONPATH, by which it counts"

REASONS = {
    "benchmarks": _LINUX,
    "browser": _SHELL,
    "containers": _LINUX,
    "docs": _PAGES,
    "hostile/test_attack.py": _LINUX,
    "hostile/test_linear.py": _CLOCK,
    "hostile/test_patterns.py": _CLOCK,
    "judges/test_caches.py": _SHELL,
    "judges/test_messages.py": _LACKS,
    "program/test_completion.py": _SHELL,
    "program/test_database_check.py": _LACKS,
    "program/test_demo.py": _SIGNALS,
    "program/test_interrupted.py": _SIGNALS,
    "program/test_ledger_database.py": _LACKS,
    "program/test_ledger_database_trouble.py": _LACKS,
    "program/test_lifecycle.py": _SIGNALS,
    "program/test_memory.py": _LINUX,
    "program/test_shared_token.py": _LACKS,
    "program/test_soak.py": _LINUX,
    "program/test_sources.py": _VARIABLES,
    "program/test_systemd.py": _LINUX,
    "program/test_tracing.py": _LACKS,
    "program/test_weak_hashes.py": _LINUX,
    "simulator/test_openapi.py": _LACKS,
    "simulator/test_page.py": _SHELL,
    "simulator/test_qr_standard.py": _LACKS,
    "unit/console/test_copying.py": _SHELL,
    "unit/ledger/postgres": _LACKS,
    "unit/postgres": _LACKS,
    "unit/settings/test_tracing.py": _LACKS,
    "unit/token/test_shared.py": _LACKS,
    "unit/token/test_shelf.py": _LACKS,
    "unit/tracing": _LACKS,
}

"""Real things to test with: the program as a process, an upstream of raw sockets, raw callers."""

from tests.kit.leaks import CALLER_KEY, SECRET, found
from tests.kit.ports import free_port
from tests.kit.program import Program
from tests.kit.upstream import Call, RawUpstream, token_reply
from tests.kit.wire import Answer, ask, exchange, read_answer, read_request

__all__ = [
    "CALLER_KEY",
    "SECRET",
    "Answer",
    "Call",
    "Program",
    "RawUpstream",
    "ask",
    "exchange",
    "found",
    "free_port",
    "read_answer",
    "read_request",
    "token_reply",
]

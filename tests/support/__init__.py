"""Real things to test with: the program as a process, an upstream of raw sockets, raw callers."""

from tests.support.leaks import CALLER_KEY, SECRET, found
from tests.support.ports import free_port
from tests.support.program import Program
from tests.support.upstream import Call, RawUpstream, token_reply
from tests.support.wire import Answer, ask, exchange, read_answer, read_request

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

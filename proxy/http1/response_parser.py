"""Parses one answer as its bytes come, without I/O.

Invariants:

* how the bytes are split over calls of `feed` changes nothing but the sizes of ``chunks``;
* llhttp sees exactly one head, ours to cut out, and after it nothing but a chunked body;
* ``keep_alive`` is final when ``complete`` is: a byte beyond the promised end takes it away;
* bytes that are no part of a body (heads, interim answers, chunk extensions, trailers) are bounded.
"""

import re

import httptools

from proxy.errors import ResponseHeadTooLarge, ResponseInvalid
from proxy.http1.answer_fields import AnswerFields, ResponseHead
from proxy.http1.fields import Known, persists
from proxy.http1.framing import CHUNKED, HEAD_END, MAX_HEAD, OBJECT, UNTIL_CLOSE
from proxy.http1.repeated_answers import RepeatedAnswers
from proxy.http1.repeated_heads import LONGEST
from proxy.words import phrase

_START = b"HTTP/1."
_PLAIN_START = b"HTTP/1.1 "
_NO_BODY = frozenset((204, 304))
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class ResponseParser:
    """Parses one answer: `feed` it, then look at ``head``, ``chunks`` and ``complete``."""

    def __init__(self, *, head_only: bool, heads: RepeatedAnswers | None = None) -> None:
        self._head_only = head_only
        self._heads = None if head_only else heads
        self.head: ResponseHead | None = None
        self.chunks: list[bytes] = []
        self.buffered = 0
        self.complete = self.keep_alive = self.until_end = False
        self._reason = self._begun = self._tail = b""
        self._status = self._size = self._remaining = self._overhead = 0
        self._parts: list[bytes] = []  # of the head
        self._parser: httptools.HttpResponseParser | None = None

    @property
    def received(self) -> bool:
        """Whether any byte of it has arrived."""
        return self._size > 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes; raise ResponseInvalid."""
        if self.head is None:
            data = self._feed_head(data)
            if not data:
                return
        if self.complete:
            self.keep_alive = False
        elif self._remaining:
            self._feed_known(data)
        elif self.until_end:
            self._append(data)
        else:
            self._feed_chunked(data)

    def end(self) -> bool:
        """Note that the connection ended in order; return whether the answer is whole."""
        if self.until_end:
            self.complete = True
        return self.complete

    def close(self) -> None:
        """Take no more bytes, and drop the parser, which refers to this one.

        The garbage collector runs seldom, and the cycle may hold a whole buffer.
        """
        self._parser = None

    def take(self) -> bytes:
        """Return the part of the body that has come, once."""
        chunks = self.chunks
        if not chunks:
            return b""
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self.chunks = []
        self.buffered = 0
        return data

    # -- head ------------------------------------------------------------------------------

    def _feed_head(self, data: bytes) -> bytes:
        """Take bytes of the head; return the bytes after it."""
        heads = self._heads
        if heads is not None and not self._size and data.startswith(_PLAIN_START):
            end = data.find(HEAD_END, 0, LONGEST)
            if end >= 0:
                return self._plain(heads, data, end)
        return self._parsed(data)

    def _plain(self, heads: RepeatedAnswers, data: bytes, end: int) -> bytes:
        """Take a whole head; parse it if it is new."""
        lines = data[:end]
        head = heads.find(lines)
        if head is None:
            rest = self._parsed(data)
            if self.keep_alive and self._size == end + 4:  # no interim one has come before it
                self._keep(heads, lines)
            return rest
        self.head, self.keep_alive = head, True
        self._size = end + 4
        self._remaining = head.framing
        self.complete = head.framing == 0
        self._parser = None
        return data[end + 4 :]

    def _keep(self, heads: RepeatedAnswers, lines: bytes) -> None:
        head = self.head
        if head is not None and head.framing >= 0 and head.status not in _NO_BODY:
            heads.keep(lines, head)

    def _parsed(self, data: bytes) -> bytes:
        """Take bytes of the head, and of interim ones before it; return the bytes after it."""
        if not self._size:
            # A new one costs 0.3 us, less than the check whether an old one can be used again.
            self._parser = httptools.HttpResponseParser(self)
        while data:
            held = self._tail + data if self._tail else data
            end = held.find(HEAD_END)
            if end < 0:
                self._tail = held[-3:]
                self._parse(data)
                if self._status:  # pragma: no cover  llhttp is as strict, today
                    raise ResponseInvalid(phrase("headers-unended"))
                break
            cut = end + 4 - len(self._tail)
            self._tail = b""
            self._parse(data[:cut])
            self._judge()
            if self.head is not None:
                return data[cut:]
            data = data[cut:]
        return b""

    def _parse(self, data: bytes) -> None:
        self._size += len(data)
        self._parts.append(data)
        if self._size > MAX_HEAD:
            raise ResponseHeadTooLarge(phrase("headers-too-large", bytes=MAX_HEAD))
        if len(self._begun) <= len(_START):
            self._begun = (self._begun + data[:8])[:8]
            # llhttp would take RTSP for HTTP.
            if not _START.startswith(self._begun[:7]):
                raise ResponseInvalid(phrase("not-http-at-all"))
        self._feed_parser(data)

    def _feed_parser(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:  # pragma: no cover  there is one until a whole answer is in
            return
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # judged by its status
        except httptools.HttpParserError as error:
            raise ResponseInvalid(phrase("response-malformed", reason=str(error))) from error

    def _judge(self) -> None:
        """Judge a head: final, interim or invalid."""
        status, reason = self._status, self._reason
        if reason != b"OK" and _CONTROLS.search(reason):
            raise ResponseInvalid(phrase("reason-phrase"))
        if status >= 200:
            self._final(status, reason)
        elif status == 101 or status < 100:
            raise ResponseInvalid(phrase("unasked-status", status=status))
        else:
            self._parts = []
            self._reason = self._begun = b""
            self._status = 0
            self._parser = httptools.HttpResponseParser(self)

    def _final(self, status: int, reason: bytes) -> None:
        parts, self._parts = self._parts, []
        fields = AnswerFields(parts[0] if len(parts) == 1 else b"".join(parts))
        if self._begun_with_1_0():
            # The parser lets keep-alive win, and Proxy-Connection count.
            connection = fields.known.get(b"connection", ())
            self.keep_alive = self.keep_alive and persists(connection)
        framing = self._framing(fields.known)
        if self._head_only or status in _NO_BODY:
            framing = 0
        if framing >= 0:
            self._remaining = framing
            self.complete = framing == 0
        elif framing == UNTIL_CLOSE:
            self.until_end = True
            self.keep_alive = False
        self.head = ResponseHead(status, reason, fields, framing)
        if framing != CHUNKED:
            self._parser = None

    def _framing(self, known: Known) -> int:
        """Judge the framing; llhttp has refused repeated lengths and both together."""
        codings = known.get(b"transfer-encoding")
        if codings is not None:
            # Passing on "gzip, chunked" without its gzip would corrupt the body.
            if len(codings) > 1 or codings[0].lower() != b"chunked" or self._begun_with_1_0():
                raise ResponseInvalid(phrase("other-coding"))
            return CHUNKED
        lengths = known.get(b"content-length")
        return UNTIL_CLOSE if lengths is None else int(lengths[0])

    def _begun_with_1_0(self) -> bool:
        return self._begun == b"HTTP/1.0"

    # -- body ------------------------------------------------------------------------------

    def _append(self, data: bytes) -> None:
        self.chunks.append(data)
        self.buffered += len(data) + OBJECT

    def _feed_known(self, data: bytes) -> None:
        """Take bytes of a body of known length; the parser would only hand them back."""
        if len(data) > self._remaining:
            data = data[: self._remaining]
            self.keep_alive = False
        self._remaining -= len(data)
        self._append(data)
        self.complete = self._remaining == 0

    def _feed_chunked(self, data: bytes) -> None:
        waiting = len(self.chunks)
        try:
            self._feed_parser(data)
        except ResponseInvalid:
            if not self.complete:
                raise
            self.keep_alive = False  # the answer was whole; further bytes are not for us
        arrived = len(self.chunks) - waiting
        if arrived > 1:
            self._join(arrived)
        self._tail = data[-8:] if len(data) >= 8 else (self._tail + data)[-8:]
        if self.complete:
            self._parser = None
            # llhttp skips line ends after the last chunk, but they are bytes too many as well.
            if len(self._tail) - len(self._tail.rstrip(b"\r\n")) > 4:
                self.keep_alive = False
        elif not arrived:
            self._overhead += len(data)
            if self._overhead > MAX_HEAD:
                raise ResponseInvalid(phrase("response-overhead", bytes=MAX_HEAD))
        else:
            self._overhead = 0

    def _join(self, count: int) -> None:
        """Join the chunks of one read: many tiny ones would take much memory while they wait."""
        self.chunks[-count:] = [b"".join(self.chunks[-count:])]
        self.buffered -= (count - 1) * OBJECT

    # -- called by the parser --------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Start a message; after a whole one there must be none."""
        if self.complete:
            self.keep_alive = False

    def on_status(self, reason: bytes) -> None:
        """Collect the reason phrase."""
        if self.head is None:
            self._reason += reason

    def on_headers_complete(self) -> None:
        """Note the facts that the parser forgets when the message is complete."""
        parser = self._parser
        if self.head is None and parser is not None:
            self._status = parser.get_status_code()
            self.keep_alive = parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        """Collect a part of a chunked body."""
        if not self.complete:
            self._append(data)

    def on_message_complete(self) -> None:
        """Note that a chunked body is whole; all others are counted here."""
        if self.head is not None:
            self.complete = True

"""The bytes of a caller's connection, cut into requests; no socket and no clock in here.

Invariants: each call of `feed` gives one event at most; forms that llhttp accepts and RFC 9112 does
not (blanks in the request line, other protocols, bare LF before it) are refused; heads, trailers
and chunk extensions are bounded.
"""

import logging
import re
from enum import IntEnum

import httptools

from proxy.errors import RequestRefused
from proxy.http1.fields import REQUEST, Lines, Section, persists, values
from proxy.http1.framing import BAD, CHUNKED, HEAD_END, LINE, MAX_HEAD, request_framing
from proxy.http1.repeated_heads import LONGEST
from proxy.http1.repeated_requests import RepeatedRequests
from proxy.http1.request import BodyPart, Request
from proxy.words import phrase

log = logging.getLogger("proxy.listener")

MAX_FIELDS = 2_000  # field lines
_LONG = 3 * MAX_FIELDS  # bytes; less cannot be that many lines
_EMPTY_LINE = 64  # bytes of overhead that an empty line in a chunked body counts for
_LISTS = (b"connection", b"expect", b"prefer")  # they are split into their members
_LONGEST_LIST = 4_096  # bytes
_CHUNKED_HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
# What is plain is shorter than all bounds of a request line, and llhttp takes it as it stands.
_PLAIN_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")}
_PLAIN_LINE = re.compile(
    rb"(%b) (/[!\"$-~]{0,2000}+) HTTP/1\.1(?=\r\n)" % b"|".join(_PLAIN_METHODS)
)
_FIRST_LINE = re.compile(rb"(?:\r\n)*[!-~]+ [!-~]+ HTTP/(1\.[01])\r\n")
_VERSIONS = {b"1\r\n": "1.1", b"0\r\n": "1.0"}
_HANDSHAKE = b"\x16"  # RFC 8446 section 5.1: the first byte of a ClientHello
# RFC 9110 section 5.6.2. No server has longer ones, and counters and log lines would keep them.
_LONGEST_METHOD = 64  # bytes
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_METHOD = rb"%b{1,%d}" % (_TOKEN, _LONGEST_METHOD)
_OTHER_METHOD = re.compile(rb"(?:\r\n)*(%b) [!-~]+ HTTP/1\.[01]\r\n" % _METHOD)
_METHOD_SO_FAR = re.compile(rb"(?:\r\n)*%b(?: |\Z)" % _METHOD)
_LONG_METHOD = re.compile(rb"(?:\r\n)*%b{%d}" % (_TOKEN, _LONGEST_METHOD + 1))
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_SPACED = re.compile(rb"(?:\r\n)*[!-~]+ [!-~]+(?: [!-~]+)+ HTTP/1\.[01]\r\n")
_OTHER_VERSION = re.compile(rb"(?:\r\n)*[!-~]+ [!-~]+ (HTTP/\d+(?:\.\d+)?)\r\n")


Event = Request | BodyPart


class RequestPhase(IntEnum):
    """The part of a request that is read now; up to `FIELDS` it is the head."""

    REQUEST_LINE = 0
    """The request line, or empty lines before it."""
    OTHER_METHOD = 1
    """The line of a method that llhttp does not know: it gets nothing until the line is whole."""
    FIELDS = 2
    COUNTED = 3
    """A body of known length: llhttp gets nothing of it."""
    CHUNKS = 4
    WHOLE = 5
    """The last chunk has come, and the trailers."""


REQUEST_LINE, OTHER_METHOD, FIELDS, COUNTED, CHUNKS, WHOLE = RequestPhase


class RequestParser:
    """Parses one connection's requests, one after the other."""

    __slots__ = (
        "_heads",
        "_line",
        "_lines",
        "_method",
        "_overhead",
        "_parser",
        "_parts",
        "_phase",
        "_remaining",
        "_request",
        "_tail",
        "_url",
        "_version",
        "size",
    )

    def __init__(self, heads: RepeatedRequests | None = None) -> None:
        self._heads = heads or RepeatedRequests()
        self._parser = self._new()
        self._remaining = 0  # bytes of a body of known length
        self._tail = b""  # the last bytes fed: packets may cut the end of a part
        self._overhead = 0
        self._parts: list[bytes] = []  # parts of a chunked body, from this read
        self._version = "1.1"
        self.forget()

    def _new(self) -> httptools.HttpRequestParser:
        parser = httptools.HttpRequestParser(self)
        # Bytes after a request that asked for a close are ignored; they must not break its answer.
        parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return parser

    def forget(self) -> None:
        """Begin anew, without any of the bytes that have come."""
        self.size = 0  # bytes of an incomplete head
        self._phase = REQUEST_LINE
        self._method = ""  # a method that llhttp does not know
        self._line = self._url = self._tail = b""  # _line: the request line, as far as it has come
        self._lines: Lines = []
        self._request: Request | None = None

    @property
    def begun(self) -> bool:
        """Whether more of a head has come than empty lines."""
        return bool(self._line.lstrip(b"\r\n"))

    @property
    def counts(self) -> bool:
        """Whether the next bytes belong to a body of known length: they are not parsed."""
        return self._phase is COUNTED

    @property
    def lines(self) -> Lines:
        """The field lines of the head that has begun, as far as they have come."""
        return self._lines

    def weigh(self) -> int:
        """Return the bytes of memory that an incomplete head takes: it is there twice."""
        return 2 * self.size + LINE * len(self._lines)

    def feed(self, data: bytes, start: int) -> tuple[Event | None, int]:
        """Read ``data`` from ``start`` to the end of one part; return its event, and its end.

        The parts of a body belong to the last request. Raises RequestRefused; nothing more may be
        fed then.
        """
        if self._phase is COUNTED:
            return self._known(data, start)
        if self._phase is CHUNKS:
            return self._chunks(data, start)
        if not self.size and (line := _PLAIN_LINE.match(data, start)):
            at = line.end()
            end = data.find(HEAD_END, at, at + LONGEST) + 4
            if end > at:
                return self._plain(line, data[at + 2 : end - 4], data[start:end]), end
        end = self._boundary(data, start)
        return self._head(data[start:end]), end

    def body(self, data: bytes, start: int) -> tuple[bytes, int]:
        """Return the body of known length that stands whole in ``data``, and its end."""
        end = start + self._remaining
        self._remaining = 0
        self.forget()
        return data[start:end], end

    def close(self) -> None:
        """Drop the parts that refer to this one, at the end of the connection; `feed` no more then.

        The garbage collector runs seldom, and the cycle may hold a whole head.
        """
        del self._parser
        self.forget()

    def _boundary(self, data: bytes, start: int) -> int:
        """Return the end of the bytes that may be fed now.

        A head and a chunked body both end with an empty line. We never feed beyond one, so that
        the parser stops with the request.
        """
        if self._phase <= FIELDS and data[start] in b"\r\n" and not self.begun:
            # Empty lines before a request are one part with it: each alone would cost a pass over
            # all of them.
            start = len(data) - len(data[start:].lstrip(b"\r\n"))
            self._tail = b""
        tail = self._tail
        if tail:
            self._tail = b""
            cut = (tail + data[start : start + 3]).find(HEAD_END)
            if cut >= 0:
                return start + cut + 4 - len(tail)
        end = data.find(HEAD_END, start)
        if end >= 0:
            return end + 4
        self._tail = (tail + data[max(start, len(data) - 3) :])[-3:]
        return len(data)

    def _known(self, data: bytes, start: int) -> tuple[Event, int]:
        """Take bytes of a body of known length: the parser would only hand them back."""
        part = data[start : start + self._remaining]
        self._remaining -= len(part)
        if not self._remaining:
            self.forget()
        return BodyPart(part, last=not self._remaining), start + len(part)

    def _chunks(self, data: bytes, start: int) -> tuple[BodyPart | None, int]:
        """Take the bytes of a chunked body that have come, or those up to its end."""
        end = start
        while end < len(data) and self._phase is CHUNKS:
            begun, end = end, self._boundary(data, end)
            self._overhead += end - begun + _EMPTY_LINE
            self._parse(data[begun:end])
            self._check_overhead()  # before a body that came in one read is called whole
        self._overhead = max(0, self._overhead)
        whole, parts = self._phase is WHOLE, self._parts
        if whole:
            self.forget()
        elif not parts:
            return None, end
        self._parts = []
        # They become one part: many tiny chunks would take much memory while they wait, and many
        # empty lines much time, if each were a part of its own.
        return BodyPart(parts[0] if len(parts) == 1 else b"".join(parts), last=whole), end

    def _plain(self, line: re.Match[bytes], fields: bytes, head: bytes) -> Request | None:
        """Take a whole head that begins with a plain ``line``; parse it if it is new."""
        judged = self._heads.find(fields)
        if judged is None:
            request = self._head(head)
            if request is not None and request.keep_alive and request.framing != CHUNKED:
                self._heads.keep(fields, (request.section, request.framing))
            return request
        section, framing = judged
        method, target = line.groups()
        request = Request(_PLAIN_METHODS[method], target, "1.1", section, framing)
        request.size = len(head)
        if framing:
            self._phase, self._remaining = COUNTED, framing
        return request

    def _head(self, part: bytes) -> Request | None:
        """Take bytes of a head; return the request when it is whole."""
        if self._phase < FIELDS:
            part = part if part.isascii() else self._encoded(part)
            self._line = self._line + part if self.size else part
        self.size += len(part)
        # Before the lines are parsed: 16,000 lines of a few bytes take 6 ms.
        if len(part) > _LONG and part.count(b"\n") > MAX_FIELDS + 2:
            raise self._too_large()
        self._parse(part)
        request = self._request
        if request is None:
            if self.size > MAX_HEAD or len(self._lines) > MAX_FIELDS:
                raise self._too_large()
            if self._phase < FIELDS and b"\n" in self._line.lstrip(b"\r\n"):
                self._check_line()
                # The rest came with it, and waits in the field lines already.
                self._line = self._line[: self._line.find(b" HTTP/") + 11]
        elif request.framing:
            self.size = self._overhead = 0
            if request.framing == CHUNKED:
                self._phase = CHUNKS
            else:
                self._phase = COUNTED
                self._remaining = request.framing
                self._parser = self._new()
        else:
            self.forget()
        return request

    def _parse(self, part: bytes) -> None:
        if self._phase is OTHER_METHOD:
            self._other_method()
            return
        try:
            self._parser.feed_data(part)
        except httptools.HttpParserUpgrade:
            # We do not switch (RFC 9110 section 7.8): the following bytes are HTTP/1.1 as before,
            # first the body of this same request.
            self._parser = self._new()
            if self._request is not None and self._request.framing == CHUNKED:
                self._phase = CHUNKS
                self._parser.feed_data(_CHUNKED_HEAD)
        except httptools.HttpParserError as error:
            unknown = isinstance(error, httptools.HttpParserInvalidMethodError)
            if not (unknown and self._phase <= FIELDS) or self._method:
                raise self._refusal(error) from None
            # At once: a client of another protocol, such as TLS, may never send the line's end.
            if not _METHOD_SO_FAR.match(self._line):
                raise self._refusal(error) from None
            self._phase = OTHER_METHOD
            self._other_method()

    def _other_method(self) -> None:
        """Read a request whose method llhttp does not know, when its line is whole.

        Methods are names without end, and the upstream's business (RFC 9110 section 9.1).
        """
        line = self._line.lstrip(b"\r\n")
        if b"\n" not in line:
            return
        match = _OTHER_METHOD.match(line)
        if match is None:
            raise self._refusal(
                httptools.HttpParserInvalidMethodError("Invalid method encountered")
            )
        self._phase = REQUEST_LINE
        self._method = match[1].decode()
        self._parser = self._new()
        # In its place one that may have a body, and need not.
        self._parse(b"POST" + line[len(match[1]) :])

    def _encoded(self, part: bytes) -> bytes:
        """Percent-encode what is beyond ASCII in the target, as browsers do."""
        line = self._line + part if self.size else part
        begun = len(line) - len(line.lstrip(b"\r\n"))
        end = line.find(b"\n", begun)
        start = max(line.find(b" ", begun, end if end >= 0 else len(line)), begun)
        if line[start : start + 1] != b" ":
            return part  # in the method: it is refused
        known = len(line) - len(part)
        start, end = max(start - known, 0), end - known if end >= 0 else len(part)
        target = _BEYOND_ASCII.sub(lambda byte: b"%%%02X" % ord(byte[0]), part[start:end])
        if len(target) != end - start:
            log.debug("the request target had bytes that are not ASCII; they were percent-encoded")
        return part[:start] + target + part[end:]

    def _refusal(self, error: httptools.HttpParserError) -> RequestRefused:
        cause = error.__context__  # the parser wraps a callback's error
        if isinstance(cause, RequestRefused):
            return cause
        if self._phase <= FIELDS:
            if self._line[:1] == _HANDSHAKE:
                # The caller cannot read this, but a reader of the log can.
                return RequestRefused(400, "malformed", phrase("tls-came"), BAD)
            other = _OTHER_VERSION.match(self._line)
            if other and other[1] not in (b"HTTP/1.1", b"HTTP/1.0"):
                return _other_version(other[1].decode())
            if _LONG_METHOD.match(self._line):  # RFC 9112 section 3
                long = phrase("method-too-long", most=_LONGEST_METHOD)
                return RequestRefused(501, "method", long, phrase("step.registered-method"))
            if _SPACED.match(self._line):
                return RequestRefused(400, "malformed", phrase("space-in-target"), BAD)
        return RequestRefused(400, "malformed", phrase("not-http", reason=str(error)), BAD)

    # -- llhttp's callbacks ----------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        """Collect the target."""
        if self._phase <= FIELDS:
            self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a field line; those after the head are trailers and dropped."""
        if self._phase <= FIELDS:
            self._lines.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """Judge the head."""
        if self._phase is CHUNKS:
            return  # our own head, which puts the parser before a chunked body
        parser = self._parser
        if self._phase < FIELDS:
            self._check_line()
        if self.size > MAX_HEAD or len(self._lines) > MAX_FIELDS:
            raise self._too_large()
        if self.size > _LONGEST_LIST:
            self._check_lists()
        section, version = Section(self._lines, REQUEST), self._version
        framing = request_framing(section.known, version)
        method = self._method or parser.get_method().decode("ascii")
        request = self._request = Request(method, self._url, version, section, framing)
        # With HTTP/1.0 the parser lets keep-alive win, and Proxy-Connection count.
        request.size = self.size
        request.keep_alive = parser.should_keep_alive() and (
            version == "1.1" or persists(section.known.get(b"connection", ()))
        )

    def on_chunk_header(self) -> None:
        """Allow each chunk its line."""
        self._overhead -= 16

    def on_body(self, data: bytes) -> None:
        """Collect a part of a chunked body."""
        self._overhead -= 3 * len(data)
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """Note that a chunked body is whole; other bodies end by their length."""
        if self._phase is CHUNKS:
            self._phase = WHOLE

    # -- bounds and form -------------------------------------------------------------------

    def _check_line(self) -> None:
        """Refuse a request line that is more or less than three words (RFC 9112 section 3)."""
        line = self._line
        self._phase = FIELDS
        # For ordinary lines this takes a quarter of the regular expression's time.
        space = line.find(b" HTTP/1.", 0, line.find(b"\n"))  # in this line, not in a header
        version = _VERSIONS.get(line[space + 8 : space + 11])
        if space > 0 and version and line.count(b" ", 0, space) == 1 and line[0] > 32:
            self._version = version
            return
        match = _FIRST_LINE.match(line)
        if match:
            self._version = match[1].decode()
            return
        other = _OTHER_VERSION.match(line)
        if other:
            raise _other_version(other[1].decode())
        raise RequestRefused(400, "request-line", phrase("request-line"), BAD)

    def _too_large(self) -> RequestRefused:
        if len(self._url) > MAX_HEAD // 2:
            return RequestRefused(414, "target-too-long", phrase("target-too-long"), BAD)
        large = phrase("head-too-large", bytes=MAX_HEAD, fields=MAX_FIELDS)
        return RequestRefused(431, "head-too-large", large, phrase("step.fewer-headers"))

    def _check_lists(self) -> None:
        """Refuse lists of tens of thousands of members: each costs as much as a small request."""
        for name in _LISTS:
            if sum(map(len, values(self._lines, name))) > _LONGEST_LIST:
                long = phrase("list-too-long", name=name.decode(), bytes=_LONGEST_LIST)
                step = phrase("step.fewer-headers")
                raise RequestRefused(431, "head-too-large", long, step)

    def _check_overhead(self) -> None:
        """Bound the overhead of a chunked body: its lines, extensions, trailers and empty lines.

        Each of these is handled by itself, so a body of little else would take much time.
        """
        if self._overhead > MAX_HEAD:
            large = phrase("chunk-overhead")
            raise RequestRefused(400, "chunk-overhead", large, phrase("step.larger-chunks"))


def _other_version(name: str) -> RequestRefused:
    return RequestRefused(505, "version", phrase("other-version", version=name), BAD)

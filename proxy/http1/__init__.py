"""HTTP/1.1 as bytes, without I/O: both parsers, field lines, framing, content codings."""

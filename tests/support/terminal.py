"""A terminal, as far as the program asks."""

import io


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

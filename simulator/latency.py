"""The time that the simulator takes before it answers."""

import re
from dataclasses import dataclass
from random import Random

_DURATION = re.compile(r"^([0-9]+(?:\.[0-9]+)?)(ms|s)?$")
_LONGEST = 3600.0  # seconds


def seconds(text: str) -> float:
    """Read ``2s``, ``250ms`` or a plain number of seconds; raise ValueError otherwise."""
    match = _DURATION.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write 250ms, 2s or 1.5")
    value = float(match[1]) / (1000 if match[2] == "ms" else 1)
    if value > _LONGEST:
        raise ValueError(f"{text!r} is longer than an hour")
    return value


@dataclass(frozen=True, slots=True)
class Latency:
    """A span of seconds to draw from, and now and then a long one (``tail`` of them)."""

    low: float = 0.0
    high: float = 0.0
    tail: float = 0.0
    longest: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Latency":
        """Read a profile's name, one duration, or two with ``..`` between."""
        if text in PROFILES:
            return PROFILES[text]
        low, dots, high = text.partition("..")
        start = seconds(low)
        end = seconds(high) if dots else start
        if end < start:
            raise ValueError(f"{text!r} ends before it starts")
        return cls(start, end)

    def draw(self, random: Random) -> float:
        """Pick the seconds for one request."""
        if self.tail and random.random() < self.tail:
            return self.longest
        return random.uniform(self.low, self.high) if self.high else 0.0


PROFILES = {
    "none": Latency(),
    "near": Latency(0.001, 0.005),
    "far": Latency(0.08, 0.3),
    "slow": Latency(1.0, 3.0),
    "tail": Latency(0.02, 0.06, tail=0.02, longest=2.0),
}

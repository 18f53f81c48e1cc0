"""Durations in words."""

from proxy.words.languages import DEFAULT, Language, decimal


class Span(float):
    """A duration in seconds, as a value of a phrase: worded in its two largest units."""


def span(seconds: float, language: Language = DEFAULT) -> str:
    """Word a duration for people, its two largest units."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return decimal(f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s", language)
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} {'días' if language == 'es' else 'days'} {hours % 24} h"

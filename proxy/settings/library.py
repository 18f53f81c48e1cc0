"""pydantic-settings without what it never uses here.

Left out are the places where we do not look for settings, the look for plug-ins of pydantic's
(the package allows none), and two libraries to unpack archives.
"""

from proxy.later import standing_in

_PLACES = ("aws", "azure", "cli", "gcp", "json", "nested_secrets", "pyproject", "toml", "yaml")

with standing_in(
    *(f"pydantic_settings.sources.providers.{name}" for name in _PLACES),
    *("importlib.metadata", "importlib.resources.abc", "bz2", "lzma"),
):
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

__all__ = ["BaseSettings", "PydanticBaseSettingsSource", "SettingsConfigDict"]

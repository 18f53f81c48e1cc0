"""pydantic-settings without what it never uses here.

That is what would look for plug-ins of pydantic's, since the package allows none, and two libraries
to unpack archives.
"""

from proxy.later import standing_in

with standing_in("importlib.metadata", "bz2", "lzma"):
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

__all__ = ["BaseSettings", "PydanticBaseSettingsSource", "SettingsConfigDict"]

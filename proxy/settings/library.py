"""pydantic-settings without what would look for plug-ins of pydantic's: the package allows none."""

from proxy.later import standing_in

with standing_in("importlib.metadata"):
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

__all__ = ["BaseSettings", "PydanticBaseSettingsSource", "SettingsConfigDict"]

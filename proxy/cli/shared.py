"""The options that several commands have, and their meanings."""

import argparse

from proxy.addresses import ListenAddress
from proxy.admin import client as admin_client
from proxy.settings.sources import Sources, locate


def add_proxy(parser: argparse.ArgumentParser) -> None:
    """Add the option for the running proxy's admin address."""
    parser.add_argument(
        "--admin-listen",
        metavar="HOST:PORT",
        help="admin listener of the running proxy: host:port or unix:/path (BREB_ADMIN_LISTEN;"
        f" default: {admin_client.DEFAULT})",
    )


def sources_of(options: argparse.Namespace) -> Sources:
    """Return the sources of a command's settings: the same object, so that each is read once."""
    if not hasattr(options, "sources"):
        options.sources = locate(options.env_file, options.secrets_dir)
    found: Sources = options.sources
    return found


def proxy_of(options: argparse.Namespace) -> ListenAddress:
    """Return the running proxy's admin address; raise SettingsError if it is wrong."""
    return admin_client.address(options.admin_listen, sources_of(options))

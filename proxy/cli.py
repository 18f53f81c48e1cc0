"""The command line: ``breb-proxy serve``, ``demo``, ``sandbox`` and the operator's levers.

Exit codes: 0 done; 1 it did not work; 2 settings or usage; 3 an address is taken.
Modules are imported where they are used, so that probes start in a fraction of a second.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proxy import __version__

if TYPE_CHECKING:
    from proxy.settings import Settings

EPILOG = """\
settings come from flags, then environment (BREB_NAME), then .env, then files in a secrets
directory (--secrets-dir or BREB_SECRETS_DIR), then defaults; config.example.env explains each.

exit codes: 0 ended well, 1 it did not work, 2 settings or usage, 3 an address is taken
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["sandbox"]:
        from proxy.sandbox.__main__ import main as sandbox

        code: int = sandbox(arguments[1:])
        return code
    parser = _parser(full=arguments[:1] == ["serve"] or arguments[:1] == ["demo"])
    options = parser.parse_args(arguments)
    try:
        code = options.run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    return code


def _parser(*, full: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="breb-proxy",
        description="A local reverse proxy that puts a fresh access token on every request to"
        " Passport's Bre-B API.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"breb-proxy {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    serve = _command(commands, "serve", "run the proxy", _serve)
    demo = _command(commands, "demo", "try it: simulator and proxy, no credentials needed", _demo)
    _command(commands, "sandbox", "run the simulator of the Bre-B API alone", _serve)
    for each in (serve, demo):
        each.add_argument(
            "--secrets-dir", type=Path, metavar="DIR", help="directory of secret files"
        )
        each.add_argument("--env-file", type=Path, metavar="FILE", help="instead of .env")
        if full:
            _setting_flags(each)
    return parser


def _command(commands: Any, name: str, text: str, run: Any) -> argparse.ArgumentParser:  # noqa: ANN401
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=text,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _setting_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting but the secrets: process arguments are public."""
    from proxy.settings import PREFIX, flags

    group = parser.add_argument_group("settings")
    for name, text, default in flags():
        group.add_argument(
            f"--{name.replace('_', '-')}",
            dest=f"setting_{name}",
            metavar="VALUE",
            help=f"{text} [{PREFIX}{name.upper()}; default: {default}]".replace("%", "%%"),
        )


def _load(options: argparse.Namespace, **fixed: Any) -> "tuple[Settings, dict[str, Any]]":  # noqa: ANN401
    from proxy.settings import load, sources

    prefix = "setting_"
    flags = {
        name.removeprefix(prefix): value
        for name, value in vars(options).items()
        if name.startswith(prefix) and value is not None
    }
    secrets_dir = options.secrets_dir or os.environ.get("BREB_SECRETS_DIR")
    env_file = options.env_file or os.environ.get("BREB_ENV_FILE", ".env")
    where = sources(Path(secrets_dir) if secrets_dir else None, Path(env_file))
    return load(fixed | flags, **where), where


def _serve(options: argparse.Namespace) -> int:
    from proxy import logs, server, sockets
    from proxy.errors import SettingsError
    from proxy.settings import unknown

    try:
        settings, where = _load(options)
    except SettingsError as error:
        return _settings_wrong(error.problems)
    as_json = logs.configure(settings.log_level, settings.log_format)
    for warning in unknown(os.environ):
        server.log.warning("%s", warning)
    try:
        callers = sockets.bind(settings.listen)
        admin = sockets.bind(settings.admin_listen)
    except sockets.AddressTaken as error:
        print(f"breb-proxy: {error}", file=sys.stderr)
        return 3
    server.log.info(
        "forwarding http%s://%s to %s (%s); admin on http://%s",
        "s" if settings.tls_cert else "",
        settings.listen,
        settings.base_url,
        settings.base_url.environment,
        settings.admin_listen,
    )
    server.run(server.serve(settings, where, callers, admin, as_json=as_json))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from proxy import logs
    from proxy.addresses import Address
    from proxy.demo import Demo
    from proxy.errors import SettingsError
    from proxy.sockets import AddressTaken

    flags = vars(options)
    try:
        listen = Address.parse(flags.pop("setting_listen", None) or "127.0.0.1:8080")
        admin = Address.parse(flags.pop("setting_admin_listen", None) or "127.0.0.1:8081")
        demo = Demo(listen, admin)
        settings, where = _load(options, **demo.fixed)
    except SettingsError as error:
        return _settings_wrong(error.problems)
    except ValueError as error:
        return _settings_wrong([f"--listen or --admin-listen: {error}"])
    except AddressTaken as error:
        print(f"breb-proxy: {error}", file=sys.stderr)
        return 3
    as_json = logs.configure(settings.log_level, settings.log_format)
    demo.run(settings, where, as_json=as_json)
    return 0


def _settings_wrong(problems: list[str]) -> int:
    for line in problems:
        print(f"breb-proxy: {line}", file=sys.stderr)
    return 2

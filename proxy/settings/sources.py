"""The sources of settings: the environment, an ``.env`` file, a directory of secrets.

Each place is read once, when it is first asked, and kept as it was found. This module imports
nothing heavy: the commands that probes start ask for one setting, and should start fast.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol

from proxy.errors import BadValue, SettingsError
from proxy.settings import dotenv
from proxy.words import Phrase, Said, phrase

PREFIX = "BREB_"
ENVIRONMENT = "environment"


class Source(Protocol):
    """One source, with settings by their full names in capitals, such as ``BREB_LISTEN``."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def names(self) -> Mapping[str, str]:
        """All names that stand in it, in capitals, each as it is written there."""

    def get(self, name: str) -> str | None:
        """Return the value of a name; None if it sets none. Raises SettingsError."""


class Environment:
    """The variables of the process."""

    name = ENVIRONMENT

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.names = {name.upper(): name for name in variables}
        self._values = {name.upper(): value for name, value in variables.items()}

    def get(self, name: str) -> str | None:
        """Return a variable; an empty one is unset."""
        return self._values.get(name) or None


class EnvFile:
    """An ``.env`` file. Access to its contents raises SettingsError if it cannot be read.

    ``named``: the user named it, so it has to exist, and may belong to another user.
    """

    def __init__(self, path: Path, *, named: bool = False) -> None:
        self.path = path
        self.name = str(path)
        self._named = named

    @cached_property
    def text(self) -> str:
        """The whole text."""
        if not self._named:
            dotenv.refuse_foreign(self.path)
        return dotenv.text_of(self.path, named=self._named)

    @cached_property
    def lines(self) -> list[str]:
        """The name of each line, as it is written, as often as it stands there."""
        return dotenv.names(self.text)

    @property
    def names(self) -> dict[str, str]:
        """The same in capitals, each once."""
        return {name.upper(): name for name in self.lines}

    @cached_property
    def values(self) -> dict[str, str]:
        """The values that it sets, by name."""
        return dotenv.assigned(self.text)

    def get(self, name: str) -> str | None:
        """Return the value of a name; an empty one is unset."""
        return self.values.get(name) or None

    @cached_property
    def passed_over(self) -> list[tuple[str, Phrase]]:
        """The lines that set nothing and are no comments, each with words about it."""
        return [
            (line, phrase("file.wrong", path=self.name, what=phrase("file.line", number=number)))
            for number, line in dotenv.unreadable(self.text)
        ]

    def problems(self) -> list[Said]:
        """Return the reasons why it cannot be used: an unreadable line of ours may be a rule."""
        try:
            return [said for line, said in self.passed_over if PREFIX in line.upper()]
        except SettingsError as error:
            return error.problems


class SecretFiles:
    """A directory with one file for each setting: an empty one sets its setting to nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self._read: dict[str, str] = {}

    @cached_property
    def _files(self) -> dict[str, Path]:
        try:
            return {file.name.upper(): file for file in sorted(self.path.iterdir())}
        except FileNotFoundError:
            return {}
        except OSError as error:
            why = dotenv.why_not(self.path, error)
            raise dotenv.wrong(self.path, phrase("file.unreadable", why=why)) from None

    @property
    def names(self) -> dict[str, str]:
        """The names of the files."""
        return {name: file.name for name, file in self._files.items()}

    def problems(self, names: Iterable[str]) -> list[Said]:
        """Return the reasons why files of these names cannot be used."""
        problems: list[Said] = []
        try:
            known = [name for name in names if name in self._files]
        except SettingsError as error:
            return error.problems
        for name in known:
            try:
                self.get(name)
            except SettingsError as error:
                problems += error.problems
        return problems

    def get(self, name: str) -> str | None:
        """Return the text of a file, without the blanks around it."""
        if name not in self._read and name in self._files:
            self._read[name] = dotenv.text_of(self._files[name]).strip()
        return self._read.get(name)


class Sources:
    """All places, of which the first that sets something wins."""

    def __init__(
        self,
        file: Path = Path(".env"),
        folder: Path | None = None,
        environment: Mapping[str, str] = os.environ,
        *,
        named: bool = False,
    ) -> None:
        self._given = (file, folder, environment, named)
        self.environment = Environment(environment)
        self.file = EnvFile(file, named=named)
        self.folder = None if folder is None else SecretFiles(folder)

    def __iter__(self) -> Iterator[Source]:
        """Give the places, the first one first."""
        yield self.environment
        yield self.file
        if self.folder is not None:
            yield self.folder

    def anew(self) -> "Sources":
        """Return the same places, to be read again."""
        file, folder, environment, named = self._given
        return Sources(file, folder, environment, named=named)

    def get(self, name: str) -> str | None:
        """Return one setting as text, reading no more places than it takes.

        Raises SettingsError if a place that may set it cannot be read: the default instead might
        mean another proxy, or no ledger.
        """
        given = (place.get(name) for place in self)
        return next((value for value in given if value is not None), None)

    def any_of(self, prefix: str) -> bool:
        """Report whether a place has a name that begins with ``prefix``."""
        return any(name.startswith(prefix) for place in self for name in place.names)

    def check(self, names: Iterable[str]) -> None:
        """Raise SettingsError with all the reasons why places cannot be read."""
        problems = self.file.problems()
        if self.folder is not None:
            problems += self.folder.problems(names)
        if problems:
            raise SettingsError(problems)


def locate(
    env_file: str | None, secrets_dir: str | None, environment: Mapping[str, str] = os.environ
) -> Sources:
    """Return the sources to read settings from.

    Both arguments are flags; the environment replaces one that is None. Raises SettingsError if the
    directory of secrets is none.
    """
    known = {name.upper(): value for name, value in environment.items()}
    # The last is systemd's, for the files of LoadCredential=.
    folder = secrets_dir or known.get("BREB_SECRETS_DIR") or known.get("CREDENTIALS_DIRECTORY")
    file = env_file or known.get("BREB_ENV_FILE")
    if folder and (problem := _no_directory(Path(folder))):
        raise SettingsError([BadValue(problem).of(f"{PREFIX}SECRETS_DIR")])
    return Sources(
        Path(file or ".env"), Path(folder) if folder else None, environment, named=bool(file)
    )


def _no_directory(folder: Path) -> Phrase | None:
    path = str(folder)
    try:
        if stat.S_ISDIR(folder.stat().st_mode):
            return None
    except FileNotFoundError:
        return phrase("folder.none", path=path)
    except OSError as error:
        return phrase("folder.unreadable", why=str(error.strerror), path=path)
    return phrase("folder.not-one", path=path)

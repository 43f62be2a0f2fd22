"""The migration tools, each with the same set of migrations, and one way to drive them all."""

from __future__ import annotations

import copy
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from psql import Session, literal
from target import DATABASE

CHANGES = ("shares", "objects", "recipients", "alterations", "retirement", "declared", "tenants")
_HERE = Path(__file__).parent
_LIMIT_S = 120

# before these the part that deploys ends
_COMMIT = "\nCOMMIT;\n"
_DOWNGRADE = "\n\n\ndef downgrade():\n"


@dataclass
class Ran:
    """A command that ended, and what the user saw of it."""

    status: int
    output: str


def _insert(file: Path, mark: str, code: str) -> None:
    text = file.read_text()
    assert text.count(mark) == 1
    file.write_text(text.replace(mark, code + mark))


def _execute(statements: Sequence[str]) -> str:
    return "".join(f"\n    op.execute({statement!r})" for statement in statements)


class Tool:
    """A tool with a copy of its migrations, which a test may spoil."""

    source: str
    # when a migration fails, those before it in the same command do not stay either
    undoes_command = False

    def __init__(self, session: Session, folder: Path):
        self.session = session
        self.folder = folder / self.source
        shutil.copytree(_HERE / self.source, self.folder)
        self._process: subprocess.Popen[str] | None = None

    def deploy(self, to: str | None = None) -> Ran:
        """Deploy all that is missing, or up to a change and with it."""
        self.start_deploy(to)
        return self.finish()

    def start_deploy(self, to: str | None = None) -> None:
        """Start to deploy."""
        raise NotImplementedError

    def revert(self, to: str | None = None) -> Ran:
        """Revert everything, or down to a change and without it."""
        raise NotImplementedError

    def last(self) -> str | None:
        """The last change that the tool says is deployed, which is also what its tables say."""
        raise NotImplementedError

    def file(self, change: str) -> Path:
        """The file that deploys a change."""
        return self.folder / "deploy" / f"{change}.sql"

    def revert_file(self, change: str) -> Path:
        """The file that reverts it."""
        return self.folder / "revert" / f"{change}.sql"

    def add(self, change: str, statements: Sequence[str]) -> None:
        """Let a change end with further statements."""
        _insert(self.file(change), _COMMIT, "".join(f"\n{statement};" for statement in statements))

    def add_to_revert(self, change: str, statements: Sequence[str]) -> None:
        """Let its revert end with further statements."""
        _insert(self.revert_file(change), _COMMIT, "".join(f"\n{statement};" for statement in statements))

    def die(self, change: str) -> None:
        """Let the client kill itself at the end of a change."""
        _insert(self.file(change), _COMMIT, "\n\\! kill -9 $PPID")

    def mend(self, change: str) -> None:
        """Put the right files back."""
        for file in {self.file(change), self.revert_file(change)}:
            shutil.copyfile(_HERE / file.relative_to(self.folder.parent), file)

    def start(self, *command: str) -> None:
        """Start a command as a shell does: a process group of its own."""
        environment = {**os.environ, "TZ": "UTC", "PGTZ": "UTC", "PGCLIENTENCODING": "UTF8", "PGDATABASE": DATABASE}
        self._process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def interrupt(self) -> None:
        """What Ctrl+C does."""
        self.send(signal.SIGINT)

    def send(self, number: int) -> None:
        """Send a signal to the tool and the clients that it started."""
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def finish(self) -> Ran:
        """Wait for the command that was started."""
        assert self._process is not None
        try:
            output, _ = self._process.communicate(timeout=_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise
        return Ran(self._process.returncode, output)

    def run(self, *command: str) -> Ran:
        """Run a command."""
        self.start(*command)
        return self.finish()


class Sqitch(Tool):
    """Each script has a BEGIN and a COMMIT of its own; the registry is written afterwards, in another transaction."""

    source = "with_sqitch"
    options: tuple[str, ...] = ("--mode", "change")

    def start_deploy(self, to: str | None = None) -> None:
        self.start("sqitch", "deploy", *self.options, *self._limit(to), f"db:pg:{DATABASE}")

    def revert(self, to: str | None = None) -> Ran:
        return self.run("sqitch", "revert", "-y", *self._limit(to), f"db:pg:{DATABASE}")

    @staticmethod
    def _limit(to: str | None) -> tuple[str, ...]:
        return ("--to-change", to) if to else ()

    def last(self) -> str | None:
        said = self.run("sqitch", "status", f"db:pg:{DATABASE}").output
        name = re.search(r"^# Name: +(\w+)$", said, re.M)
        if name is None:
            assert "No changes deployed" in said or "has not been initialized" in said, said
        expected = list(CHANGES[: CHANGES.index(name[1]) + 1]) if name else []
        if "has not been initialized" not in said:
            assert self.session.values("SELECT change FROM sqitch.changes ORDER BY committed_at") == expected
        return name[1] if name else None


class SqitchAll(Sqitch):
    """As it is without options: when a change fails, those of the same command are reverted by their scripts."""

    options = ()
    undoes_command = True


class Alembic(Tool):
    """All migrations of a command are one transaction, and the table of versions is written in it."""

    source = "with_alembic"
    undoes_command = True
    options: tuple[str, ...] = ()

    def _command(self, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "alembic", *self.options, *arguments)

    def start_deploy(self, to: str | None = None) -> None:
        self.start(*self._command("upgrade", to or "head"))

    def revert(self, to: str | None = None) -> Ran:
        return self.run(*self._command("downgrade", to or "base"))

    def last(self) -> str | None:
        said = self.run(*self._command("current"))
        assert said.status == 0, said.output
        lines = [line for line in said.output.splitlines() if not line.startswith("INFO ")]
        (name,) = (line.removesuffix(" (head)") for line in lines) if lines else (None,)
        if self.session.value("SELECT to_regclass('alembic_version') IS NOT NULL AS made"):
            assert self.session.values("SELECT version_num FROM alembic_version") == ([name] if name else [])
        return name

    def file(self, change: str) -> Path:
        return self.folder / "versions" / f"{change}.py"

    def revert_file(self, change: str) -> Path:
        return self.file(change)

    def add(self, change: str, statements: Sequence[str]) -> None:
        _insert(self.file(change), _DOWNGRADE, _execute(statements))

    def add_to_revert(self, change: str, statements: Sequence[str]) -> None:
        with self.revert_file(change).open("a") as file:
            file.write(_execute(statements))

    def die(self, change: str) -> None:
        _insert(self.file(change), _DOWNGRADE, "\n    __import__('os').kill(__import__('os').getpid(), 9)")


class AlembicEach(Alembic):
    """With `transaction_per_migration`."""

    undoes_command = False
    options = ("-x", "per_migration=yes")


class Psql(Tool):
    """Scripts without BEGIN and COMMIT, all missing ones in `psql --single-transaction`, which also notes them."""

    source = "with_sqitch"
    undoes_command = True

    def start_deploy(self, to: str | None = None) -> None:
        self.session.run("CREATE TABLE IF NOT EXISTS schema_migrations (name text)")
        done = self._done()
        wanted = CHANGES[: CHANGES.index(to) + 1] if to else CHANGES
        steps: list[str] = []
        for change in wanted[len(done) :]:
            script = self.folder / f"{change}.psql"
            script.write_text(re.sub(r"^(BEGIN|COMMIT);$", "", self.file(change).read_text(), flags=re.M))
            steps += ["--file", str(script), "--command", f"INSERT INTO schema_migrations VALUES ({literal(change)})"]
        self.start("psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", *steps)

    def _done(self) -> list[str]:
        return list(self.session.values("SELECT name FROM schema_migrations"))

    def last(self) -> str | None:
        done = self._done()
        assert done == list(CHANGES[: len(done)])
        return done[-1] if done else None


def start_both(tool: Tool) -> tuple[Ran, Ran]:
    """Deploy twice at once."""
    other = copy.copy(tool)
    tool.start_deploy()
    other.start_deploy()
    return tool.finish(), other.finish()


TOOLS: dict[str, type[Tool]] = {
    "sqitch": Sqitch,
    "sqitch_all": SqitchAll,
    "alembic": Alembic,
    "alembic_each": AlembicEach,
    "psql": Psql,
}

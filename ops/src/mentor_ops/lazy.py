"""Commands whose modules are imported when they are asked for, and not for any other command."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from typer.core import TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(TyperGroup):
    """A group that takes its commands from modules."""

    modules: ClassVar[Mapping[str, str]] = {}
    """Command to module; the module's ``app`` is the command."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, in their order."""
        del ctx
        return list(self.modules)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; ``None`` where there is none of that name."""
        if cmd_name in self.modules and cmd_name not in self.commands:
            app = import_module(self.modules[cmd_name]).app
            self.add_command(get_command(app), cmd_name)
        return super().get_command(ctx, cmd_name)

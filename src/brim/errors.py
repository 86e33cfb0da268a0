"""Every error Brim raises on purpose. All derive from `BrimError`."""

from __future__ import annotations

__all__ = [
    "BrimError",
    "BudgetInfeasible",
    "ContextWindowExceededError",
    "HookError",
    "InvalidConversation",
    "MalformedRequest",
    "PluginConflict",
    "PluginError",
    "PluginRequired",
    "SettingsError",
    "UnknownDialect",
    "UnknownPlugin",
]


class BrimError(Exception):
    """Base of every error raised by Brim. All of them survive pickling whole."""

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[BrimError], args: tuple[object, ...], state: dict[str, object]
) -> BrimError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class MalformedRequest(BrimError, ValueError):
    """The input cannot be read as a request of the chosen dialect.

    `index` is the position in the message list, or None when the fault lies
    outside of it; `rule` names the rule that the input breaks.
    """

    def __init__(self, detail: str, *, index: int | None = None, rule: str = "shape") -> None:
        where = "request" if index is None else f"messages[{index}]"
        super().__init__(f"{where}: {detail} [rule: {rule}]")
        self.index = index
        self.rule = rule
        self.detail = detail


class InvalidConversation(BrimError, ValueError):
    """The conversation breaks a provider rule and cannot be sent as it stands."""

    def __init__(self, detail: str, *, index: int | None = None, rule: str = "") -> None:
        where = "conversation" if index is None else f"messages[{index}]"
        super().__init__(f"{where}: {detail}" + (f" [rule {rule}]" if rule else ""))
        self.index = index
        self.rule = rule
        self.detail = detail


class BudgetInfeasible(BrimError, ValueError):
    """What must stay does not fit the budget.

    `minimum` is the smallest budget, in tokens (upper bound), at which the same
    fit succeeds; `budget` is the one that was asked for.
    """

    def __init__(self, minimum: int, budget: int, reason: str) -> None:
        super().__init__(
            f"the conversation cannot fit {budget:,} tokens: {reason} needs at least {minimum:,}"
        )
        self.minimum = minimum
        self.budget = budget
        self.reason = reason


ContextWindowExceededError = BudgetInfeasible
"""The name that users of other libraries look for."""


class UnknownDialect(BrimError, LookupError):
    """No dialect has that name, or none recognizes the request."""


class SettingsError(BrimError, ValueError):
    """A setting is unknown or has a bad value; the text names file, key and nearest match."""


class PluginError(BrimError):
    """A plugin could not be loaded, registered or used.

    `plugin` is its entry-point name, `distribution` and `version` say where it
    came from (empty for plugins that were passed as objects).
    """

    def __init__(
        self, detail: str, *, plugin: str = "", distribution: str = "", version: str = ""
    ) -> None:
        origin = f" ({distribution} {version})".replace(" )", ")") if distribution else ""
        super().__init__(f"plugin {plugin!r}{origin}: {detail}" if plugin else detail)
        self.plugin = plugin
        self.distribution = distribution
        self.version = version
        self.detail = detail


class PluginConflict(PluginError):
    """Two distributions offer a plugin of the same name."""


class PluginRequired(PluginError):
    """A required plugin is missing, blocked, or of another version."""


class UnknownPlugin(PluginError, LookupError):
    """Settings name a plugin that is not there; the text gives near matches."""


class HookError(PluginError):
    """A hook implementation raised, hung, or returned what its contract forbids.

    `hook` is the name of the hook specification.
    """

    def __init__(
        self,
        detail: str,
        *,
        hook: str,
        plugin: str = "",
        distribution: str = "",
        version: str = "",
    ) -> None:
        super().__init__(
            f"{hook}: {detail}", plugin=plugin, distribution=distribution, version=version
        )
        self.hook = hook

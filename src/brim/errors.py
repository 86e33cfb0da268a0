"""Every error Brim raises on purpose. All derive from `BrimError`."""

from __future__ import annotations

__all__ = [
    "BrimError",
    "BudgetInfeasible",
    "ChatError",
    "CompletionError",
    "ContextWindowExceededError",
    "HookError",
    "InputRefused",
    "InvalidConversation",
    "MalformedRequest",
    "PluginConflict",
    "PluginError",
    "PluginRequired",
    "RequestRefused",
    "SettingsError",
    "StoreCorrupt",
    "StoreError",
    "StoreUnsafe",
    "ToolError",
    "UnknownDialect",
    "UnknownHandle",
    "UnknownPlugin",
    "UnknownTranscript",
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


class CompletionError(BrimError):
    """A model could not be asked, or did not answer.

    `kind` is "setup" (nothing was sent: a package or a key is missing), "overflow" (the request
    is too long for the model), "refused" (the provider
    does not take this request: a status of 400 to 499 but 429), "limit" (429), "server" (500
    and above), "connection", "timeout" or "answer" (one that cannot be read). `status` is the
    HTTP status, 0 where there is none. Of an overflow, `window` is the tokens that the model takes
    and `used` what the request was by the provider's count, 0 where it does not say. The text
    never quotes a prompt, an answer or a key.
    """

    def __init__(
        self, detail: str, *, kind: str, status: int = 0, window: int = 0, used: int = 0
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.status = status
        self.window = window
        self.used = used


class ChatError(BrimError):
    """A chat loop cannot do what it was asked for now; the text says why."""


class InputRefused(BrimError, ValueError):
    """An input check does not let through what was typed. `reason` is one word for programs;
    the text never quotes the input. Nothing was kept or sent."""

    def __init__(self, detail: str, *, reason: str = "refused") -> None:
        super().__init__(detail)
        self.reason = reason


class RequestRefused(BrimError):
    """A guard does not admit the request. Nothing was kept or sent.

    `retry_after` is the seconds after which the same request may pass, None where nobody knows or
    waiting does not help. A rate limit says of which `unit` ("requests" or "tokens") its `limit`
    for a minute has how many `remaining`.
    """

    def __init__(
        self,
        detail: str,
        *,
        retry_after: float | None = None,
        unit: str = "",
        limit: int = 0,
        remaining: int = 0,
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.unit = unit
        self.limit = limit
        self.remaining = remaining


class ToolError(BrimError, TypeError):
    """A function cannot be offered to a model as a tool; the text names the fix."""


class UnknownTranscript(BrimError, LookupError):
    """No transcript of that name is kept there for this tenant."""


class UnknownDialect(BrimError, LookupError):
    """No dialect has that name, or none recognizes the request."""


class UnknownHandle(BrimError, LookupError):
    """Nothing is kept under that handle in this conversation, or for this tenant."""


class SettingsError(BrimError, ValueError):
    """A setting is unknown or has a bad value; the text names file, key and nearest match."""


class StoreError(BrimError):
    """A file or directory that Brim keeps things in cannot be used. `path` names it."""

    def __init__(self, path: object, detail: str) -> None:
        super().__init__(f"{path}: {detail}")
        self.path = str(path)
        self.detail = detail


class StoreCorrupt(StoreError):
    """The file is damaged, or something else than a store of Brim. It is left as it is."""


class StoreUnsafe(StoreError):
    """Others than the owner could write there."""


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

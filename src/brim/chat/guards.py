"""What must agree before anything is sent: input checks and guards."""

from __future__ import annotations

from brim.chat.steps import step
from brim.errors import BrimError, CompletionError, HookError, InputRefused, RequestRefused
from brim.model.operations import Request
from brim.road.brim import Brim
from brim.road.reports.fitted import Fitted

__all__ = ["admitted", "checked", "own_error"]


async def checked(brim: Brim, text: str) -> str:
    """The input as all checks leave it. Raises `InputRefused`."""
    if not isinstance(text, str):
        raise InputRefused(f"an input is a str, not a {type(text).__name__}", reason="type")
    with step(brim, "input") as taken:
        taken.facts["characters"] = len(text)
        try:
            return await brim.host.calls.check_input(text)
        except HookError as error:
            found = own_error(error)
            if isinstance(found, InputRefused):
                raise found from None
            raise InputRefused(str(found), reason=error.plugin or "refused") from error


async def admitted(brim: Brim, fitted: Fitted, tenant: str) -> None:
    """Raises `RequestRefused` unless all guards agree to this request."""
    report = fitted.report
    with step(brim, "admit") as taken:
        taken.facts["tokens"] = report.tokens
        request = Request(tenant, report.model, report.tokens)
        if not await brim.host.calls.admit(request):
            names = ", ".join(brim.host.calls.names("admit"))
            raise RequestRefused(f"a guard does not admit this request (guards: {names})")


def own_error(error: HookError) -> BrimError:
    """What a plugin meant to say to users, where it did; else what the kernel says of it."""
    meant = isinstance(error.__cause__, (CompletionError, InputRefused, RequestRefused))
    return error.__cause__ if meant else error  # type: ignore[return-value]  # as just seen

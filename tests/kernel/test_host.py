"""From settings to plugins: what each distribution gets, and what it is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen
from kernel_parts import PROFILE, condense_task

from brim.api import Condensation, Counts, Drop, hookimpl
from brim.errors import PluginConflict, PluginError, PluginRequired, SettingsError, UnknownPlugin
from brim.kernel.host import Host, PluginStatus

Install = Callable[..., None]
MakeHost = Callable[..., Host]


def status(host: Host, name: str) -> PluginStatus:
    (found,) = [status for status in host.statuses() if status.name == name]
    return found


BROKEN = [
    ("import_error", "acme-import-error", "acme_library_that_nobody_has"),
    ("old_api", "acme-old-api", "is made for hook API 0; this Brim has 1: upgrade the plugin"),
    ("old_api", "acme-new-api", "is made for hook API 2; this Brim has 1: upgrade Brim"),
    ("misspelt", "acme-misspelt", "'condence' as a hook, and there is none"),
    ("wrapper", "acme-wrapper", "condense: is a hook wrapper"),
    ("wrapper", "acme-old-wrapper", "condense: is a hook wrapper"),
    ("awaiting", "acme-awaiting", "condense: is a coroutine function, and this hook may not await"),
    ("raising", "acme-raising", "RuntimeError: no licence found"),
    ("raising", "acme-exiting", "SystemExit: 3"),
    ("signatures", "acme-keywords", "count_tokens: takes **kwargs"),
    ("signatures", "acme-stars", "count_tokens: takes *args"),
    ("signatures", "acme-keyword-only", "keyword-only parameter 'profile'"),
    ("signatures", "acme-unknown", "'language', which the hook does not give: (texts,"),
]  # fmt: skip


@pytest.mark.parametrize(("folder", "name", "said"), BROKEN)
def test_a_broken_plugin_is_told_and_the_host_goes_on(
    install: Install,
    make_host: MakeHost,
    warnings_logged: list[str],
    folder: str,
    name: str,
    said: str,
) -> None:
    install("good", folder)
    host = make_host()
    found = status(host, name)
    assert (found.state, found.active, found.order) == ("broken", False, 0)
    assert found.version == "1.0"
    assert said in found.reason
    assert status(host, "acme-log").active
    (line,) = warnings_logged
    assert f"plugin {name!r} ({found.distribution} 1.0): " in line


@pytest.mark.parametrize(("folder", "name", "said"), BROKEN)
def test_strict_raises(
    install: Install, make_host: MakeHost, folder: str, name: str, said: str
) -> None:
    install(folder)
    others = [other for kind, other, _ in BROKEN if kind == folder and other != name]
    with pytest.raises(PluginError) as caught:
        make_host(strict=True, plugins={"disabled": others})
    assert caught.value.plugin == name
    assert said in str(caught.value)


def test_a_misspelt_hook_gets_the_nearest_name(install: Install, make_host: MakeHost) -> None:
    install("misspelt")
    assert "did you mean 'condense'?" in status(make_host(), "acme-misspelt").reason


def test_a_required_plugin_may_not_be_broken(install: Install, make_host: MakeHost) -> None:
    install("raising")
    with pytest.raises(PluginError) as caught:
        make_host(plugins={"required": ["acme-raising"]})
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_the_good_one(install: Install, make_host: MakeHost) -> None:
    install("good")
    host = make_host(strategies=["keep-last"], plugin={"keep-last": {"keep": 4}})
    found = status(host, "keep-last")
    assert (found.distribution, found.version, found.hooks) == ("acme-good", "1.0", ("condense",))
    assert found.active
    assert _condensed(host, "keep-last") == Condensation((Drop((0,)),))


def test_installed_is_not_active(install: Install, make_host: MakeHost) -> None:
    install("good")
    host = make_host()
    assert status(host, "keep-last").state == "idle"
    assert "no setting names it" in status(host, "keep-last").reason
    assert status(host, "acme-log").active
    assert "keep-last" not in host.calls.names("condense")
    assert host.calls.names("monitor_operation")[0] == "acme-log"


def test_the_disabled_is_listed_and_never_imported(install: Install, make_host: MakeHost) -> None:
    install("blocked")
    found = status(make_host(plugins={"disabled": ["acme-blocked"]}), "acme-blocked")
    assert (found.state, found.active) == ("disabled", False)
    assert "plugins.disabled" in found.reason
    assert "acme_blocked" not in sys.modules


def test_the_disabled_that_settings_name_is_left_out(
    install: Install, make_host: MakeHost, warnings_logged: list[str]
) -> None:
    install("good")
    host = make_host(strategies=["keep-last"], plugins={"disabled": ["keep-last"]})
    assert "keep-last" not in host.calls.names("condense")
    (line,) = warnings_logged
    assert "plugin 'keep-last': strategies names it, but it is disabled" in line
    with pytest.raises(PluginRequired, match="change one of the two"):
        make_host(strict=True, strategies=["keep-last"], plugins={"disabled": ["keep-last"]})


def test_a_section_is_checked(install: Install, make_host: MakeHost) -> None:
    install("good")
    with pytest.raises(SettingsError, match=r"plugin\.keep-last\.kep: .*did you mean 'keep'"):
        make_host(plugin={"keep-last": {"kep": 4}})


def test_a_section_for_a_plugin_without_settings(install: Install, make_host: MakeHost) -> None:
    install("good")
    with pytest.raises(SettingsError, match=r"plugin\.acme-log.*takes no settings.*'level'"):
        make_host(plugin={"acme-log": {"level": 3}})


def test_a_name_in_the_wrong_role(install: Install, make_host: MakeHost) -> None:
    install("good")
    with pytest.raises(UnknownPlugin, match=r"strategies names 'acme-log', which has no condense"):
        make_host(strategies=["acme-log"])


class HTTPCounter:
    @hookimpl
    def count_tokens(self, texts: tuple[str, ...]) -> Counts:
        return Counts(tuple(0 for _ in texts))


class Named(HTTPCounter):
    name = "my-counter"


def test_objects_by_name_or_class(make_host: MakeHost) -> None:
    names = [found.name for found in make_host(HTTPCounter(), Named()).statuses()]
    assert names[:2] == ["http-counter", "my-counter"]


def test_a_class_is_made(make_host: MakeHost) -> None:
    host = make_host(HTTPCounter)
    assert host.calls.count_tokens(["abc"], PROFILE).values == (0,)


def test_two_objects_of_one_name(make_host: MakeHost) -> None:
    with pytest.raises(PluginConflict, match="http-counter"):
        make_host(HTTPCounter(), HTTPCounter())


@frozen
class Limits:
    most: int = 5


def test_a_factory_gets_its_settings(make_host: MakeHost) -> None:
    given: list[Limits] = []

    def my_factory(limits: Limits | None = None, extra: int = 1) -> object:
        given.append(limits or Limits(0))
        return HTTPCounter()

    host = make_host(my_factory, plugin={"my-factory": {"most": 7}})
    assert given == [Limits(7)]
    assert status(host, "my-factory").active


def test_a_factory_that_needs_what_nothing_gives(make_host: MakeHost) -> None:
    def my_factory(connection: object) -> object:
        return connection

    found = status(make_host(my_factory), "my-factory")
    assert "its factory needs 'connection'" in found.reason


@pytest.mark.parametrize(
    ("made", "said"), [(None, "gave None"), (object(), "implements no hook"), (3, "implements no")]
)
def test_a_factory_that_makes_no_plugin(make_host: MakeHost, made: object, said: str) -> None:
    def my_factory() -> object:
        return made

    assert said in status(make_host(my_factory), "my-factory").reason


def test_an_unmarked_hook_is_named(make_host: MakeHost) -> None:
    class Forgotten:
        def condense(self, task: object) -> None: ...

    assert (
        "mark condense with brim.api.hookimpl" in status(make_host(Forgotten()), "forgotten").reason
    )


FILE = """
from brim.api import CondenseTask, Condensation, Drop, hookimpl

@hookimpl
def condense(task: CondenseTask) -> Condensation:
    return Condensation((Drop((0,)),))
"""


def test_a_plugin_in_one_file(make_host: MakeHost, tmp_path: Path) -> None:
    path = tmp_path / "drop_first.py"
    path.write_text(FILE)
    host = make_host(files=(path,), strategies=["drop-first"])
    assert status(host, "drop-first").origin == f"file {path}"
    assert _condensed(host, "drop-first") == Condensation((Drop((0,)),))


@pytest.mark.parametrize(("text", "said"), [(None, "there is no file"), ("def (", "SyntaxError")])
def test_a_file_that_cannot_be_loaded(
    make_host: MakeHost, tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    assert said in status(make_host(files=(path,)), "mine").reason


def test_files_of_the_settings(make_host: MakeHost, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    host = make_host(files=(path,), plugins={"files": [str(path)]})
    assert status(host, "mine").active


def test_close_reaches_every_plugin_once(make_host: MakeHost) -> None:
    closed: list[str] = []

    class Bad(HTTPCounter):
        @hookimpl
        def close(self) -> None:
            closed.append("bad")
            raise RuntimeError

    class Good(HTTPCounter):
        @hookimpl
        def close(self) -> None:
            closed.append("good")

    host = make_host(Bad(), Good())
    host.close()
    host.close()
    assert closed == ["bad", "good"]


def test_a_broken_essential_is_an_error(
    make_host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "brim.defaults.token_budget", None)
    with pytest.raises(PluginError) as caught:
        make_host()
    assert caught.value.plugin == "token-budget"
    assert not isinstance(caught.value, PluginRequired)
    host = make_host(insist=False)
    assert [problem.plugin for problem in host.problems] == ["token-budget"]


def _condensed(host: Host, strategy: str) -> Condensation | None:
    conversation = host.calls.condense(strategy, condense_task())
    with pytest.raises(StopIteration) as ended:
        next(conversation)
    result: Condensation | None = ended.value.value
    return result

"""No hook without its facts, its page, its minimal plugin, and a test that uses it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import pluggy
import pytest

from brim import hookspecs

HOOKS = sorted(name for name, value in vars(hookspecs).items() if hasattr(value, "brim_spec"))
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _page(root: Path, name: str) -> str:
    return (root / "docs" / "reference" / "hooks" / f"{name}.md").read_text(encoding="utf-8")


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _minimal_plugin(page: str) -> ModuleType | object:
    """What the page's snippet defines: a module of functions, or one class of methods."""
    namespace = ModuleType("minimal_plugin")
    source = "\n".join(FENCE.findall(page))
    exec(compile(source, "snippet", "exec", dont_inherit=True), vars(namespace))
    for value in list(vars(namespace).values()):
        if inspect.isclass(value) and value.__module__ == namespace.__name__:
            members = [member for _, member in inspect.getmembers(value)]
            if any(hasattr(member, "brim_impl") for member in members):
                return value()
    return namespace


def test_the_hooks_are_found() -> None:
    assert {"count_tokens", "should_trim", "condense", "close"} <= set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_docstring_says_called_gives_error_and_since(generate: ModuleType, name: str) -> None:
    fields = generate.fields(generate.hooks()[name])
    assert all(fields.get(field) for field in ("", *generate.FIELDS))
    assert fields["Since"].isdigit()
    assert int(fields["Since"]) <= hookspecs.HOOK_API


@pytest.mark.parametrize("name", HOOKS)
def test_page_says_what_the_specification_says(generate: ModuleType, root: Path, name: str) -> None:
    page = _page(root, name)
    assert generate.signature(generate.hooks()[name]) in page
    assert page == generate.hook_page(name, page), "run: python docs/generate.py"


@pytest.mark.parametrize("name", HOOKS)
def test_page_has_a_plugin_with_the_exact_arguments(
    root: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plugin = _minimal_plugin(_page(root, name))
    manager = _manager()
    manager.register(plugin)
    manager.check_pending()
    implementations = getattr(manager.hook, name).get_hookimpls()
    assert len(implementations) == 1
    assert implementations[0].argnames == tuple(inspect.signature(vars(hookspecs)[name]).parameters)
    if hasattr(plugin, "close"):
        manager.hook.close()


@pytest.mark.parametrize("name", HOOKS)
def test_a_test_implements_or_names_the_hook(root: Path, name: str) -> None:
    used = re.compile(rf"\bdef {name}\(|[\"'.]{name}[\"'(]")
    tests = [*(root / "tests").rglob("*.py"), *(root / "plugins").glob("*/tests/**/*.py")]
    elsewhere = [path for path in tests if "docs" not in path.relative_to(root).parts]
    assert any(used.search(path.read_text(encoding="utf-8")) for path in elsewhere)


def test_index_lists_every_hook(root: Path) -> None:
    listed = set(re.findall(r"^(\w+)$", _page(root, "index"), re.MULTILINE))
    assert listed == set(HOOKS)

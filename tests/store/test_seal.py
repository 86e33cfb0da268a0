"""Seals: what a cache gives back is believed only where it is what was written there."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from brim.errors import SettingsError, StoreUnsafe
from brim.store.seal import VERSION, Seal
from brim.store.sealing_key import given_key, key_in

SEAL = Seal(b"k" * 32)
NAME = SEAL.name("records", "alice", b"chain")


def test_opens_what_it_closed() -> None:
    for value in (b"", b"x", bytes(range(256)) * 100):
        opened = SEAL.open(NAME, SEAL.close(NAME, value, 1_700_000_000.25))
        assert opened is not None
        assert (opened.value, opened.expires) == (value, 1_700_000_000.25)
    opened = SEAL.open(NAME, SEAL.close(NAME, b"x", None))
    assert opened is not None
    assert opened.expires is None


def test_every_changed_bit_and_every_cut_is_noticed() -> None:
    sealed = SEAL.close(NAME, b"the value", 1_700_000_000.0)
    for place in range(len(sealed)):
        for bit in range(8):
            forged = bytearray(sealed)
            forged[place] ^= 1 << bit
            assert SEAL.open(NAME, bytes(forged)) is None, (place, bit)
        assert SEAL.open(NAME, sealed[:place]) is None
    assert SEAL.open(NAME, sealed + b"\0") is None


def test_a_value_opens_under_its_own_key_tenant_and_space_only() -> None:
    sealed = SEAL.close(NAME, b"the value", None)
    for other in (
        SEAL.name("records", "alice", b"other"),
        SEAL.name("records", "mallory", b"chain"),
        SEAL.name("answers", "alice", b"chain"),
        SEAL.name("records", "alicec", b"hain"),
    ):
        assert other != NAME
        assert SEAL.fault(other, sealed) == "seal"


def test_another_key_another_name_and_nothing_opens() -> None:
    other = Seal(b"o" * 32)
    assert other.name("records", "alice", b"chain") != NAME
    assert SEAL.open(NAME, other.close(NAME, b"the value", None)) is None


def test_another_version_is_told_apart_and_does_not_open() -> None:
    sealed = bytearray(SEAL.close(NAME, b"the value", None))
    sealed[4] = VERSION + 1
    assert SEAL.fault(NAME, bytes(sealed)) == "version"
    assert SEAL.open(NAME, bytes(sealed)) is None


def test_names_tell_nothing() -> None:
    name = SEAL.name("records", "tenant-Zq9", b"sk-planted-secret")
    space, _, digest = name.partition(":")
    assert (space, len(digest)) == ("records", 40)
    assert set(digest) <= set("0123456789abcdef")
    assert "planted" not in repr(SEAL)
    assert repr(SEAL) == "Seal()"


def test_the_key_of_the_environment_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "key"
    key_in(file)
    environ = {"BRIM_CACHE_KEY": "0123456789abcdef"}
    assert given_key(environ, str(file)) == given_key(environ)
    assert given_key({}, str(file)) == key_in(file) != given_key(environ)
    assert given_key({}) is None


def test_a_short_key_is_refused_and_not_shown() -> None:
    with pytest.raises(SettingsError, match="at least 16 characters; make one with") as caught:
        given_key({"BRIM_CACHE_KEY": "sesame"})
    assert "sesame" not in str(caught.value)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"caching\.seal_file: there is no file .*umask 077"):
        given_key({}, str(tmp_path / "none"))


def test_a_made_file_is_for_its_owner_only_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "own" / "cache.key"
    key = key_in(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert key_in(file) == key
    assert key_in(tmp_path / "own" / "other.key") != key
    assert {path.name for path in file.parent.iterdir()} == {"cache.key", "other.key"}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    key_in(file)
    file.chmod(mode)
    for reading in (lambda: given_key({}, str(file)), lambda: key_in(file)):
        with pytest.raises(StoreUnsafe, match="chmod 600"):
            reading()


def test_threads_that_make_it_at_once_agree(tmp_path: Path) -> None:
    file, found = tmp_path / "key", []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        found.append(key_in(file))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1

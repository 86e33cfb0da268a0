"""The cache tier `redis-cache`: what one process writes, all of them read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from attrs import define, field, frozen, validators

from brim.api import SettingsError, StoreError, hookimpl

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["RedisCache", "RedisCacheSettings", "RedisTier"]

T = TypeVar("T")

CHUNK = 500
"""Keys in one command: other clients of the server are not held up by a large batch."""

SCHEMES = ("redis", "rediss", "unix")


@frozen
class RedisCacheSettings:
    """The section `[plugin.redis-cache]`.

    `url` is redis://, rediss:// (TLS) or unix://, and may hold user and password. Each
    key begins with `prefix`. `timeout` is seconds for one answer of the server; a request waits
    for all tiers together no longer than Brim allows.
    """

    url: str = field(default="redis://127.0.0.1:6379/0", repr=False)
    prefix: str = "brim:"
    timeout: float = field(default=0.05, validator=[validators.ge(0.001), validators.le(5.0)])

    @url.validator
    def _known(self, _: object, url: str) -> None:
        if urlsplit(url).scheme not in SCHEMES:
            raise SettingsError(f"url begins with one of {', '.join(f'{s}://' for s in SCHEMES)}")

    @property
    def address(self) -> str:
        """The url without user and password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@define(eq=False)
class RedisTier:
    """Keys below a prefix of one Redis database. Safe for threads.

    Raises `StoreError` when the server cannot be reached or does not answer in time, at once: it
    is the kernel that decides when to try again.
    """

    client: Redis
    prefix: str
    address: str
    reach: ClassVar[str] = "shared"

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for chunk in _chunks(keys):
            values = self._done(lambda: self.client.mget(self._names(chunk)))  # noqa: B023
            pairs = zip(chunk, values, strict=True)
            found |= {key: value for key, value in pairs if isinstance(value, bytes)}
        return found

    def set_many(self, entries: Mapping[str, bytes], ttl: float | None) -> None:
        self._write(entries, ttl, absent=False)

    def add_many(self, entries: Mapping[str, bytes], ttl: float | None) -> int:
        """Write those that are not there yet, each as one step, and count them."""
        return sum(map(bool, self._write(entries, ttl, absent=True)))

    def delete_many(self, keys: Sequence[str]) -> None:
        for chunk in _chunks(keys):
            self._done(lambda: self.client.unlink(*self._names(chunk)))  # noqa: B023

    def keys(self) -> Iterator[str]:
        pattern = "".join(f"\\{c}" if c in "*?[]^-\\" else c for c in self.prefix) + "*"
        names = self.client.scan_iter(match=pattern.encode("utf-8", "surrogatepass"), count=CHUNK)
        while (name := self._done(lambda: next(names, None))) is not None:
            yield name.decode("utf-8", "surrogatepass")[len(self.prefix) :]

    def _write(self, entries: Mapping[str, bytes], ttl: float | None, absent: bool) -> list[Any]:
        life = None if ttl is None else max(1, int(ttl * 1000))
        done: list[Any] = []
        for chunk in _chunks(list(entries)):
            pipe = self.client.pipeline(transaction=False)
            for key, name in zip(chunk, self._names(chunk), strict=True):
                pipe.set(name, entries[key], px=life, nx=absent)
            done += self._done(pipe.execute)
        return done

    def _names(self, keys: Sequence[str]) -> list[bytes]:
        return [f"{self.prefix}{key}".encode("utf-8", "surrogatepass") for key in keys]

    def _done(self, call: Callable[[], T]) -> T:
        from redis import RedisError

        try:
            return call()
        except RedisError as error:
            raise StoreError(self.address, f"Redis: {type(error).__name__}") from error


class RedisCache:
    """Offers the tier `redis-cache`. It connects when it is first used."""

    name = "redis-cache"

    def __init__(self, settings: RedisCacheSettings) -> None:
        self.settings = settings
        self._opened: list[RedisTier] = []

    @hookimpl
    def provide_cache(self, name: str) -> RedisTier | None:
        if name != self.name:
            return None
        settings = self.settings
        tier = RedisTier(_client(settings), settings.prefix, settings.address)
        self._opened.append(tier)
        return tier

    @hookimpl
    def close(self) -> None:
        while self._opened:
            self._opened.pop().client.close()


def _client(settings: RedisCacheSettings) -> Redis:
    """Without retries of its own: with those it has by default, a call to a frozen server takes
    seconds, whatever the timeout."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    given: dict[str, Any] = {"socket_timeout": settings.timeout, "retry": Retry(NoBackoff(), 0)}
    if urlsplit(settings.url).scheme != "unix":
        given |= {"socket_connect_timeout": settings.timeout, "socket_keepalive": True}
    client: Redis = Redis.from_url(settings.url, protocol=2, decode_responses=False, **given)
    _load(client)
    return client


def _load(client: Redis) -> None:
    """What its first connection would load while a request waits: the client's version, and how
    names of hosts are written. That takes longer than all that a request waits for. Newer clients
    read their version anew for each connection, to tell the server; they are asked not to."""
    pool = client.connection_pool
    connection = pool.make_connection()  # connects when it is used, and this one is not
    if hasattr(connection, "driver_info"):
        pool.connection_kwargs["driver_info"] = None
    "localhost".encode("idna")


def _chunks(keys: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk

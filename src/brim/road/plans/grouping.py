"""From messages to exchanges: the smallest closed units."""

from __future__ import annotations

from attrs import Factory, define, frozen

from brim.model.messages import Message, Opaque, Part, Text, ToolResult
from brim.texts import is_note

__all__ = ["Group", "Grouping", "Piece", "speaks"]


@frozen
class Piece:
    """A message's share in an exchange. `parts` None means the whole message."""

    message: int
    parts: tuple[int, ...] | None = None


@define
class Group:
    """An exchange over the raw messages. `pending` holds the calls still unanswered, None where
    there never was one: most exchanges are one message, and empty sets add up."""

    index: int
    pieces: list[Piece] = Factory(list)
    pending: set[str] | None = None
    answered: bool = False
    by_model: bool = False
    from_user: bool = False
    note: bool = False

    @property
    def first(self) -> int:
        return self.pieces[0].message


@define
class Grouping:
    """Groups messages one by one. `owners[i]` are the groups with a piece of message i.

    Instructions (system and developer messages) belong to no group. With `items`,
    an assistant's turn comes as several messages, one for each item.
    """

    items: bool = False
    groups: list[Group] = Factory(list)
    owners: list[tuple[int, ...]] = Factory(list)
    last_user: int | None = None

    def add(self, message: Message) -> None:
        """Put the next message where it belongs."""
        index = len(self.owners)
        if message.is_instruction:
            self.owners.append(())
        elif message.role == "assistant":
            self.owners.append((self._assistant(index, message),))
        else:
            self.owners.append(self._answer(index, message))

    @property
    def open(self) -> Group | None:
        """The exchange at the tail whose calls are not all answered."""
        last = self.groups[-1] if self.groups else None
        return last if last is not None and last.pending else None

    def _assistant(self, index: int, message: Message) -> int:
        calls = {call.id for call in message.calls}
        last = self.groups[-1] if self.groups else None
        if self.items and last is not None and self._continues(last):
            last.pieces.append(Piece(index))
            last.pending = last.pending or set()
            last.pending |= calls
            return last.index
        group = self._start(Piece(index), pending=calls)
        group.by_model = True
        return group.index

    def _continues(self, last: Group) -> bool:
        """Where items are messages of their own: what the model says without a pause belongs
        together, and so does all that comes before the last answer to its calls."""
        return bool(last.pending) or (last.by_model and not last.answered)

    def _answer(self, index: int, message: Message) -> tuple[int, ...]:
        last = self.open
        answers, rest = _divide(message, (last and last.pending) or set())
        if last is None or not answers:
            return (self._user(index, message, None),)
        last.answered = True
        last.pending = last.pending or set()
        last.pending -= {message.parts[i].call_id for i in answers}  # type: ignore[union-attr]
        last.pieces.append(Piece(index, answers if rest else None))
        if not rest:
            return (last.index,)
        return (last.index, self._user(index, message, rest))

    def _user(self, index: int, message: Message, parts: tuple[int, ...] | None) -> int:
        group = self._start(Piece(index, parts))
        shown = message if parts is None else message.only(parts)
        group.note = _only_a_note(shown)
        group.from_user = (
            message.role == "user"
            and not group.note
            and any(
                not isinstance(part, ToolResult) and not _is_field(part) for part in shown.parts
            )
        )
        if group.from_user:
            self.last_user = group.index
        return group.index

    def _start(self, piece: Piece, pending: set[str] | None = None) -> Group:
        group = Group(len(self.groups), [piece], pending or None)
        self.groups.append(group)
        return group


def speaks(message: Message) -> bool | None:
    """Whether these are words of the user's own, as in `Group.from_user`; None where only what
    comes before it can tell."""
    if message.role != "user" or _only_a_note(message):
        return False
    parts = message.parts
    rest = [i for i, one in enumerate(parts) if not isinstance(one, ToolResult | Opaque)]
    rest += [i for i, one in enumerate(parts) if isinstance(one, Opaque) and not _is_field(one)]
    if len(rest) < len(parts) and _only_a_note(message.only(rest)):
        return None
    return bool(rest)


def _divide(message: Message, pending: set[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Positions of the results that answer a pending call, and of all other parts."""
    answers: list[int] = []
    rest: list[int] = []
    for position, part in enumerate(message.parts):
        if isinstance(part, ToolResult) and part.call_id in pending:
            answers.append(position)
        elif not _is_field(part):
            rest.append(position)
    return tuple(answers), tuple(rest)


def _is_field(part: Part) -> bool:
    """Whether it is an unknown field of the message, not a piece of its content."""
    return isinstance(part, Opaque) and part.kind.startswith("field:")


def _only_a_note(message: Message) -> bool:
    """Also where a client has put fields of its own beside it."""
    parts = [part for part in message.parts if not _is_field(part)]
    return (
        message.role == "user"
        and len(parts) == 1
        and isinstance(parts[0], Text)
        and is_note(parts[0].text)
    )

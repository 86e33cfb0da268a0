"""A loop of your own around the library: append, fit, send, append the answer.

    python examples/library_loop.py

Replace `answer` by a call of your provider. Nothing else has to change.
"""

from __future__ import annotations

import brim

BUDGET = 2_000


def answer(messages: list[dict[str, str]]) -> str:
    """The model's part, played here."""
    return f"I was sent {len(messages)} messages. " + "Much more could be said of that. " * 20


def main() -> None:
    with brim.Brim() as app:
        history = [{"role": "system", "content": "You talk a lot."}]
        session = app.session(history, model="gpt-4o", budget=BUDGET)
        for turn in range(1, 31):
            session.append({"role": "user", "content": f"Question {turn}: what were you sent?"})
            fitted = session.fit()
            session.append({"role": "assistant", "content": answer(fitted.messages)})
            report = fitted.report
            print(f"turn {turn:2}: {report.before.tokens:5,} -> {report.after.tokens:5,} tokens")
            assert report.after.upper <= BUDGET


if __name__ == "__main__":
    main()

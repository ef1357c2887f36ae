"""Which turns of a conversation an earlier record of the file had already.

A request to a model repeats the whole talk before it, and a trace has the same request in several spans. So of a record that ends with what
the user said, or with what a tool found for the model,
* a turn at the end, behind which nobody else spoke, is new, for this is the request that it was typed for; but not for another span of the
  same trace;
* a turn before that is new only where the file has no earlier request for it: it holds a part of what was asked, or has the newest first.
  In the latter case the turn's own request comes later, and is not counted again.

A record that ends with the model's answer is a whole conversation, in which all turns are new, unless its conversation has a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from synthgen.text.formats.shape import Dialogue


class EarlierTurns:
    """The turns of the records so far, each as a hash of all that the user said up to it: of a long file the texts would be too many."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._last: set[int] = set()
        self._ahead: set[int] = set()
        self._opened: set[int] = set()

    def repeated(self, turns: Sequence[str | None], dialogue: Dialogue) -> list[bool]:
        """For each of the user's turns of a record, whether it was there before. `turns` are the dialogue's, as they are compared."""
        places = [place for place, text in enumerate(turns) if text is not None]
        if dialogue.answered and not (dialogue.conversation or dialogue.request):
            return [False] * len(places)
        last_other = max((place for place, text in enumerate(turns) if text is None), default=-1)
        history = sum(place < last_other for place in places)
        said = [hash(dialogue.conversation)]
        for place in places:
            said.append(hash((said[-1], turns[place])))
        known = self._repeated(said[1:], history, named=bool(dialogue.conversation))
        return self._in_request(said[1:], known, dialogue.request) if dialogue.request else known

    def _repeated(self, said: list[int], history: int, *, named: bool) -> list[bool]:
        """Whether each turn was there before, of which the first so many are `history`, in a conversation that is `named` or not."""
        is_known = [turn in self._ahead or turn in (self._seen if named else self._last) for turn in said[:history]]
        before = max((number for number, known in enumerate(is_known, 1) if known), default=0)
        later = [turn in self._ahead for turn in said[history:]]
        self._ahead.difference_update(said[history:])
        self._ahead.update(said[before:history])
        self._seen.update(said)
        self._last.update(said[-1:])
        return [number < before for number in range(history)] + later

    def _in_request(self, said: list[int], known: list[bool], request: str) -> list[bool]:
        """The same, where the turns of another record of the same request are known, too."""
        here = [hash((request, turn)) for turn in said]
        result = [is_known or turn in self._seen for turn, is_known in zip(here, known, strict=True)]
        self._seen.update(here)
        return result

    def opens(self, conversation: str) -> bool:
        """Whether nothing was taken of a conversation so far; now something is. One without a name is always a new one."""
        key = hash(conversation)
        is_new = not conversation or key not in self._opened
        self._opened.add(key)
        return is_new

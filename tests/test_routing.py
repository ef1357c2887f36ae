"""A model's answers find their prompts, whatever their order and whichever copy of a prompt they carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace

import pytest
from builders import one_message

from synthgen import api
from synthgen.errors import ModelError
from synthgen.models import Journal, Journalled, ScriptedModel
from synthgen.models.routing import placed
from synthgen.spec.rows import Completion, Prompt


class Copying(ScriptedModel):
    """A model from elsewhere: its completions carry equal prompts, without their origin, and come backwards."""

    def __init__(self) -> None:
        super().__init__(lambda prompt, stream: f" hi {stream.choice(['you', 'there', 'all'])} {stream.randrange(100)}\n")

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        for completion in reversed(list(super().complete(prompts))):
            yield replace(completion, prompt=replace(deepcopy(completion.prompt), origin={}))


@pytest.mark.parametrize("journalled", [True, False])
def test_copies_of_prompts_are_as_good_as_the_prompts(journalled: bool) -> None:
    prompts = [Prompt("a\n-", 1), Prompt("a\n-", 2), Prompt("b\n-", 1, origin={"topic": "x"}), Prompt("a\n-", 1)]
    model = Journalled(Copying(), Journal(None)) if journalled else Copying()
    found = dict(placed(model, prompts))
    assert sorted(found) == [0, 1, 2, 3]
    assert all(found[place].prompt is prompt for place, prompt in enumerate(prompts))
    assert found[0].text == found[3].text


def test_a_table_is_made_by_a_model_that_copies(tmp_path: object) -> None:
    assert len(api.make(one_message(8), out=f"{tmp_path}/out", models={"typist": Copying()}).manifest["files"]) > 1


class Chatty(ScriptedModel):
    """A model that answers more than it is asked."""

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        yield from super().complete([*prompts, Prompt("something else", 0)])


def test_an_answer_to_what_was_not_asked_is_told() -> None:
    with pytest.raises(ModelError, match="answered what it was not asked, or more often: 'something else'"):
        list(placed(Chatty(lambda prompt, stream: " hi\n"), [Prompt("a\n-", 1)]))

"""A recipe from a folder of documents: Claude reads them, and says who will type, what for, and how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from synthgen.advice import Started, recipe_name
from synthgen.advice.asking import ask, brief, question
from synthgen.errors import DataError, ModelError
from synthgen.fields.instructed import TYPES, document
from synthgen.interview.answers import ANSWERS_FILE, as_yaml
from synthgen.interview.led import OUTCOME_WRITTEN
from synthgen.interview.new_files import refuse_taken
from synthgen.interview.outcome import Outcome, answers_of, vocabulary
from synthgen.interview.replies import checked
from synthgen.interview.writing import write
from synthgen.models import ClaudeModel, Model
from synthgen.models.costs import Expected
from synthgen.spec.rows import Prompt

MOST_DOCUMENTS = 50
ACCOUNT = "documents"
"""What the journal books it on, and the name of its prompt."""


def documents_in(place: Path) -> list[Path]:
    """The documents of a folder and of those in it, or the one named. Raises DataError when there are none, or too many."""
    if place.is_file():
        return [place]
    found = sorted(file for file in place.rglob("*") if file.suffix.lower() in TYPES and file.is_file() and not file.name.startswith("."))
    if not found:
        raise DataError(f"{place}: no documents in it", f"a document is a {', '.join(TYPES)} file")
    if len(found) > MOST_DOCUMENTS:
        raise DataError(f"{place}: {len(found)} documents, and at most {MOST_DOCUMENTS} are read", "name a folder with those that matter")
    return found


def documents_prompt(place: Path) -> Prompt:
    """What Claude is asked about the documents of a folder. Raises DataError."""
    documents = [document(file) for file in documents_in(place)]
    return question(brief(ACCOUNT, Outcome, [*documents, vocabulary()]), "Read the documents, and give what a recipe needs.", ACCOUNT)


def documents_cost(model: ClaudeModel, place: Path) -> Expected:
    """What reading the documents costs. Raises DataError, and ModelError where the service cannot be reached."""
    return model.expected([documents_prompt(place)], 1, OUTCOME_WRITTEN)


def from_docs(folder: Path, place: Path, model: Model, *, listen: Callable[[str], None] | None = None) -> Started:
    """Write `recipe.yaml`, its seeds and `answers.yaml` into a folder, from what `model` reads in the documents at a place. `listen` is
    told, in a line, what was read. Raises OutputError, DataError, ModelError."""
    recipe_name(folder)
    refuse_taken(folder, [ANSWERS_FILE])
    prompt = documents_prompt(place)
    if listen:
        documents = prompt.brief.documents[:-1] if prompt.brief else ()
        listen(f"{place}: {len(documents)} document{'s' * (len(documents) != 1)}: {', '.join(one.name for one in documents)}")
    ((outcome, _),) = ask(model, [prompt], Outcome)
    if isinstance(outcome, ModelError):
        raise outcome
    answers = checked(answers_of(outcome), "what Claude read")
    return write(folder, answers, beside={ANSWERS_FILE: as_yaml(answers).splitlines()})

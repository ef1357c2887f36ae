"""What a model on the Hub says of itself, looked through before transformers reads it as that of a folder is."""

from __future__ import annotations

from pathlib import Path

from synthgen.recipe.model_folder import SAYS, Fence, check_words


def checked(name: str, revision: str | None, fence: Fence | None) -> str | None:
    """The newest commit of a revision, of which nothing leads elsewhere, as far as it is known. Raises DataError, and what the Hub's client
    raises when it cannot be reached."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    files, commit = dict[str, Path](), revision
    for file in (*SAYS, "model.safetensors.index.json"):
        try:
            place = Path(hf_hub_download(name, file, revision=commit))
        except EntryNotFoundError:
            continue
        files[file], commit = place, place.parent.name
    check_words(files, fence)
    return commit

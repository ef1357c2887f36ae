"""Texts as tokens and back: with the tokenizers package alone for packed models, through transformers for all others, whose tokenizers may
add what only transformers knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Codec:
    """What gives the tokens of a text that is a whole `frame`, those of a `plain` text within one, and the `text` of tokens; and the tokens
    that a text `ends` with."""

    frame: Callable[[str], list[int]]
    plain: Callable[[str], list[int]]
    text: Callable[[Sequence[int]], str]
    ends: frozenset[int]


def light_codec(folder: Path) -> Codec | None:
    """That of the model in a folder; None where its first token is not known."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    first = tokenizer.token_to_id(str(config.get("bos_token")))
    if first is None:
        return None
    return Codec(
        lambda text: _begun(tokenizer.encode(text).ids, first),
        lambda text: list(tokenizer.encode(text, add_special_tokens=False).ids),
        lambda ids: str(tokenizer.decode(list(ids), skip_special_tokens=False)),
        token_set(tokenizer.token_to_id(str(config.get("eos_token")))),
    )


def transformers_codec(tokenizer: Any) -> Codec:
    """That of a tokenizer of transformers."""
    return Codec(
        lambda text: _begun(tokenizer(text)["input_ids"], tokenizer.bos_token_id),
        lambda text: list(tokenizer(text, add_special_tokens=False)["input_ids"]),
        lambda ids: str(tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)),
        token_set(tokenizer.eos_token_id),
    )


def token_set(ids: int | list[int] | None) -> frozenset[int]:
    """Tokens as configs name them: one, several, or none."""
    return frozenset(ids if isinstance(ids, list) else [] if ids is None else [ids])


def _begun(ids: list[int], first: int | None) -> list[int]:
    return ids if first is None or ids[:1] == [first] else [first, *ids]

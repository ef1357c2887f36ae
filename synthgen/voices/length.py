"""Less or more than a plain sentence: keywords, beginnings and articles left out, and what people say beside the point."""

from __future__ import annotations

import re

from synthgen.voices import lexicon
from synthgen.voices.aims import Aim
from synthgen.voices.courtesy import after_greeting
from synthgen.voices.pieces import UNSPELT, Piece, is_acronym, is_ended, lowered, remove_pieces, split, words

_QUERY = 6  # words of a query, at most, before it is cut at the end of a clause
_NEGATIONS = {"not": "not", "no": "no", "without": "no", "cannot": "cant", "can't": "cant", "can’t": "cant"}
_PHRASES = {
    ("log", "in"),
    ("sign", "in"),
    ("turn", "on"),
}
_PARTICLES = {"up", "out", "off", "back", "down"}
_COUNTED = {"much", "many", "long", "often", "far", "soon", "old", "big"}
_ASKING_HOW = 0.3  # of the questions with a how
_IDLE = {
    "whether", "able", "possible", "possibly", "like", "want", "need", "tell", "told", "know", "still", "already", "again", "just", "got",
    "get", "even",
    "though", "because", "although", "since", "keeps", "keep", "believe", "think", "mine", "also", "else",
}  # fmt: skip
_JOINTS = {"but", "because", "and", "so", "when", "although", "since"}
_OPENERS = [
    re.compile(opener + r"\b", re.IGNORECASE)
    for opener in (
        r"i was wondering (?:if|whether) (?:you|i|there)",
        r"(?:please )?(?:could|can|would) you (?:please )?(?:tell|help|let) me(?: know)?",
        r"i(?:'d|’d| would) (?:really )?like to (?:know|ask)?",
        r"i want to know",
        r"i need to know",
        r"i(?:'m|’m| am)(?= (?:having|getting|looking|trying|not|still|unable))",
        r"i(?= (?:have|had|need|want|just|still|can|can't|cannot|can’t|don't|don’t|didn't|bought|ordered|paid|got|lost|tried|forgot|think|see|keep))",  # noqa: E501
        r"my(?= )",
    )
]
_LONG_WINDED = 15  # words of a message in the middle, from which on a voice says more than is needed
_LEADS = [
    "ok so",
    "so basically",
    "so",
    "right so",
    "well",
    "i mean",
    "so here is the thing",
    "not sure if this is the right place but",
    "this has probably been asked before but",
    "so this might be a silly question but",
    "just a quick one",
    "ok this is going to sound odd but",
    "basically",
    "so yeah",
    "hope you can help me with this",
]
_HEDGES = [
    "you know",
    "like i said",
    "i think",
    "i guess",
    "to be honest",
    "as far as i can tell",
    "more or less",
    "or something like that",
]
_TAILS = [
    "anyway let me know",
    "hope that makes sense",
    "so yeah",
    "just thought i'd ask",
    "anyway that's about it really",
    "i know you must be busy",
    "let me know if you need anything else from me",
    "not sure how else to explain it",
    "i hope i'm in the right place for this",
    "if you see what i mean",
    "maybe it's just me",
    "don't know if that helps",
    "that's all i know",
    "maybe i'm missing something obvious",
    "i thought i should mention it",
]
_LONG = 20  # words of a message that says so
_LONG_TAILS = ["this got longer than i meant it to"]


def to_keywords(pieces: list[Piece], aim: Aim) -> None:
    """Leave only what one would type into a search box."""
    small = lexicon.table("function_words") | lexicon.table("polite") | lexicon.table("greetings")
    word_places = words(pieces)
    greeted = after_greeting(pieces, word_places[0]) if word_places else 0
    word_places = [at for at in word_places if at >= greeted]
    content = [at for at in word_places if is_acronym(pieces, at) or pieces[at].sort in UNSPELT or pieces[at].text.lower() not in small]
    is_keywords = len(content) == len(word_places)
    if aim.voice.keywords is None or not aim.share("keywords", is_keywords) or is_keywords or len(content) < 2:
        return
    telling = [
        at for at in content if pieces[at].text.lower() not in _IDLE and not (pieces[at].text.lower() == "good" and at == word_places[0])
    ]
    content = telling if len(telling) > 1 else content
    if len(content) > _QUERY and not aim.whole:  # the first clauses that say enough
        clauses = [at for at, piece in enumerate(pieces) if piece.sort == "mark" or piece.text.lower() in _JOINTS]
        stop = next((at for at in clauses if sum(place < at for place in content) > 2), len(pieces))
        content = [at for at in content if at < stop or pieces[at].sort in UNSPELT]
    how, kept = aim.whole or aim.stream.random() < _ASKING_HOW, list[Piece]()
    asking = lexicon.table("question_words") if aim.whole else frozenset[str]()
    asked = word_places[: word_places.index(content[-1]) + 1]
    for at, after in zip(asked, [*asked[1:], None], strict=True):
        text = pieces[at].text.lower()
        if at in content:
            kept += [Piece(" ", "space"), pieces[at]]
        elif text in _NEGATIONS or text.endswith(("n't", "n’t")):
            kept += [Piece(" ", "space"), Piece(_NEGATIONS.get(text, "not"), "word")]
        elif _is_particle(kept, text) or text in asking or (text == "how" and ((not kept and how) or _is_counted(pieces, after))):
            kept += [Piece(" ", "space"), pieces[at]]
    pieces[:] = kept[1:]


def _is_counted(pieces: list[Piece], at: int | None) -> bool:
    """Whether a word makes a number of the `how` before it."""
    return at is not None and pieces[at].text.lower() in _COUNTED


def _is_particle(kept: list[Piece], text: str) -> bool:
    """Whether a small word belongs to the keyword before it, as in `top up`."""
    return bool(kept) and ((kept[-1].text.lower(), text) in _PHRASES or text in _PARTICLES)


def shorten(pieces: list[Piece], aim: Aim) -> None:
    """Begin in the middle (`Can you tell me`, `I`), and leave out articles."""
    words_now = len(words(pieces))
    if words_now > 4 and (gap := aim.gap("first_person")) < 0 and aim.happens(-gap):
        _without_opener(pieces)
    if (gap := aim.gap("articles")) < 0:
        articles = lexicon.table("articles")
        for at in reversed(words(pieces)):
            if pieces[at].text.lower() in articles and pieces[at].sort == "word" and at + 2 < len(pieces) and aim.happens(-gap):
                capital = pieces[at].text[0].isupper() and not at
                remove_pieces(pieces, at, at + 1)
                if capital and pieces[at].sort == "word":
                    pieces[at].text = pieces[at].text[0].upper() + pieces[at].text[1:]


def _without_opener(pieces: list[Piece]) -> None:
    text = "".join(piece.text for piece in pieces)
    for opener in _OPENERS:
        if match := opener.match(text):
            length, stop = 0, 0
            while stop < len(pieces) and length < match.end():
                length += len(pieces[stop].text)
                stop += 1
            if (
                length == match.end()
                and not any(piece.sort in UNSPELT for piece in pieces[:stop])
                and sum(piece.sort != "space" for piece in pieces[stop:]) > 2
            ):
                remove_pieces(pieces, 0, stop)
            return


def pad(pieces: list[Piece], aim: Aim) -> None:
    """Say more than is needed, where the voice's messages are longer than this one."""
    if not aim.voice.words or aim.voice.words[2] < _LONG_WINDED or not words(pieces):
        return
    _, low, middle, high, _ = aim.voice.words
    if aim.source and aim.source.words and aim.source.words[2] >= middle:
        return
    missing = aim.stream.triangular(low, high, middle) - len(words(pieces))
    if missing < 4 or not aim.happens(1):
        return
    neat_marks = (aim.voice.commas or 0) > 0.01
    pauses = [at for at, piece in enumerate(pieces) if piece.text == "," or piece.text.lower() in {"but", "and", "because", "so"}][:3]
    if missing > 8 and pauses and pauses[0] > 2:
        at = aim.stream.choice([at for at in pauses if at > 2])
        comma = pieces[at].text == ","
        at += comma
        hedge = split(aim.stream.choice(_HEDGES))
        pieces[at:at] = [Piece(" ", "space"), *hedge, Piece(",", "mark")] if comma else [*hedge, Piece(" ", "space")]
    tails = _TAILS + _LONG_TAILS * (len(words(pieces)) >= _LONG)
    for tail in aim.stream.sample(tails, min(2, int(missing // 7))):
        if is_ended(pieces):
            pieces += [Piece(" ", "space"), *split(tail[0].upper() + tail[1:]), Piece(".", "mark")]
        elif pieces[-1].sort != "mark":
            joint = [Piece(",", "mark")] if neat_marks and aim.stream.random() < 0.6 else []
            also = [Piece(" ", "space"), Piece("and", "word")] if not joint and not tail.startswith(("so", "anyway", "sorry")) else []
            pieces += [*joint, *also, Piece(" ", "space"), *split(tail)]
    start = after_greeting(pieces, words(pieces)[0])
    if start < len(pieces):
        lowered(pieces[start])
        pieces[start:start] = [*split(aim.stream.choice(_LEADS)), Piece(" ", "space")]

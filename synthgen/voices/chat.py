"""Words written shorter, longer or otherwise: contractions, abbreviations and letters drawn out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from synthgen.voices import lexicon
from synthgen.voices.aims import Aim
from synthgen.voices.pieces import UNSPELT, Piece, in_case_of, is_acronym, is_ended, slip, tidy, words

_SHORT = {
    "you": {"u": 49}, "your": {"ur": 36}, "are": {"r": 30}, "please": {"pls": 40, "plz": 33}, "thanks": {"thx": 45, "thnx": 4, "tnx": 4},
    "thank you": {"ty": 32, "thankyou": 8}, "because": {"cuz": 53, "bc": 39, "cos": 18, "coz": 10}, "people": {"ppl": 48},
    "going to": {"gonna": 300}, "want to": {"wanna": 92}, "got to": {"gotta": 300}, "kind of": {"kinda": 200}, "information": {"info": 400},
    "minutes": {"mins": 200}, "hours": {"hrs": 63}, "message": {"msg": 114}, "messages": {"msgs": 100}, "password": {"pw": 25, "pwd": 20},
    "account": {"acc": 12, "acct": 10}, "right now": {"rn": 63}, "at the moment": {"atm": 300}, "to be honest": {"tbh": 300},
    "by the way": {"btw": 400}, "as soon as possible": {"asap": 400}, "i don't know": {"idk": 200}, "don't know": {"dunno": 160},
    "with": {"w": 8, "w/": 6}, "without": {"w/o": 23}, "though": {"tho": 160}, "through": {"thru": 86}, "tomorrow": {"tmrw": 40, "tmr": 20},
    "before": {"b4": 11}, "okay": {"ok": 50}, "number": {"num": 20}, "really": {"rly": 20}, "what": {"wat": 5}, "something": {"smth": 10},
    "different": {"diff": 65}, "definitely": {"def": 46}, "probably": {"prob": 83, "prolly": 27}, "sorry": {"sry": 30, "soz": 10},
    "yes": {"yeah": 100},
    "no problem": {"np": 300}, "let me": {"lemme": 60}, "oh my god": {"omg": 300}, "very": {"v": 20}, "picture": {"pic": 200},
    "pictures": {"pics": 200}, "years": {"yrs": 30}, "week": {"wk": 10}, "never mind": {"nvm": 300}, "anyone": {"any1": 11},
    "want": {"wnt": 2},
    "about": {"abt": 6}, "have": {"hv": 2}, "from": {"frm": 3}, "appointment": {"appt": 60}, "reservation": {"reso": 10},
    "address": {"addr": 10},
}  # fmt: skip
"""What is abbreviated, and how: in a thousand, as counted among people's messages."""
_LIKELY = 12  # from this on an abbreviation is used wherever it can be
_CHAT_ENDS = ["lol", "lol", "asap", "tbh", "tbh"]
# What is meant, but not said
_NO_WORDS = {"laughing", "annoyed", "so so", "oh", "unlucky", "kisses", "love", "ok", "hi", "hey", "hello", "yes", "no"}
_PAIRS = {
    ("do", "not"): "don't", ("does", "not"): "doesn't", ("did", "not"): "didn't", ("is", "not"): "isn't", ("are", "not"): "aren't",
    ("was", "not"): "wasn't", ("has", "not"): "hasn't", ("have", "not"): "haven't", ("will", "not"): "won't", ("can", "not"): "can't",
    ("i", "am"): "I'm", ("i", "will"): "I'll", ("i", "would"): "I'd", ("it", "is"): "it's", ("what", "is"): "what's", ("that",
    "is"): "that's",
}  # fmt: skip
_CONTRACTED = re.compile(r"[a-z]+['’](?:s|t|ll|re|ve|d|m)", re.IGNORECASE)
_DRAWN_OUT = {
    "so": "sooo", "please": "pleaseee", "pls": "plsss", "no": "nooo", "hello": "helloo", "hi": "hiii", "hey": "heyyy", "why": "whyyy",
    "thanks": "thankss",
    "really": "reallyyy", "help": "helppp", "yes": "yesss", "ok": "okkk", "now": "nowww", "sorry": "sorryyy", "soon": "sooon",
    "very": "veryyy", "too": "tooo",
    "long": "looong", "what": "whaaat", "still": "stilll", "all": "alll", "ever": "everrr", "way": "wayyy", "slow": "sloooow",
    "bad": "baddd", "much": "muchhh",
    "again": "againnn", "stop": "stoppp", "never": "neverrr", "ages": "agesss", "wrong": "wronggg", "late": "lateee", "you": "youuu",
    "love": "loveee",
}  # fmt: skip
_DETERMINERS = {"my", "your", "our", "his", "her", "their", "this", "that", "any", "no", "every", "another", "one", "which", "nearest"}
_LONG_DRAWN = re.compile(r"([a-z])\1{2,}", re.IGNORECASE)


def set_apostrophes(pieces: list[Piece], aim: Aim) -> None:
    """Contractions with their apostrophe or without it, in a message all alike; and two words made one where the voice does so."""
    kept, dropped = aim.voice.apostrophes, aim.voice.apostrophes_dropped
    if kept is None and dropped is None:
        return
    total = (kept or 0.0) + (dropped or 0.0)
    if not aim.source and aim.happens(min(0.9, total / 0.05)):
        _make_one(pieces)
    plain = lexicon.contractions()
    with_mark = [piece for piece in pieces if piece.sort == "word" and is_contracted(piece.text)]
    unmarked = [piece for piece in pieces if piece.sort == "word" and piece.text.lower() in plain]
    if not total or not (with_mark or unmarked):
        return

    def shares(voice: object) -> dict[bool, float] | None:
        kept, dropped = (getattr(voice, name) or 0.0 for name in ("apostrophes", "apostrophes_dropped"))
        return {True: dropped / (kept + dropped), False: kept / (kept + dropped)} if kept + dropped else None

    if aim.choose(bool(unmarked), shares):
        for piece in with_mark:
            drop_apostrophe(piece)
    else:
        for piece in unmarked:
            piece.text = in_case_of(piece.text, plain[piece.text.lower()])


def is_contracted(text: str) -> bool:
    """Whether a word has an apostrophe that people leave out."""
    return _CONTRACTED.fullmatch(text) is not None


def drop_apostrophe(piece: Piece) -> None:
    """Type a contraction without its apostrophe."""
    slip(piece, piece.text.lower().replace("'", "").replace("’", ""), "apostrophes_dropped")


def _make_one(pieces: list[Piece]) -> None:
    at = 0
    while at + 4 < len(pieces):  # never at the end: `what it is.`
        first, space, second, gap, after = pieces[at : at + 5]
        at += 1
        if first.sort == second.sort == "word" and space.text == gap.text == " " and after.sort != "mark":
            contraction = _PAIRS.get((first.text.lower(), second.text.lower()))
            if contraction:
                first.was, first.text = f"{first.text} {second.text}", in_case_of(first.text, contraction)
                first.end = max(first.end, second.end)
                del pieces[at : at + 2]


@cache
def _first_words() -> dict[str, list[tuple[list[str], dict[str, int]]]]:
    """The phrases that are abbreviated (words and spaces), by their first word; the longest first."""
    phrases_by_word = dict[str, list[tuple[list[str], dict[str, int]]]]()
    for phrase, short in sorted(_SHORT.items(), key=lambda item: -item[0].count(" ")):
        parts = re.split("( )", phrase)
        phrases_by_word.setdefault(parts[0], []).append((parts, short))
    return phrases_by_word


def abbreviate(pieces: list[Piece], aim: Aim) -> None:
    """Chat words for ordinary ones (u, pls), or the other way round."""
    if aim.voice.chat_words is None:
        return
    long = lexicon.chat_words()
    chat_places = [at for at, piece in enumerate(pieces) if piece.sort == "word" and piece.text.lower() in long]
    change = aim.change("chat_words", len(chat_places), len(words(pieces)))
    if change < 0:
        for at in aim.stream.sample(chat_places, -change):
            if (long_form := long[pieces[at].text.lower()]) not in _NO_WORDS and not (" " in long_form and _is_noun(pieces, at)):
                pieces[at].text = in_case_of(pieces[at].text, long_form)
        return
    candidates = _abbreviable(pieces) if change else []
    for _ in range(min(change, len(candidates))):
        at, stop, short = candidates.pop(aim.stream.choices(range(len(candidates)), [sum(short.values()) for _, _, short in candidates])[0])
        if aim.stream.random() * _LIKELY > sum(short.values()):
            continue
        phrase = "".join(piece.text for piece in pieces[at:stop])
        typed = aim.stream.choices([*short], [*short.values()])[0]
        slip(pieces[at], typed, "chat_words")
        pieces[at].was = phrase
        if phrase.startswith("I ") and at:
            pieces[at].text = typed
        for piece in pieces[at + 1 : stop]:
            piece.text = ""
        change -= 1
    tidy(pieces)
    if change and aim.stream.random() < 0.4 and words(pieces) and not any(piece.kind == "chat_words" for piece in pieces[-2:]):
        end = len(pieces) - is_ended(pieces)
        pieces[end:end] = [Piece(" ", "space"), Piece(aim.stream.choice(_CHAT_ENDS), "word")]


def _is_noun(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a word in the form of an abbreviated phrase names a thing, such as `an atm` or `my local ATM`."""
    before = next((piece.text.lower() for piece in reversed(pieces[:at]) if piece.sort == "word"), "")
    return is_acronym(pieces, at) or before in lexicon.table("articles") or before in _DETERMINERS


def _abbreviable(pieces: Sequence[Piece]) -> list[tuple[int, int, dict[str, int]]]:
    """The places (from, to) where an abbreviation could stand, with its forms and how usual they are."""
    phrases, candidates, free = _first_words(), list[tuple[int, int, dict[str, int]]](), 0
    for at, piece in enumerate(pieces):
        if at < free or piece.sort != "word" or piece.kind:
            continue
        for phrase, short in phrases.get(piece.text.lower(), ()):
            stop = at + len(phrase)
            if [part.text.lower() for part in pieces[at:stop] if part.sort not in UNSPELT] == phrase:
                candidates.append((at, stop, short))
                free = stop
                break
    return candidates


def draw_out(pieces: Sequence[Piece], aim: Aim) -> None:
    """Letters drawn out (sooo), or not."""
    if aim.voice.elongated is None:
        return
    elongated = [piece for piece in pieces if piece.sort == "word" and _LONG_DRAWN.search(piece.text)]
    change = aim.change("elongated", len(elongated), len(words(pieces)))
    for piece in elongated[: max(0, -change)]:
        piece.text = _LONG_DRAWN.sub(r"\1", piece.text)
    fitting = [piece for piece in pieces if piece.sort == "word" and not piece.kind and piece.text.lower() in _DRAWN_OUT]
    for piece in aim.stream.sample(fitting, min(max(0, change), len(fitting), 2)):
        slip(piece, _DRAWN_OUT[piece.text.lower()], "elongated")

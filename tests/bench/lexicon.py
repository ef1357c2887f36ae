"""Makes `synthgen/voices/data/words.txt` and `slips.tsv`: `python tests/bench/lexicon.py CORPORA`.

CORPORA is a folder with messages (`*.jsonl.gz`, a `text` each) and `misspellings.tsv.gz` (correct, typo, source). Only counts and
pairs of words are kept. Prints how many there are, and the sizes.
"""

# ruff: noqa: SIM905 (lists of words are read as text)

from __future__ import annotations

import codecs
import gzip
import importlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from synthgen.voices import lexicon
from synthgen.voices.pairs import CONFUSED

DATA = Path(lexicon.__file__).parent / "data"
FAMILIES = {  # sources that are one people or one maker count as one witness
    "broad_twitter": "tweets", "wnut17_raw": "tweets", "banking77": "polyai", "restaurant8k": "polyai", "clinc150": "assistant",
    "hwu64": "assistant", "snips": "assistant", "rasa_nlu_training": "assistant", "taskmaster3_movies": "taskmaster",
    "taskmaster4_coffee": "taskmaster", "simplequestions": "questions", "webquestions": "questions", "wands_queries": "questions",
    "arena_hard": "prompts", "oasst_prompts": "prompts",
}  # fmt: skip
SKIPPED = re.compile(r"<\w+>|https?://\S+|[@#]\w+|\S*\d\S*")
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
FEW = 40_000  # known words
# Words that the lists hold as typos, but which are words, names or other languages' words; and pairs whose right side is wrong.
WORDS_AFTER_ALL = frozenset(
    "welp damon leafs dota mata ein als oder serie handel cristal tigger shepard malcom ser ist licker claus caf mis tung alle cruze eis "
    "cousines konversation weeknd cruisin thingie exportfs pharmsci noice lazer sade ded mor gam nam som sur lod vas leavin tre mak vai "
    "kunt alls ans fron tha ure convers allo troup nead dont".split()
)
PAIRS = {
    "waht": "what", "ther": "there", "tht": "that", "thay": "they", "thos": "those", "wether": "whether", "rember": "remember",
    "tring": "trying",
    "partion": "partition", "partions": "partitions", "partioning": "partitioning", "sence": "sense", "sais": "said", "whit": "with",
    "fron": "from", "calles": "called", "thet": "that", "foward": "forward", "ment": "meant", "wich": "which", "noe": "not",
    "youd": "you'd",
}  # fmt: skip
SHORT = frozenset("the and you for are not can has how why get but out now who was use".split(" "))  # whose typos of three letters are kept
OFFENSIVE = tuple(
    codecs.decode(
        "avtt snttbg ergneq xvxr pbba genaal phag encr cbea crav intva fuvg shpx ovgpu juber fyhg grnef onfgneq anmv", "rot13"
    ).split()
)
SLURS = tuple(codecs.decode("avtt sntt ergneq genaal xvxr jrgonpx", "rot13").split())
JOINED = {
    "alot": "a lot", "aswell": "as well", "infact": "in fact", "atleast": "at least", "eachother": "each other", "incase": "in case",
    "inspite": "in spite", "noone": "no one", "ofcourse": "of course", "upto": "up to", "goodmorning": "good morning", "abit": "a bit",
    "aslong": "as long", "everytime": "every time", "inorder": "in order", "highschool": "high school", "icecream": "ice cream",
    "creditcard": "credit card", "bankaccount": "bank account", "phonenumber": "phone number", "rightnow": "right now",
    "howmuch": "how much",
    "canyou": "can you", "iam": "i am", "iwant": "i want", "ineed": "i need", "doyou": "do you", "whatis": "what is", "isthere": "is there",
    "letme": "let me", "tobe": "to be", "ihave": "i have", "ican": "i can", "goodevening": "good evening", "needto": "need to",
    "goodafternoon": "good afternoon", "wantto": "want to", "haveto": "have to", "inthe": "in the", "ofthe": "of the", "onthe": "on the",
    "tothe": "to the", "forthe": "for the", "isit": "is it", "andi": "and i", "thatis": "that is", "itis": "it is", "sothat": "so that",
    "inbetween": "in between", "howmany": "how many", "lookingfor": "looking for",
}  # fmt: skip
SPLIT = (
    "up date|up load|down load|any where|every body|some body|any body|in side|out side|be fore|al ways|some where|under stand|after noon|"
    "no thing|no where|how ever|there fore|what ever|when ever|who ever|net work|note book|lap top|desk top|key board|hard ware|soft ware|"
    "fire wall|up grade|home work|break fast|girl friend|boy friend|air port|bed room|bath room|to morrow|to gether|al ready|be cause|"
    "yester day|week end|birth day|web site|pass word|some thing|any thing|every thing|my self|your self|him self|it self|them selves|"
    "our selves|with out|grand mother"
).split("|")  # what never stands beside each other by right, or hardly
MISTAKEN = (
    ("you're", "your"), ("your", "you're"), ("they're", "their"), ("there", "their"), ("their", "there"), ("there", "they're"),
    ("their", "they're"), ("its", "it's"), ("too", "to"), ("to", "too"), ("than", "then"), ("then", "than"), ("lose", "loose"),
    ("losing", "loosing"), ("have", "of"), ("whose", "who's"), ("affect", "effect"), ("quite", "quiet"), ("weather", "whether"),
    ("whether", "weather"), ("advice", "advise"), ("except", "accept"), ("accept", "except"), ("were", "where"), ("where", "were"),
    ("hear", "here"), ("know", "now"), ("no", "know"), ("buy", "by"), ("bought", "brought"), ("off", "of"), ("passed", "past"),
    ("break", "brake"), ("piece", "peace"), ("through", "threw"), ("form", "from"), ("from", "form"), ("been", "being"),
    ("thought", "though"), ("through", "though"), ("write", "right"), ("wait", "weight"),
    ("used to", "use to"), ("supposed to", "suppose to"),
)  # fmt: skip


def main(corpora: Path) -> None:
    """Count, choose, write."""
    counts, pairs = counted(corpora)
    total = sum(counts.values(), Counter[str]())
    lists = pairs_of(corpora)
    names = faker_words()
    typed = {typo for _, typo, _ in lists} - WORDS_AFTER_ALL
    witnesses = {word: sum(word in own for own in counts.values()) for word in total}
    pieces = {word for word in vocabulary() if witnesses.get(word, 0) >= 3}
    certain = ({correct for correct, _, _ in lists} | names | pieces) - typed
    certain -= swapped(certain - pieces - names, total)
    words = known(counts, total, certain, typed)
    write_words(words)
    lexicon.words.cache_clear()
    write_slips(lists, words, total, pairs)
    lexicon.slips.cache_clear()
    kinds = Counter(slip.kind for some in lexicon.slips().values() for slip in some)
    print(f"{len(words)} words, {sum(kinds.values())} slips: {dict(kinds)}")
    print({path.name: path.stat().st_size for path in sorted(DATA.iterdir())})


def counted(corpora: Path) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Words per family, and pairs of neighbouring words in all."""
    families, pairs = defaultdict[str, Counter[str]](Counter), Counter[str]()
    for path in sorted(corpora.glob("*.jsonl.gz")):
        source = path.name.split(".")[0]
        for text in texts(path):
            tokens = WORD.findall(SKIPPED.sub(" ", text).lower().replace("’", "'"))
            families[FAMILIES.get(source, source)].update(tokens)
            pairs.update(f"{one} {other}" for one, other in pairwise(tokens))
    return dict(families), pairs


def texts(path: Path) -> Iterator[str]:
    """The messages of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def pairs_of(corpora: Path) -> list[tuple[str, str, str]]:
    """Correct, typo, source."""
    with gzip.open(corpora / "misspellings.tsv.gz", "rt", encoding="utf-8") as lines:
        next(lines)
        return [(one, two, three) for one, two, three in (line.rstrip("\n").split("\t") for line in lines)]


def faker_words() -> set[str]:
    """Faker's English words, first and last names, cities and streets."""
    found = set[str]()
    for name, tables in (
        ("lorem.en_US", ("word_list",)),
        ("person.en_US", ("first_names", "last_names")),
        ("person.en_GB", ("first_names", "last_names")),
        ("person.en_IN", ("first_names", "last_names")),
        ("address.en_US", ("states", "countries", "city_suffixes", "street_suffixes")),
    ):
        provider = importlib.import_module(f"faker.providers.{name}").Provider
        for table in tables:
            found.update(word for text in getattr(provider, table, ()) for word in WORD.findall(text.lower()) if len(word) > 2)
    return found


def vocabulary() -> set[str]:
    """Pieces of the embedded model's vocabulary that begin a word: most are frequent words of the web."""
    tokens = json.loads((DATA.parents[1] / "models" / "scribbler" / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return {token[1:] for token in tokens if token[0] == "Ġ" and re.fullmatch("[a-z]{3,}", token[1:])}


def swapped(words: set[str], total: Counter[str]) -> set[str]:
    """Those that are a much more frequent word with two letters the wrong way round: mistakes of the lists themselves."""
    turned = ((word, word[:at] + word[at + 1] + word[at] + word[at + 2 :]) for word in words for at in range(len(word) - 1))
    return {word for word, other in turned if total[other] > 200 + 100 * total[word]}


def known(counts: dict[str, Counter[str]], total: Counter[str], certain: set[str], typed: set[str]) -> dict[str, int]:
    """Known words and how many of each there are in ten million: the mean over families, so that none speaks for all."""
    sizes = {family: sum(own.values()) for family, own in counts.items()}
    # Small families are noisy: their weight is their size up to a bound.
    weights = {family: min(size, 300_000) for family, size in sizes.items()}
    short, chat = lexicon.contractions(), lexicon.chat_words()
    chosen = dict[str, int]()
    frequent = {word for word in certain | short.keys() if total[word] >= 200}
    near = deletes(frequent)
    for word in sorted(total.keys() | certain):
        families = sum(word in own for own in counts.values())
        share = sum(weights[family] * own[word] / sizes[family] for family, own in counts.items()) / sum(weights.values())
        listed = word in certain
        if (
            not WORD.fullmatch(word)
            or word in typed
            or word in JOINED
            or word in short
            or (word in chat and not listed)
            or any(slur in word for slur in SLURS)
        ):
            continue
        if re.search(r"(.)\1\1", word) or (len(word) < 3 and not (listed or total[word] > 2000)):
            continue
        if "'" in word and not (
            word in lexicon.contractions().values() or (total[word] > 60 and not word.endswith("'s")) or total[word] > 2000
        ):
            continue
        if not listed:
            if families < 2 or total[word] < (4 if families == 2 else 3):
                continue
            if (
                families < 5
                and len(word) > 3
                and any(total[other] > 60 * total[word] and not grown(word, other) for other in beside(word, near))
            ):
                continue
        chosen[word] = max(1, round(share * 10**7))
    ranked = sorted(chosen.items(), key=lambda item: (-item[1], item[0]))[:FEW]
    return dict(ranked)


def deletes(words: set[str]) -> dict[str, list[str]]:
    """Each word under itself and under all that is left of it when one letter goes."""
    table = defaultdict[str, list[str]](list)
    for word in sorted(words):
        for left in {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}:
            table[left].append(word)
    return table


def beside(word: str, table: dict[str, list[str]]) -> set[str]:
    """Words that are one letter off, or two that changed places."""
    found = {other for left in {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))} for other in table.get(left, ())}
    return {other for other in found if other != word and lexicon.kind_of(other, word) and one_off(other, word)}


def one_off(one: str, other: str) -> bool:
    """Whether one letter is left out, added, changed, or two are swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, left = one[start:], other[start:]
    return rest[1:] == left or rest == left[1:] or rest[1:] == left[1:] or (rest[:2] == left[:2][::-1] and rest[2:] == left[2:])


def grown(word: str, other: str) -> bool:
    """Whether one is the other's plural or other form, or they begin otherwise (names)."""
    return (
        word in (other + "s", other + "d", other + "r", other + "y", other + "e")
        or other in (word + "s", word + "d", word + "r", word + "y")
        or word[0] != other[0]
    )


def write_words(words: dict[str, int]) -> None:
    """A line for each count, rounded to two digits: the count, then the words."""
    lines = defaultdict[int, list[str]](list)
    for word, count in words.items():
        lines[int(float(f"{count:.2g}"))].append(word)
    text = "".join(f"{count} {' '.join(some)}\n" for count, some in sorted(lines.items(), reverse=True))
    (DATA / "words.txt").write_text(text, encoding="utf-8")


def write_slips(lists: list[tuple[str, str, str]], words: dict[str, int], total: Counter[str], pairs: Counter[str]) -> None:
    """A line for each correct word: the word, then its misspellings with kind and times seen."""
    informal = lexicon.chat_words().keys() | lexicon.contractions().keys()
    meant = defaultdict[str, list[tuple[float, str, str]]](list)
    for correct, typo, source in lists:
        correct = PAIRS.get(typo, correct)
        if correct not in words or typo in words or typo in informal or typo in WORDS_AFTER_ALL or not typo.isascii():
            continue
        if (len(typo) < 4 and not (correct in SHORT and len(typo) == 3)) or not (typo.isalpha() and correct.isalpha()):
            continue
        if typo == correct + "s" or any(stem in typo or stem in correct for stem in OFFENSIVE) or re.search(r"(.)\1\1", typo):
            continue
        far = 0 if one_off(correct, typo) else 1 if sorted(correct) == sorted(typo) or abs(len(correct) - len(typo)) <= 1 else 2
        if far == 2 and correct[:2] != typo[:2]:
            continue
        meant[typo].append((words[correct] / 8**far, correct, source))
    slips = defaultdict[str, dict[str, tuple[str, int]]](dict)
    human = {(correct, typo) for correct, typo, source in lists if source == "misspell-dict"}
    for typo, options in meant.items():
        _, correct, _ = max(options)
        seen = total[typo] if total[correct] > total[typo] else 0
        # Unseen ones are kept where one edit does not explain them, or a list that people wrote has them and the word is frequent.
        if seen or (not one_off(correct, typo) and words[correct] >= 300 and (correct, typo) in human):
            slips[correct][typo] = (lexicon.kind_of(correct, typo), seen)
    for typo, correct in JOINED.items():
        if total[typo] and typo not in informal:
            slips[correct][typo] = ("split_or_joined", total[typo])
    for typo in SPLIT:
        slips[typo.replace(" ", "")][typo] = ("split_or_joined", pairs[typo])
    for correct, typo in MISTAKEN:
        slips[correct][typo] = ("confused", confused_seen(correct, typo, pairs))
    lines = []
    for correct, own in sorted(slips.items()):
        some = sorted(own.items(), key=lambda item: (-item[1][1], item[0]))
        lines.append("\t".join([correct, *(f"{typo} {lexicon.KINDS.index(kind)} {seen}" for typo, (kind, seen) in some)]))  # type: ignore[arg-type]
    (DATA / "slips.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def confused_seen(correct: str, typo: str, pairs: Counter[str]) -> int:
    """How often one word stands for another beside a word that tells; once, where nothing tells."""
    seen = 1
    for rule in CONFUSED.strip().splitlines():
        left, right, meant = (side.split() for side in rule.split("|"))
        if correct in meant and (typo in left or typo in right):
            told = ((one, other) for one in left for other in right if typo in (one, other))
            seen += sum(pairs[f"{one} {other}"] for one, other in told)
    return seen


if __name__ == "__main__":
    main(Path(sys.argv[1]))

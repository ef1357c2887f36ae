"""Seeds that are not in English are noted where the embedded model types, which knows no other language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import synthgen
from synthgen.models import ScriptedModel
from synthgen.recipe import load
from synthgen.recipe.notes import notes
from synthgen.voices.english import not_english

ELSEWHERE = {
    "German": "wo ist mein paket|adresse ändern bitte|geld noch nicht zurück|falsche größe gekommen|habe zweimal bezahlt",
    "German without umlauts": "karte weg bitte sperren|falsche groesse gekommen|login geht nicht|app ist kaputt|kein internet seit gestern",
    "French": "ou est mon colis|toujours pas remboursé|mauvaise taille reçue|mon compte est bloqué|j'ai payé deux fois|pk c'est refusé",
    "Spanish": "donde esta mi paquete|quiero cambiar la direccion|me llego la talla equivocada|mi cuenta esta bloqueada",
    "Polish": "gdzie jest moja paczka|chcę zmienić adres|przyszedł zły rozmiar|konto zablokowane|zapłaciłem dwa razy|zgubiłem kartę",
    "Polish without its letters": "gdzie jest moja paczka|chce zmienic adres|przyszedl zly rozmiar|konto zablokowane|zaplacilem dwa razy",
    "Chinese": "我的包裹在哪里|我想改地址|钱还没退|尺码发错了|优惠券用不了",
    "Japanese": "荷物はどこですか|住所を変更したい|返金まだですか|クーポンが使えない",
    "Korean": "택배 어디에 있어요|주소 바꾸고 싶어요|환불 아직 안 됐어요|카드를 잃어버렸어요",
    "Russian": "где моя посылка|хочу поменять адрес|прислали не тот размер|промокод не работает|аккаунт заблокирован",
    "Arabic": "أين طلبي|أريد تغيير العنوان|لم يتم إرجاع المبلغ|المقاس خطأ|الكوبون لا يعمل",
    "Hindi": "मेरा पार्सल कहाँ है|पता बदलना है|पैसे वापस नहीं आए",
    "Dutch": "waar is mijn pakket|ik wil mijn adres wijzigen|verkeerde maat gekregen|account weer geblokkeerd|ik heb twee keer betaald",
    "Turkish": "kargom nerede|adresimi değiştirmek istiyorum|param iade edilmedi|yanlış beden geldi|hesabım kilitlendi|iki kere ödedim",
    "Vietnamese": "gói hàng của tôi đâu|tôi muốn đổi địa chỉ|chưa được hoàn tiền|gửi sai kích cỡ",
}
ENGLISH = {
    "texting": "wya rn|idk bruh smh|cant log in wtf|pls fix asap thx|yo wheres my order at|lmk when its here k|bc i alr paid twice|omw wbu",
    "typos": "my crad got decliend|wher is my ordr|i wnat my mony back plese|acount is loked agian|teh app keeps crahsing|wrong siez",
    "slots": "my <merchant> order <order_id> is late|refund <amount> to ann.lee@example.com|<name> here|https://example.com/a/b",
    "code": "TypeError: undefined is not a function|git rebase -i HEAD~3 fails|npm install react-router-dom|SELECT * FROM users WHERE id=3",
    "names": "Ann Lee|my name is Bartholomew Ngozi|book a table for Okonkwo at Brightwell|flight from Szczecin to Reykjavik on LOT",
    "queries": "cordless drill|philips screws 4x40|pvc elbow 22mm|masonry paint white 10l|garden hose reel|dimmer switch|laminate oak",
    "nothing": "",
    "one word": "paket",
}


@pytest.mark.parametrize("language", ELSEWHERE)
def test_messages_in_another_language_are_found(language: str) -> None:
    assert not_english(ELSEWHERE[language].split("|")) >= 0.4


@pytest.mark.parametrize("manner", ENGLISH)
def test_english_is_english_however_it_is_typed(manner: str) -> None:
    assert not_english(ENGLISH[manner].split("|")) == 0


def test_some_messages_among_english_ones_are_found() -> None:
    english = [f"where is my order number {number} please" for number in range(12)]
    mixed = not_english([*english, *ELSEWHERE["Polish"].split("|")])
    assert 0.2 <= mixed <= 0.4
    assert not_english([*english, "gdzie jest moja paczka"]) == 0


def test_many_messages_are_judged_by_some_of_them() -> None:
    assert not_english(ELSEWHERE["French"].split("|") * 10_000) >= 0.4


@pytest.mark.parametrize(
    "recipe", sorted((Path(__file__).parent.parent / "recipes").glob("*/recipe.yaml")), ids=lambda path: path.parent.name
)
def test_nothing_is_to_be_noted_of_a_recipe_that_ships(recipe: Path) -> None:
    assert list(notes(load(recipe).recipe)) == []


def german(model: str = "", **keys: str) -> dict[str, Any]:
    field = {"kind": "typed", "seeds": ELSEWHERE["German"].split("|"), **keys}
    models = {"models": {"typist": {"kind": "base", "name": model}}} if model else {}
    return {"name": "german", "tables": {"t": {"rows": 2, "fields": {"message": field}}}, **models}


def test_check_and_make_note_it_and_name_the_way_out(tmp_path: Path) -> None:
    (note,) = synthgen.check(german()).notes
    assert note.startswith("t.message: the seed messages are not in English, and scribbler, which types it, knows English only")
    assert "models: {typist: {name: OWNER/NAME}}; see docs/models.md" in note
    told: list[tuple[str, ...]] = []
    made = synthgen.make(german(when="{{ false }}"), out=tmp_path / "out", before=lambda checked: told.append(checked.notes))
    assert note in made.notes
    assert told == [(note,)]


def test_one_topic_in_another_language_is_noted() -> None:
    recipe = german()
    seeds = {"lost": [f"where is my order number {number} please" for number in range(60)], "weg": ELSEWHERE["German"].split("|")}
    recipe["tables"]["t"]["fields"] |= {"intent": {"kind": "choice", "options": ["lost", "weg"]}}
    recipe["tables"]["t"]["fields"]["message"] |= {"seeds": seeds, "topic": "{{ intent }}"}
    assert len(synthgen.check(recipe).notes) == 1


def test_another_model_may_know_the_language(tmp_path: Path) -> None:
    assert list(notes(load(german("google/gemma-3-270m")).recipe)) == []
    model = ScriptedModel(lambda prompt, random: f" wo ist {random.random()}\n")
    assert synthgen.make(german(), out=tmp_path / "out", models={"typist": model}).notes == ()

"""A chat model behind a server: what it is sent, what is read of its answers, what it costs, and what becomes of its errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pyarrow import parquet
from servers.application import AppServer, Asked, Reaction, nobody
from servers.chat import NAME, chat_server, chats, written

from synthgen.api import check, make, preview
from synthgen.errors import LimitError, ModelError, RecipeError
from synthgen.fields.answer import AnswerForm
from synthgen.models import Budget, ChatModel, ScriptedModel
from synthgen.recipe import load
from synthgen.recipe.prices import Prices
from synthgen.spec.rows import Brief, Completion, Document, Prompt, Refusal

FORM = AnswerForm(
    {"type": "object", "properties": {"intent": {"enum": ["refund", "delivery"]}}, "required": ["intent"], "additionalProperties": False}
)
RECIPE = """
    name: shop
    models:
      writer: {{kind: chat, url: {url}, name: tiny-chat{more}}}
    tables:
      traffic:
        rows: {rows}
        fields:
          message: {{kind: choice, options: [where is my parcel, i want my money back, not here yet]}}
          label: {{kind: claude, by: writer, task: Say what it is about., shows: [message], output: {{intent: [refund, delivery]}}}}
          verdict: {{kind: judge, by: writer, of: label.intent, question: Is it right?}}
"""


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SYNTHGEN_CHAT_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def model(server: AppServer, **options: Any) -> ChatModel:
    return ChatModel(server.address, NAME, **({"first_pause": 0.001} | options))


def some(count: int = 8, **brief: Any) -> list[Prompt]:
    return [Prompt(f"Which is {number}?", 2**40 + number, brief=Brief("Be short.", **brief)) for number in range(count)]


def capable(body: Mapping[str, Any]) -> str:
    """What a good model answers to the fields of the recipe, whether it is given a schema or words alone."""
    judges = "Is it right?" in str(body["messages"]) or "Is it really right?" in str(body["messages"])
    return json.dumps({"reasons": "so it is", "answer": True} if judges else {"intent": "refund"})


def recipe(folder: Path, server: AppServer, *, rows: int = 6, more: str = "") -> Path:
    file = folder / "recipe.yaml"
    file.write_text(dedent(RECIPE).format(url=server.address, rows=rows, more=more), encoding="utf-8")
    return file


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for file in sorted((folder / "traffic").glob("*.parquet")) for row in parquet.read_table(file).to_pylist()]


def one(reaction: Any, **options: Any) -> Completion:
    """The completion of a prompt that a server answers so."""
    with chat_server(react=lambda asked, number: Reaction(reaction)) as server:
        (completion,) = model(server, **options).complete(some(1))
    return completion


def failing(react: Callable[[Asked, int], Reaction | None], **options: Any) -> ModelError:
    """The error that ends the asking of a server that reacts so."""
    with chat_server(react=react) as server, pytest.raises(ModelError) as caught:
        list(model(server, **options).complete(some()))
    return caught.value


# What is sent


def test_the_brief_goes_first_and_the_row_last():
    papers = (Document("policy.md", "text/plain", "Refunds take </document> five days."),)
    talk = Prompt(
        "And now?", 5, brief=Brief("Be short.", papers, effort="low", thinking="off"), turns=(("user", "Hi"), ("assistant", "Yes?"))
    )
    with chat_server() as server:
        (completion,) = model(server).complete([talk])
        (body,) = chats(server)
    assert completion.text == "fine"
    system, first, reply, last = body["messages"]
    assert system == {"role": "system", "content": "Be short."}
    assert first["content"] == '<document_ name="policy.md">\nRefunds take </document> five days.\n</document_>\n\nHi'
    assert (reply["role"], last["content"]) == ("assistant", "And now?")
    assert body["reasoning_effort"] == "low"
    assert body["chat_template_kwargs"] == {"enable_thinking": False, "thinking": False}
    assert body["max_tokens"] == 8192
    assert body["seed"] == 5
    assert "temperature" not in body


def test_a_form_is_asked_for_by_its_schema():
    with chat_server() as server:
        list(model(server).complete(some(1, schema=FORM.schema)))
        form = chats(server)[0]["response_format"]
    assert form["json_schema"]["schema"] == json.loads(FORM.schema)
    assert form["json_schema"]["strict"] is True


def test_a_schema_with_parts_that_may_be_missing_is_no_strict_one():
    loose = json.dumps({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]})
    with chat_server() as server:
        list(model(server).complete(some(1, schema=loose)))
        assert chats(server)[0]["response_format"]["json_schema"]["strict"] is False


@pytest.mark.parametrize(
    ("trouble", "missing", "left_out"),
    [
        ({"schemas": False}, "response_format", ["response_format"]),
        ({"refuses": ("seed",)}, "seed", ["seed"]),
        ({"refuses": ("reasoning_effort", "chat_template_kwargs")}, "reasoning_effort", ["chat_template_kwargs", "reasoning_effort"]),
        ({"newer": True}, "max_tokens", []),
    ],
    ids=["schema", "seed", "thinking", "limit"],
)
def test_what_a_server_does_not_take_is_left_out_from_then_on(trouble, missing, left_out):
    with chat_server(**trouble) as server:
        asking = model(server)
        completions = list(asking.complete(some(10, schema=FORM.schema, effort="low", thinking="off")))
        bodies = chats(server)
    assert len(completions) == 10
    assert missing in bodies[0]
    assert not any(missing in body for body in bodies[-10:])  # found out by the first, which goes alone
    assert len(bodies) == 10 + max(1, len(left_out))
    assert asking.left_out == left_out


def test_a_model_without_a_system_role_reads_the_same_in_its_first_message():
    with chat_server(system=False) as server:
        asking = model(server)
        assert len(list(asking.complete(some(5)))) == 5
        assert chats(server)[-1]["messages"][0]["content"].startswith("Be short.\n\nWhich is ")
        assert asking.left_out == []


def test_another_schema_is_tried_where_one_was_refused():
    def picky(asked: Asked, number: int) -> Reaction | None:
        refused = "intent" in json.dumps(asked.body.get("response_format", ""))
        return Reaction({"error": {"message": "Unsupported JSON schema: enum"}}, 400) if refused else None

    other = json.dumps({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})
    with chat_server(react=picky) as server:
        asking = model(server)
        list(asking.complete([*some(2, schema=FORM.schema), *some(2, schema=other)]))
        assert sum("response_format" in body for body in chats(server)) == 3


def test_an_answer_gets_the_room_that_there_is():
    with chat_server(context=300) as server:
        (completion,) = model(server).complete(some(1))
        assert ["max_tokens" in body for body in chats(server)] == [True, False]
    assert completion.text == "fine"


# What is read


def test_usage_is_read_and_no_price_is_made_up():
    completion = one(
        written("fine", 40)
        | {
            "usage": {
                "prompt_tokens": 40,
                "completion_tokens": 9,
                "prompt_tokens_details": {"cached_tokens": 30},
                "completion_tokens_details": {"reasoning_tokens": 5},
            }
        }
    )
    assert (completion.tokens_in, completion.tokens_cached, completion.tokens_out, completion.tokens_thinking) == (40, 30, 9, 5)
    assert completion.cost is None


def test_prices_of_the_recipe_give_the_cost():
    completion = one(written("fine", 40), prices=Prices(input=1, output=10, cache_read=0.5))
    assert completion.cost == pytest.approx((20 * 1 + 20 * 0.5 + 2 * 10) / 1e6)


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": "many"}, 3])
def test_strange_usage_is_no_usage(usage):
    assert one(written("fine") | {"usage": usage}).tokens_out == 0


@pytest.mark.parametrize(
    ("choice", "reason", "detail"),
    [
        (written(None, refusal="I cannot help with that."), "declined", "I cannot help with that."),
        (written("half of", finish="content_filter"), "declined", "a content filter stopped it"),
        (written(None, tool_calls=[{"function": {"name": "search"}}]), "declined", "called a tool in place of an answer: search"),
        (written('{"intent": "ref', finish="length"), "cut off", "give it more tokens"),
        (written("I think it is a refund."), "malformed", "not JSON"),
        (written('{"intent": "weather"}'), "malformed", "none of its options"),
        (written(""), "empty", ""),
        (written("<think>hm, a refund", finish="length"), "cut off", "tokens"),
    ],
    ids=["refusal", "filter", "tool", "cut off", "no JSON", "misfit", "empty", "only thoughts"],
)
def test_an_answer_that_cannot_be_used_has_a_name(choice, reason, detail):
    refusal = FORM.read(one(choice))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason
    assert detail in refusal.detail


@pytest.mark.parametrize(
    "text",
    [
        '{"intent": "refund"}',
        '```json\n{"intent": "refund"}\n```',
        '<think>\nmoney back?\n</think>\n\n{"intent": "refund"}',
        'money back?\n</think>{"intent": "refund"}',
        [{"type": "text", "text": '{"intent": '}, {"type": "text", "text": '"refund"}'}],
    ],
    ids=["plain", "fence", "thoughts", "end of thoughts", "parts"],
)
def test_an_answer_is_read_as_each_server_gives_it(text):
    answer = written("x")
    answer["choices"][0]["message"]["content"] = text
    answer["choices"][0]["message"]["reasoning_content"] = "money back?"
    assert FORM.read(one(answer)).value == {"intent": "refund"}


def test_an_answer_without_a_choice_is_asked_for_again_and_then_not_answered():
    with chat_server(react=lambda asked, number: Reaction({"choices": []}) if "is 3?" in str(asked.body) else None) as server:
        completions = {completion.prompt.text: completion for completion in model(server).complete(some())}
    lost = completions.pop("Which is 3?")
    assert (lost.finish, lost.text) == ("error", "its answer has no choice in it")
    assert {completion.finish for completion in completions.values()} == {"stop"}
    assert "no choice" in failing(lambda asked, number: Reaction({"choices": []})).message


def test_a_prompt_that_is_too_long_is_not_answered_and_others_are():
    prompts = [*some(3), Prompt("word " * 2000, 9, brief=Brief("Be short."))]
    with chat_server(context=1000) as server:
        completions = list(model(server).complete(prompts))
    assert sorted(completion.finish for completion in completions) == ["error", "stop", "stop", "stop"]


def test_a_pdf_is_not_sent():
    paper = Brief("", (Document("guide.pdf", "application/pdf", "JVBERg=="),))
    with chat_server() as server:
        (completion,) = model(server).complete([Prompt("What?", 1, brief=paper)])
        assert server.asked == []
    assert (completion.finish, completion.text) == ("error", "a chat server takes no PDF: guide.pdf")


# What is asked again


@pytest.mark.parametrize(
    "trouble",
    [
        Reaction({"error": {"message": "slow down"}}, 429, {"retry-after": "0.01"}),
        Reaction({"error": {"message": "Loading model"}}, 503),
        Reaction("oh no", 500),
        Reaction(hang_up=True),
        Reaction(written("fine"), halfway=True),
        Reaction("<html>hello</html>"),
        Reaction(written("fine", finish="abort")),
        Reaction({"choices": [{"text": "of the other call"}]}),
    ],
    ids=["429", "503", "500", "hangs up", "halfway", "not JSON", "aborted", "no message"],
)
def test_what_passes_is_asked_again(trouble):
    with chat_server(react=lambda asked, number: trouble if number % 3 == 1 else None) as server:
        assert {completion.text for completion in model(server).complete(some())} == {"fine"}


def test_no_more_are_under_way_than_the_recipe_says():
    with chat_server(react=lambda asked, number: time.sleep(0.01)) as server:
        assert len(list(model(server, concurrency=3).complete(some(30)))) == 30
        assert server.most <= 3


# Errors in words


def test_nobody_there():
    with pytest.raises(ModelError, match="nobody answers there") as caught:
        list(ChatModel(nobody().removesuffix("/chat"), NAME).complete(some()))
    assert "llama-server" in caught.value.hint


def test_a_model_that_the_server_does_not_have():
    with chat_server() as server, pytest.raises(ModelError, match="no such model") as caught:
        list(ChatModel(server.address, "tiny-chatt").complete(some()))
    assert caught.value.hint == "did you mean 'tiny-chat'?"


def test_a_server_that_does_not_chat():
    with chat_server(base_only=True) as server, pytest.raises(ModelError, match="it does not chat") as caught:
        list(model(server).complete(some()))
    assert "kind: completions" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, {"error": "Unauthorized"}, "SYNTHGEN_CHAT_KEY"),
        (402, {"error": {"message": "Insufficient credits"}}, "add credit"),
        (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, "add credit"),
        (400, {"error": {"message": "request (6027 tokens) exceeds the available context size (2048 tokens)"}}, "more context"),
        (400, {"error": {"message": "no"}}, "preview --prompts"),
    ],
)
def test_what_ends_a_run_says_what_to_do(status, body, hint):
    asked = list[int]()

    def react(asked_now: Asked, number: int) -> Reaction:
        asked.append(number)
        return Reaction(body, status)

    problem = failing(react)
    assert hint in problem.hint
    assert len(asked) <= 2  # nothing is asked again in vain


def test_no_redirect_is_followed():
    with chat_server() as other:
        problem = failing(lambda asked, number: Reaction(b"", 307, {"location": f"{other.address}/chat/completions"}))
        assert other.asked == []
    assert "where nothing is sent" in problem.message


def test_the_key_is_in_the_request_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTHGEN_CHAT_KEY", "tok-1234567890abc")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-1234567890")

    def echo(body: Mapping[str, Any]) -> str:
        return "my key is tok-1234567890abc"

    with chat_server(echo) as server:
        file = recipe(tmp_path, server)
        file.write_text(file.read_text(encoding="utf-8").replace(", output: {intent: [refund, delivery]}", "").split("      verdict")[0])
        made = make(file, out=tmp_path / "out")
        assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer tok-1234567890abc"}
    assert rows(made.folder)[0]["label"] == "my key is [key]"
    assert [path for path in made.folder.rglob("*") if path.is_file() and b"1234567890abc" in path.read_bytes()] == []
    problem = failing(lambda asked, number: Reaction({"error": f"bad {asked.headers['authorization']}"}, 401))
    assert "1234567890abc" not in str(problem)


# What it costs


def test_a_limit_needs_prices(tmp_path):
    with chat_server(capable) as server:
        with pytest.raises(ModelError, match="its price is not known, so that --max-cost cannot be kept") as caught:
            make(recipe(tmp_path, server), out=tmp_path / "out", max_cost=1)
        assert server.asked == []
    assert "{input: 0, output: 0}" in caught.value.hint


def test_a_run_stops_before_the_request_that_could_pass_the_limit():
    with chat_server() as server:
        budget = Budget(0.09)
        with pytest.raises(LimitError, match=r"--max-cost \$0.09"):
            list(model(server, prices=Prices(input=1, output=10), budget=budget).complete(some(4000)))
        assert 0 < budget.spent <= 0.09
        assert budget.under_way == 0
        assert len(chats(server)) < 4000


def test_what_may_have_been_billed_counts_against_the_limit():
    with chat_server(react=lambda asked, number: Reaction(wait=1) if number == 2 else None) as server:
        budget = Budget(100)
        list(model(server, prices=Prices(input=1, output=10), budget=budget, timeout=0.3).complete(some(4)))
    assert budget.uncertain == pytest.approx(0.0866, abs=0.001)  # 8,192 tokens of an answer that never came, and what it read


def test_an_unknown_price_is_said_and_never_nothing(tmp_path):
    with chat_server(capable) as server:
        report = check(recipe(tmp_path, server))
        assert server.asked == []
        made = make(recipe(tmp_path, server), out=tmp_path / "out")
        manifest = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
        page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert [question.cost for question in report.questions] == [None, None]
    assert all(entry["price_unknown"] and entry["cost"] is None and entry["tokens_in"] for entry in manifest["spent"])
    assert "no known price" in page


def test_a_price_of_the_recipe_is_estimated_and_counted(tmp_path):
    with chat_server(capable) as server:
        file = recipe(tmp_path, server, more=", prices: {input: 2, output: 8}")
        assert all(question.cost and question.cost_most for question in check(file).questions)
        made = make(file, out=tmp_path / "out", max_cost=50)
    spent = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))["spent"]
    assert [entry["field"] for entry in spent if entry["cost"]] == ["traffic.label", "traffic.verdict"]


# In a recipe


@pytest.mark.parametrize("schemas", [True, False])
def test_fields_of_claude_are_asked_of_it(schemas, tmp_path):
    with chat_server(capable, schemas=schemas) as server:
        made = make(recipe(tmp_path, server), out=tmp_path / "out")
        asked_before = len(server.asked)
        again = make(recipe(tmp_path, server), out=tmp_path / "out", fresh=False)
        assert len(server.asked) == asked_before
    assert rows(again.folder) == rows(made.folder)
    assert {
        row["label"]["intent"] if isinstance(row["label"], dict) else json.loads(row["label"])["intent"] for row in rows(made.folder)
    } == {"refund"}
    manifest = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["models"] == {"writer": "tiny-chat behind a chat server"}
    assert manifest.get("left_out") == (None if schemas else {"writer": ["response_format"]})


def test_the_journal_knows_what_was_asked_wherever_the_server_stands(tmp_path):
    with chat_server(capable) as server:
        make(recipe(tmp_path, server), out=tmp_path / "out")
    with chat_server(capable, schemas=False) as elsewhere:
        make(recipe(tmp_path, elsewhere), out=tmp_path / "out")
        assert elsewhere.asked == []
        file = recipe(tmp_path, elsewhere)
        file.write_text(file.read_text(encoding="utf-8").replace("Is it right?", "Is it really right?"), encoding="utf-8")
        make(file, out=tmp_path / "out")
        assert all("really" in str(body["messages"]) for body in chats(elsewhere))
        assert chats(elsewhere)


def test_a_batch_is_asked_one_by_one(tmp_path):
    with chat_server(capable) as server:
        make(recipe(tmp_path, server), out=tmp_path / "out", batch=True)
        assert chats(server)


def test_a_preview_that_asks_nothing_asks_no_chat_model(tmp_path):
    with chat_server(capable) as server:
        (table,) = preview(recipe(tmp_path, server), show=3, out=tmp_path / "out", ask=False)
        assert server.asked == []
    assert table.prompts["label"]


def test_a_conversation_is_settled_by_it(tmp_path):
    talk = """
        name: talks
        models:
          claude: {{kind: chat, url: {url}, name: tiny-chat}}
        tables:
          talks:
            rows: 2
            fields:
              opening: {{kind: choice, options: [my router is red]}}
              talk: {{kind: conversation, user: opening, assistant: You help., goal: The router is red., turns: 1}}
    """
    file = tmp_path / "recipe.yaml"
    settled = json.dumps({"why": "It is so.", "state": "goes on", "met_by": "", "next": ""})
    with chat_server(lambda body: "Please restart it." if body["messages"][0]["content"] == "You help." else settled) as server:
        file.write_text(dedent(talk).format(url=server.address), encoding="utf-8")
        typist = ScriptedModel(lambda prompt, stream: " ok\n")
        made = make(file, out=tmp_path / "out", models={"typist": typist})
        assert chats(server)[0]["messages"][-1]["content"] == "my router is red"
    (shard,) = (made.folder / "talks").glob("*.parquet")
    assert parquet.read_table(shard).num_rows == 2


@pytest.mark.parametrize(
    ("url", "mistake"),
    [
        ("http://gpu.example:8000/v1", "to allow it, add --allow http://gpu.example:8000"),
        ("https://api.openai.com/v1", "to allow it, add --allow https://api.openai.com:443"),
        ("http://127.0.0.1.example/v1", "add --allow"),
        ("http://me:secret@127.0.0.1/v1", "a plain path"),
        ("http://127.0.0.1:1/v1/chat/completions", "ends before /chat/completions"),
        ("http://127.0.0.1:1/v1/messages", "ANTHROPIC_BASE_URL"),
        ("ftp://127.0.0.1/v1", "begins with http:// or https://"),
    ],
)
def test_a_recipe_has_no_other_machine_asked_by_itself(url, mistake, tmp_path):
    file = recipe(tmp_path, AppServer(address=f'"{url}"'))
    with pytest.raises(RecipeError) as caught:
        load(file)
    assert mistake in str(caught.value)


def test_a_pdf_is_told_before_anything_is_asked(tmp_path):
    file = recipe(tmp_path, AppServer(address="http://127.0.0.1:1/v1"))
    (tmp_path / "Guide.PDF").write_bytes(b"%PDF-1.4\n")
    file.write_text(file.read_text(encoding="utf-8").replace("shows:", "documents: [Guide.PDF], shows:"), encoding="utf-8")
    with pytest.raises(RecipeError, match="a chat server takes no PDF"):
        load(file)


def test_a_chat_model_types_nothing(tmp_path):
    file = recipe(tmp_path, AppServer(address="http://127.0.0.1:1/v1"))
    typed = "{kind: typed, by: writer, seeds: [where is it, not here yet, lost again]}"
    file.write_text(
        file.read_text(encoding="utf-8").replace("{kind: choice, options: [where is my parcel, i want my money back, not here yet]}", typed)
    )
    with pytest.raises(RecipeError) as caught:
        load(file)
    (mistake,) = caught.value.mistakes
    assert "does not go on typing" in mistake.message
    assert mistake.hint == "such as by: typist"


def test_another_machine_may_be_asked_when_it_is_allowed(tmp_path):
    load(recipe(tmp_path, AppServer(address="http://gpu.example:8000/v1")), allow=["http://gpu.example:8000"])

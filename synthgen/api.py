"""The verbs, which are the commands too. Each is load → plan → run → write and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen import advice, notebook
from synthgen.advice import Critique, Improvement, Started
from synthgen.advice.starter import Writes
from synthgen.dataset import Dataset, output_at
from synthgen.dataset.look import Looked, LookedRow, look, messages
from synthgen.dataset.verify import Damage, Verified, verify
from synthgen.errors import Mistake, RecipeError
from synthgen.harness.fewshot import Fewshot, fewshot
from synthgen.hub.hub import Pushed, Sending, publishing, push, send
from synthgen.making.engine import EngineName
from synthgen.making.estimate import QuestionEstimate, questions
from synthgen.making.make import Checked, MakeResult, make_output
from synthgen.making.preview import Audience, Previewed, Previews, previews, sooner
from synthgen.making.runs import RecordingModel, RunOptions, Tick, Watch, open_models, refuse_unnamed, retirements, shared_journal
from synthgen.models import AppSource, Budget, Journalled, Model, open_model, opened_app
from synthgen.provenance import Why
from synthgen.provenance.why import why as told_why
from synthgen.quiet import each_quietly, quietly
from synthgen.recipe import ClaudeSpec, Loaded, plan
from synthgen.recipe.load import load as load_recipe
from synthgen.recipe.notes import files_that_were_read, notes
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.spec import pages
from synthgen.text.dialogues import Turns
from synthgen.voices import Voice

if TYPE_CHECKING:
    from synthgen.comparison import Comparison
    from synthgen.comparison.outputs import Difference
    from synthgen.focusing import Focused
    from synthgen.harness import Exported
    from synthgen.harness.slicing import Sliced
    from synthgen.reporting import ReportPath
    from synthgen.reviewing.page.serve import Up
    from synthgen.reviewing.state import ReviewState
    from synthgen.serving.serve import ServeOptions, ServerUp
    from synthgen.tuning.run import Tuned
    from synthgen.tuning.train import Step


class Measured(NamedTuple):
    """What `measure` found: the voice, and in how many messages."""

    voice: Voice
    messages: int

    def _repr_html_(self) -> str:
        return pages.page(pages.paragraph(f"{self.messages:,} messages"), self.voice._repr_html_())


Recipes = str | Path | Mapping[str, Any] | Loaded
"""What stands for a recipe: its file, a mapping with the same keys, or what `load_recipe` gave."""


def loaded_from(recipe: Recipes, options: Mapping[str, Any]) -> Loaded:
    """The recipe, read with the options of `load_recipe` unless it was read before. Raises RecipeError."""
    if not isinstance(recipe, Loaded):
        return load_recipe(recipe, **options)
    if options:
        raise TypeError(f"this recipe was read before: give {', '.join(options)} to load_recipe")
    return recipe


# new


def new(
    place: str | Path,
    *,
    like: str | None = None,
    paper: str | Path | None = None,
    count: int = 20,
    writes: Writes = "illustrative",
    answers: str | Path | Mapping[str, Any] | None = None,
    logs: str | Path | None = None,
    harness: str | Path | None = None,
    prompt: str | Path | None = None,
    docs: str | Path | None = None,
    field: str = "",
    turns: Turns | None = None,
    topics: int | None = None,
    listen: Callable[[str], None] | None = None,
    max_cost: float | None = None,
    models: Mapping[str, Model] | None = None,
) -> Started:
    """Write a recipe to begin with into the folder `place`: see `advice.start`. With `answers`, a file or a mapping, the one that an
    interview with these answers would end in: see `interview.write`. With `logs`, a file of messages (in their `field`, of conversations
    these `turns`), one that makes messages like them, about so many `topics`: see `interview.from_logs`. With `harness`, a file of an
    eval harness, one that types its inputs (the variable or field `field`) as people would: see `interview.suites`. With `prompt`, the file
    of a prompt, one that fills its variables, or types to the application that it describes: see `interview.prompts`. With `docs`, a
    folder of documents, one of what Claude reads in them, for `max_cost` US dollars at most; `models` may have another `claude`. `listen`
    is told, in lines, what was read. Raises OutputError, DataError, ModelError, LimitError."""
    if docs is not None:
        return _from_docs(Path(place), Path(docs), (models or {}).get("claude") or open_model(ClaudeSpec(), Budget(max_cost)), listen)
    if prompt is not None:
        from synthgen.interview.prompts import from_prompt

        return from_prompt(Path(place), Path(prompt), listen=listen)
    if harness is not None:
        from synthgen.interview.suites import from_harness

        return from_harness(Path(place), Path(harness), field=field, listen=listen)
    if logs is not None:
        from synthgen.interview.logs import from_logs

        return from_logs(Path(place), Path(logs), field=field, turns=turns, topics=topics, listen=listen)
    if answers is None:
        return advice.start(place, like=like, paper=paper, count=count, writes=writes)
    from synthgen import interview

    checked_answers = interview.checked(answers, "the answers") if isinstance(answers, Mapping) else interview.load(Path(answers))
    return interview.write(Path(place), checked_answers)


def _from_docs(folder: Path, docs: Path, model: Model, listen: Callable[[str], None] | None) -> Started:
    from synthgen.interview.documents import from_docs
    from synthgen.interview.led import journalled

    with journalled(model, folder) as remembering:
        return from_docs(folder, docs, remembering, listen=listen)


# check


@quietly
def check(recipe: Recipes, **options: Any) -> Checked:
    """Read a recipe and say what it will ask, without asking. `options` are those of `load_recipe`. Raises RecipeError."""
    loaded = loaded_from(recipe, options)
    recipe_plan = plan(loaded.recipe)
    opened = open_models(loaded, recipe_plan.models)
    estimates = list(questions(recipe_plan, opened))
    all_notes = (*notes(loaded.recipe), *retirements(opened))
    return Checked(loaded, recipe_plan, estimates, all_notes, tuple(files_that_were_read(loaded.recipe)))


@quietly
def critique(
    recipe: Recipes,
    *,
    out: str | Path | None = None,
    max_cost: float | None = None,
    models: Mapping[str, Model] | None = None,
    **options: Any,
) -> Critique:
    """What Claude finds unclear in the prompts of a recipe: see `advice.critique`. The samples are rows of its output, where there is one,
    and the answers are kept in that output's journal. `options` are those of `load_recipe`. Raises RecipeError, ModelError, LimitError."""
    loaded = loaded_from(recipe, options)
    asked_models, specs = plan(loaded.recipe).models, loaded.recipe.all_models
    claudes = sorted((name for name, spec in specs.items() if spec.paid), key=lambda name: name not in asked_models)
    model = open_models(loaded, {claudes[0]}, models, Budget(max_cost))[claudes[0]]
    output = output_at(loaded.output_place(out))
    with shared_journal(output, "check --critique") as journal:
        return advice.critique(loaded, Journalled(model, journal), advice.rows_of(output.named, loaded.recipe))


@quietly
def improve(
    folder: str | Path,
    recipe: str | Path | None = None,
    *,
    max_cost: float | None = None,
    models: Mapping[str, Model] | None = None,
    allow: Sequence[str | Path] = (),
) -> Improvement:
    """What Claude would change in the instructions of an output's recipe: see `advice.improve`. Writes nothing. Raises SynthgenError."""
    spec = next(iter(Dataset.open(folder).recipe.claudes.values()), ClaudeSpec())
    model = (models or {}).get("claude") or open_model(spec, Budget(max_cost))
    return advice.improve(folder, model, recipe, allow=allow)


# preview


def preview(
    recipe: Recipes,
    *,
    show: int = 5,
    out: str | Path | None = None,
    ask: bool = True,
    models: Mapping[str, Model] | None = None,
    app: AppSource | None = None,
    app_version: str = "",
    watch: Watch | None = None,
    each: Callable[[LookedRow], None] | None = None,
    quick: bool = False,
    **options: Any,
) -> Previews:
    """A handful of rows of each table, from the journal where it knows them; what is asked anew is kept in it.

    `show` is how many rows; when not to `ask`, Claude is asked for nothing, and rows that need an answer which the journal does not have
    are left out; and so it is with your application. Which that is `app` and `app_version` say, as for `make`. `watch` is told how far a
    table is (without one a notebook shows it), and `each` of every row as soon as it is made. `quick` rows come one by one, each chosen
    from no more than three continuations, where it would be seven.
    `options` are those of `load_recipe`. Writes no dataset.
    """
    return Previews(each_quietly(_previews(recipe, show, out, ask, models, (app, app_version), (watch, each, quick), options)))


def _previews(
    recipe: Recipes,
    show: int,
    out: str | Path | None,
    ask: bool,
    models: Mapping[str, Model] | None,
    app: tuple[AppSource | None, str],
    watchers: tuple[Watch | None, Callable[[LookedRow], None] | None, bool],
    options: Mapping[str, Any],
) -> Iterator[Previewed]:
    loaded = loaded_from(recipe, options)
    watched, each, quick = watchers
    made = sooner(loaded.recipe) if quick else loaded.recipe
    recipe_plan = plan(made)
    with ExitStack() as stack:
        replacements = {**(models or {}), **stack.enter_context(opened_app(*app))}
        if ask:
            refuse_unnamed(recipe_plan, replacements)
        journal = stack.enter_context(shared_journal(output_at(loaded.output_place(out)), "preview"))
        opened, specs = open_models(loaded, recipe_plan.models, replacements), loaded.recipe.all_models
        closed = {name: not ask and specs[name].asked_as != "base" for name in opened}
        recording = {name: RecordingModel(Journalled(model, journal, closed=closed[name])) for name, model in opened.items()}
        with notebook.progress(watched) as watch:
            audience = Audience(watch, each or (lambda row: None), quick)
            yield from previews(made, RecordedRecipe(loaded.data), recipe_plan, recording, show, audience)


# why and diff


@quietly
def why(
    folder: str | Path,
    row: str | int,
    *,
    table: str | None = None,
    recipe: str | Path | None = None,
    allow: Sequence[str | Path] = (),
) -> Why:
    """How a row of an output came about: see `provenance.why`. Asks nothing and writes nothing. Raises OutputError."""
    return told_why(folder, row, table=table, recipe=recipe, allow=allow)


@quietly
def diff(before: str | Path, after: str | Path, *, table: str | None = None) -> Difference:
    """What changed from one version of a dataset to another, both output folders: see `comparison.outputs`. `table` names the only table to
    look at. Raises OutputError."""
    from synthgen.comparison.outputs import diff

    return diff(before, after, table)


# measure and compare


@quietly
def measure(
    place: str | Path,
    *,
    field: str | None = None,
    turns: Turns | None = None,
    table: str | None = None,
    listen: Callable[[str], None] | None = None,
) -> Measured:
    """How the messages of a file (or of an output folder) are typed, as a voice, and how many they are. `field` is where the
    messages of records are, `turns` says which of conversations (first, all, new). `listen` is told, in a line, what was read of records.
    Raises DataError, OutputError."""
    from synthgen.voices.measure import measure_voice

    texts = messages(place, table, field, turns, listen)
    return Measured(measure_voice(texts), len(texts))


@quietly
def compare(
    real: str | Path,
    generated: str | Path,
    *,
    originals: str | Path | None = None,
    field: str | None = None,
    turns: Turns | None = None,
    table: str | None = None,
    listen: Callable[[str], None] | None = None,
) -> Comparison:
    """How near generated messages come to real ones: figures, and what gives them away.

    `real` and `generated` are files of messages or output folders, `originals` a file that should not be repeated, such as the
    seeds. `field` is where the messages of `real` and `originals` are, and `turns` says which of conversations (first, all, new); of an
    output, `table` and its first typed field are read. `listen` is told, in a line, what was read of records. Raises DataError,
    OutputError.
    """
    from synthgen.comparison import compare

    seeds = messages(originals, None, field, turns, listen) if originals is not None else []
    return compare(messages(real, None, field, turns, listen), messages(generated, table), originals=seeds)


@quietly
def report(
    folder: str | Path,
    *,
    against: str | Path | None = None,
    field: str | None = None,
    turns: Turns | None = None,
    results: str | Path | None = None,
    out: str | Path | None = None,
    review: bool = True,
) -> ReportPath:
    """Write the page that shows an output, and say where it is: `out`, or `report.html` in the folder, where `make` puts it.

    `against` is a file of real messages (in its `field`, of conversations these `turns`) or another output: they are laid beside the
    generated ones. That page holds them, and is `report-against.html` unless `out` says otherwise. `results` are those of a harness on the
    output's cases: the page says where the application fails, and is `report-results.html`. A notebook shows the page, but not one
    that holds real messages. Rows are as reviewers left them, without `review` as they were made. Raises DataError, OutputError.
    """
    from synthgen.reporting import write_report

    return write_report(folder, against=against, field=field, turns=turns, results=results, out=out, review=review)


# review


@quietly
def review(
    folder: str | Path, *, reject: Sequence[str | int] = (), accept: Sequence[str | int] = (), by: str = "", reason: str = ""
) -> ReviewState:
    """How far the review of an output is: what was decided on its rows, who agrees with whom, how many more it takes. Before that, rows can
    be decided on by their names, such as traffic-6, or 6 in the first table: `reject` some, for a `reason`, and `accept` some. `by` is who
    does (default: who works on this machine). Raises DataError, OutputError."""
    from synthgen.decisions.by_name import decide
    from synthgen.reviewing.state import review_state

    if reject or accept:
        decide(folder, {"reject": reject, "accept": accept}, by=by, reason=reason)
    return review_state(folder)


@quietly
def serve_review(folder: str | Path, announce: Callable[[Up], None], *, port: int = 0, by: str = "") -> int:
    """Let people review an output on a page of this machine until the process is interrupted, and return how many decisions were written.
    `announce` is called with the page's address when it is up. Raises DataError, OutputError."""
    from synthgen.reviewing.page.serve import serve

    return serve(folder, announce, port=port, by=by)


# serve


@quietly
def serve(
    recipe: Recipes,
    announce: Callable[[ServerUp], None],
    how: ServeOptions | None = None,
    *,
    out: str | Path | None = None,
    watch: Watch | None = None,
    **options: Any,
) -> dict[str, int]:
    """Be the users of a recipe's conversations for an eval harness, which asks for them as for a model of OpenAI's, until the process is
    interrupted; how many messages the user of each row typed. `announce` is called with the address when it is up, `how` says where it is
    and who may ask: see `serving.serve`. What models answer is kept in the journal of the recipe's output. `options` are those of
    `load_recipe`. Raises SynthgenError."""
    from synthgen.serving.serve import ServeOptions, serve_users

    loaded = loaded_from(recipe, options)
    return serve_users(loaded, output_at(loaded.output_place(out)), how or ServeOptions(), announce, watch or (lambda tick: None))


# export, slice and focus


def export(
    folder: str | Path,
    to: str | Sequence[str],
    *,
    out: str | Path | None = None,
    table: str | None = None,
    input: str | None = None,  # noqa: A002
    target: str | None = None,
    system: str | None = None,
    review: bool = True,
) -> Exported:
    """Write the cases of an output for eval harnesses: inspect, lm-eval, promptfoo, deepeval, ragas, openai, pytest, messages, jsonl, csv,
    or all of them, each into a folder of its own under `out` (default: the output's `harness`).

    `table`, `input`, `target` and `system` take the place of what the recipe says under `harness`. Rows are as reviewers left them, without
    `review` as they were made. Raises DataError, OutputError.
    """
    from synthgen.harness import export

    names = [to] if isinstance(to, str) else to
    return export(folder, names, out=out, table=table, input=input, target=target, system=system, review=review)


def slice_results(results: str | Path, output: str | Path, by: str | Sequence[str] = (), *, review: bool = True) -> list[Sliced]:
    """Where an application fails: the results of inspect, lm-eval or promptfoo on an output's cases, by its labels (or `by` these columns),
    beside people who took the test themselves. Labels are as reviewers left them, and rows that they rejected or whose target they changed
    since do not count; without `review` all is as it was made. Raises DataError, OutputError."""
    from synthgen.harness.slicing import slice_results

    return slice_results(results, output, [by] if isinstance(by, str) else by, review=review)


@quietly
def focus(
    results: str | Path,
    output: str | Path,
    recipe: str | Path | None = None,
    out: str | Path | None = None,
    *,
    allow: Sequence[str | Path] = (),
    review: bool = True,
) -> Focused:
    """A recipe that makes more of what an application failed on: its `new` text, the `diff`, what was moved, and whether rounds find
    anything new; `write()` writes it. `results` are those of inspect, lm-eval or promptfoo on the cases of `output`, `recipe` is the file
    that this was made from (default: as was noted when it was made), `out` where the new one goes (default: NAME-focus.yaml beside it).
    Raises DataError, OutputError, RecipeError."""
    from synthgen.focusing import focus

    return focus(results, output, recipe, out, allow=allow, review=review)


# tune


@quietly
def tune(
    logs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    about: str = "",
    model: str = "scribbler",
    field: str | None = None,
    group: str | None = None,
    turns: Turns | None = None,
    epochs: int = 3,
    minutes: float | None = None,
    probe: int = 400,
    seed: int = 0,
    device: str = "auto",
    fresh: bool = False,
    watch: Callable[[Step], None] | None = None,
    listen: Callable[[str], None] | None = None,
) -> Tuned:
    """Fine-tune a base model on messages that people typed, into the folder `out`, which a recipe can name as a model.

    `logs` are files of messages; `about` says where they were typed, as in a recipe; `field` and `group` are the fields of records that
    hold the message and what it is about, and `turns` says which of conversations (first, all, new). It stops after
    `epochs`, after `minutes`, or when the validation loss stops improving.
    `probe` messages are generated to measure what the model gives away of the logs. A run that was cut off goes on; `fresh` starts
    over. `listen` is told, in a line a file, what was read of records. Raises DataError, ModelError, OutputError.
    """
    from synthgen.tuning.run import tune
    from synthgen.tuning.train import Settings

    settings = Settings(epochs=epochs, minutes=minutes, seed=seed)
    return tune(
        [Path(log) for log in ([logs] if isinstance(logs, str | Path) else logs)],
        Path(out),
        about=about,
        model=model,
        field=field,
        group=group,
        turns=turns,
        settings=settings,
        probe=probe,
        device=device,
        fresh=fresh,
        watch=watch or (lambda step: None),
        listen=listen or (lambda line: None),
    )


@quietly
def tune_from_scratch(
    corpora: str | Path,
    out: str | Path,
    *,
    model: str,
    layers: int | None = None,
    minutes: float | None = None,
    seed: int = 0,
    fresh: bool = False,
    watch: Callable[[Step], None] | None = None,
) -> Tuned:
    """Make a base model as the embedded one was made: `model` with a smaller vocabulary (and fewer `layers`), in four bits, taught on the
    openly licensed corpora in a folder. Goes on as `tune` does. Raises DataError, ModelError, OutputError."""
    from synthgen.tuning.scratch import BuildConfig, from_scratch
    from synthgen.tuning.train import Settings

    settings = Settings(epochs=1, looks=8, patience=6, minutes=minutes, seed=seed)
    return from_scratch(
        Path(corpora), Path(out), BuildConfig(model, layers=layers), settings=settings, fresh=fresh, watch=watch or (lambda step: None)
    )


# make


@quietly
def make(
    recipe: Recipes,
    *,
    out: str | Path | None = None,
    fresh: bool = False,
    recheck: bool = False,
    max_cost: float | None = None,
    batch: bool = False,
    push: bool = False,
    models: Mapping[str, Model] | None = None,
    app: AppSource | None = None,
    app_version: str = "",
    watch: Watch | None = None,
    before: Callable[[Checked], None] | None = None,
    chunk: int | None = None,
    engine: EngineName = "local",
    workers: int | None = None,
    **options: Any,
) -> MakeResult:
    """Make a recipe's dataset and say where it is: in the folder `out`, or at that address, such as s3://bucket/traffic.

    A run that was cut off goes on; an output that is there already stays as it is, unless the recipe has changed.
    `fresh` starts over; answers that were paid for are set aside, and where is noted. `recheck` reads the journal's answers again under the
    recipe's present checks and asks no model. No request is sent that could make this run cost more than `max_cost` US dollars; with
    `batch`, Claude is asked in Message Batches, at half the price. `before` is told what Claude will be asked, what it may cost, and what
    `check` notes, before anything is asked. Without a `watch` a notebook shows how far it is, and nothing else does. With `push` the output
    then goes to the Hub, as the recipe's `publish` says. `models` take the place of the recipe's, by name. `app` is your own application,
    where the recipe asks it: its address, a function or its name (module:function), or a file that describes it; another `app_version` asks
    it anew. Facts are made by so many `workers`, processes of this machine (default: its processors), the rows are the same. The `engine`
    ray makes all on a Ray cluster, with so many workers there (default: as many as fit): the same rows. `options` are those of
    `load_recipe`. Raises SynthgenError; what was finished is kept.
    """
    loaded = loaded_from(recipe, options)
    if push and loaded.recipe.publish is None:
        raise RecipeError([Mistake("--push", "the recipe does not say where to", "such as publish: {repo: OWNER/NAME}")])
    with opened_app(app, app_version) as application:
        how = RunOptions(fresh, recheck, batch, max_cost, chunk, {**(models or {}), **application}, workers, engine)
        done = _make_output(loaded, out, how, watch, before)
    if not push or loaded.recipe.publish is None:
        return done
    return replace(done, pushed=send(done.named, loaded.recipe.publish, Sending()))


def _make_output(
    loaded: Loaded, out: str | Path | None, how: RunOptions, watch: Watch | None, before: Callable[[Checked], None] | None
) -> MakeResult:
    with notebook.progress(watch) as watcher:
        return make_output(loaded, output_at(loaded.output_place(out)), how, watcher, before or (lambda checked: None))


__all__ = [
    "Checked",
    "Critique",
    "Damage",
    "Fewshot",
    "Improvement",
    "Looked",
    "LookedRow",
    "MakeResult",
    "Measured",
    "Previewed",
    "Previews",
    "Pushed",
    "QuestionEstimate",
    "Sending",
    "Started",
    "Tick",
    "Verified",
    "Why",
    "asdict",
    "check",
    "compare",
    "critique",
    "diff",
    "export",
    "fewshot",
    "improve",
    "load_recipe",
    "look",
    "make",
    "measure",
    "messages",
    "new",
    "preview",
    "publishing",
    "push",
    "report",
    "review",
    "send",
    "serve",
    "serve_review",
    "slice_results",
    "tune",
    "tune_from_scratch",
    "verify",
    "why",
]

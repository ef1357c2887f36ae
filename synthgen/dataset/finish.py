"""What a finished dataset says of itself: manifest, card and recipe; and notes on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import synthgen
from synthgen.dataset.card import SAMPLES, CardContents, card
from synthgen.dataset.label_counts import count_labels
from synthgen.dataset.logs import remember_logs
from synthgen.dataset.place import Output
from synthgen.dataset.store import TableStore, aside_shards
from synthgen.models import Journalled, is_paid, open_model
from synthgen.recipe import Loaded, Plan, TablePlan
from synthgen.recipe.recorded import RecordedRecipe
from synthgen.spec.digests import digest_of, sha256_of
from synthgen.versions import versions


def fingerprint(loaded: Loaded, app: str = "") -> str:
    """A digest of all that the user decided: the recipe as overridden (but for where it is published, which changes no row), the content of
    every file that it reads, and the identity of the application that it asks, if it does."""
    parts: list[Any] = [synthgen.__version__, loaded.recipe.model_dump(mode="json", by_alias=True, exclude={"publish"})]
    read = {"models": [*loaded.recipe.models.values()]} | {
        name: [*table.fields.values(), *table.keep] for name, table in loaded.recipe.tables.items()
    }
    for name, recipe_parts in read.items():
        parts += [[name, sha256_of(file)] for part in recipe_parts for file in part.files()]
    local = {name: open_model(spec) for name, spec in loaded.recipe.models.items() if not (spec.paid or spec.english)}
    parts += [[name, content] for name, model in local.items() if (content := getattr(model, "content", ""))]
    return digest_of([*parts, app] if app else parts)


def finish(
    loaded: Loaded,
    plan: Plan,
    output: Output,
    stores: Mapping[str, TableStore],
    models: Mapping[str, Journalled],
    fingerprinted: str,
    seconds: float,
    spent: list[dict[str, Any]],
) -> dict[str, Any]:
    """Write shards, card and recipe beside what is unfinished, and return the manifest, which is not written yet. `spent` is what each
    field has asked of each model so far and what that cost."""
    folder, manifest = output.unfinished, _manifest(loaded, output, stores, models, fingerprinted, seconds)
    manifest["spent"] = [{**usage, **_price_unknown(models, usage), "seconds": _waited(models, usage)} for usage in spent]
    (folder / "README.md").write_text(card(plan, manifest, _contents(plan, manifest, stores)), encoding="utf-8")
    _write_recipe(folder / "recipe.yaml", loaded.data)
    for name in ("README.md", "recipe.yaml"):
        content = (folder / name).read_bytes()
        manifest["files"][name] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    remember_logs(loaded.recipe, folder)
    return manifest


def gathers(table: TablePlan, models: Mapping[str, Journalled]) -> bool:
    """Whether rows of a table are gathered before a model is asked, because it is asked in batches."""
    return any(models[name].in_batches for field in table.asked.values() for name in field.models())


def _waited(models: Mapping[str, Journalled], usage: Mapping[str, Any]) -> float | None:
    """How many seconds this run waited for a model on a field; None where it asked for nothing."""
    waits = [model.seconds.get(usage["field"], 0.0) for model in models.values() if model.identity == usage["model"]]
    return round(sum(waits), 2) if any(waits) else None


def _manifest(
    loaded: Loaded, output: Output, stores: Mapping[str, TableStore], models: Mapping[str, Journalled], fingerprinted: str, seconds: float
) -> dict[str, Any]:
    tables, files = dict[str, dict[str, Any]](), dict[str, Any]()
    for name, store in stores.items():
        state = store.state
        tables[name] = {
            "rows": state.rows,
            "candidates": state.next_index,
            "tries": state.tries,
            "refused": dict(sorted(state.refused.items(), key=lambda item: -item[1])),
            "aside": state.aside,
        }
        if store.plan.asks:
            tables[name] |= {"chunk": store.size} | ({"gathered": True} if gathers(store.plan, models) else {})
        for field, shape in store.plan.table.fields.items():
            for section, figures in shape.figures(field, store.rows).items():
                tables[name].setdefault(section, {})[field] = figures
        files |= _by_path(store.shards)
    aside = aside_shards(output.unfinished, list(stores.values()))
    for shards in aside.values():
        files |= _by_path(shards)
    count = Counter[str]()
    for model in models.values():
        count.update(asked=model.asked, remembered=model.remembered, tokens_read=model.tokens_in, tokens_written=model.tokens_out)
    return {
        "synthgen": synthgen.__version__,
        "name": loaded.recipe.name,
        "fingerprint": fingerprinted,
        "seed": loaded.recipe.seed,
        "now": loaded.context.now.isoformat(),
        "recipe": loaded.data,
        "versions": versions(),
        "models": {name: model.identity for name, model in models.items()},
        **({"seeded": seeded} if (seeded := _seeded(models)) else {}),
        **({"left_out": left_out} if (left_out := _left_out(models)) else {}),
        "tables": tables,
        "aside": {to: sum(files[name]["rows"] for name in files if name.startswith(f"{to}/")) for to in aside},
        "answers": dict(count),
        "seconds": round(seconds, 2),
        "files": files,
    }


def _by_path(shards: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {shard["path"]: {key: value for key, value in shard.items() if key != "path"} for shard in shards}


def _seeded(models: Mapping[str, Journalled]) -> dict[str, bool]:
    """Of the models behind servers that this run asked, whether the same seed gave the same text."""
    return {name: seeded for name, model in models.items() if (seeded := getattr(model.model, "seeded", None)) is not None}


def _left_out(models: Mapping[str, Journalled]) -> dict[str, list[str]]:
    """Of the chat models behind servers that this run asked, what the server did not take."""
    return {name: parts for name, model in models.items() if (parts := getattr(model.model, "left_out", None))}


def _price_unknown(models: Mapping[str, Journalled], usage: Mapping[str, Any]) -> dict[str, bool]:
    """That a field was made by a model that may be paid for, and at what cost is not known."""
    paid = {model.identity for model in models.values() if is_paid(model.model)}
    return {"price_unknown": True} if usage["cost"] is None and usage["model"] in paid else {}


def _contents(plan: Plan, manifest: Mapping[str, Any], stores: Mapping[str, TableStore]) -> CardContents:
    recorded = RecordedRecipe(manifest["recipe"])
    labels = {table.name: count_labels(table, recorded.fields_of(table.name), stores[table.name].rows) for table in plan.tables}
    return CardContents(_samples(plan, stores), labels)


def _samples(plan: Plan, stores: Mapping[str, TableStore]) -> dict[str, list[str]]:
    """A few typed messages of each table that has some, behind what they are about."""
    samples = {}
    for table in plan.tables:
        message = next((name for name, field in table.asked.items() if name in table.columns and field.role != "reply"), None)
        if message:
            topics = [name for at, name in table.asked[message].reads() if at == ("topic",) and name in table.columns]
            rows = [row for row, _ in zip(stores[table.name].rows([*topics, message]), range(SAMPLES), strict=False) if row[message]]
            samples[table.name] = [": ".join(str(row[name]) for name in [*topics, message]) for row in rows]
    return samples


def _write_recipe(path: Path, data: Any) -> None:
    from ruamel.yaml import YAML

    writer = YAML()
    writer.width = 120
    with path.open("w", encoding="utf-8") as file:
        writer.dump(data, file)


def other_versions(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What else is installed now than when it was made."""
    now = versions()
    changed = [f"{name} {then} (now {now.get(name, 'none')})" for name, then in manifest["versions"].items() if now.get(name) != then]
    if changed:
        yield f"it was made with {', '.join(changed)}; --recheck makes it again from the answers that it has, --fresh asks for all again"


def shortfalls(plan: Plan, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Tables with fewer rows than they might have: after a recheck, where no number was asked for, or where rows were set aside."""
    for table in plan.tables:
        counts = manifest["tables"][table.name]
        rows, candidates = counts["rows"], counts["candidates"]
        for to, count in counts["aside"].items():
            yield f"{table.name}: {count:,} rows are in the table '{to}', with the reasons"
        source = table.table.from_
        if isinstance(table.table.rows, int) and rows < table.table.rows:
            yield f"{table.name} has {rows} of {table.table.rows} rows from the journal; a plain make asks for the rest"
        elif (table.table.rows == "all" or (source and source.rows is None)) and rows + sum(counts["aside"].values()) < candidates:
            lost = candidates - rows - sum(counts["aside"].values())
            yield f"{table.name}: {lost} of {candidates} rows were refused to the end; the table 'refused' has the reasons"

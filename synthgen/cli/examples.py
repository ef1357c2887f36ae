"""What stands at the end of each command's help: command lines that work, and the page of the docs that says more."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "make": (
        "synthgen make recipe.yaml",
        "synthgen make recipe.yaml --rows 50 -o outputs/trial",
        "synthgen make recipe.yaml --max-cost 2.50 --batch",
    ),
    "preview": (
        "synthgen preview recipe.yaml",
        "synthgen preview recipe.yaml -n 20",
        "synthgen preview recipe.yaml --watch",
        "synthgen preview recipe.yaml --prompts",
    ),
    "check": (
        "synthgen check recipe.yaml",
        "synthgen check recipe.yaml --set tables.traffic.rows=5000",
        "synthgen check recipe.yaml --critique",
    ),
    "new": (
        "synthgen new",
        "synthgen new my-shop",
        "synthgen new --list",
        "synthgen new our-desk --like it-helpdesk",
        "synthgen new summaries --paper paper.pdf",
        "synthgen new my-desk --answers answers.yaml",
        "synthgen new our-chat --from-logs logs.jsonl",
        "synthgen new our-tests --from-harness promptfooconfig.yaml",
        "synthgen new our-prompt --from-prompt prompt.txt",
        "synthgen new our-help --from-docs docs --max-cost 1",
    ),
    "look": (
        'synthgen look outputs/bank-support --where "intent=lost card" -n 20',
        "synthgen look outputs/bank-support --search refund --sort -amount",
        "synthgen look outputs/bank-support --row traffic-17 --all",
        "synthgen look outputs/shop-orders orders messages",
    ),
    "report": ("synthgen report outputs/bank-support --open", "synthgen report outputs/bank-support --against logs.jsonl --open"),
    "review": ("synthgen review outputs/bank-support", "synthgen review outputs/bank-support --by ana --port 8642 --no-browser"),
    "serve": (
        "synthgen serve recipe.yaml",
        "synthgen serve recipe.yaml --rows 50 --port 8765 --max-cost 5",
        "synthgen serve recipe.yaml --host 0.0.0.0",
    ),
    "verify": ("synthgen verify outputs/bank-support",),
    "why": ("synthgen why outputs/bank-support traffic-17", "synthgen why outputs/bank-support 17 --table traffic --json"),
    "diff": ("synthgen diff outputs/bank-support outputs/bank-support-2",),
    "measure": ("synthgen measure logs.jsonl", "synthgen measure tickets.csv --field body"),
    "compare": (
        "synthgen compare logs.jsonl outputs/bank-support",
        "synthgen compare logs.jsonl outputs/bank-support --originals seeds.txt",
    ),
    "fewshot": ("synthgen fewshot outputs/bank-support -k 6", "synthgen fewshot outputs/bank-support --table examples -k 4"),
    "export": ("synthgen export outputs/bank-support --to promptfoo", "synthgen export outputs/bank-support --to all -o evals"),
    "slice": ("synthgen slice results.json outputs/bank-support", "synthgen slice logs outputs/bank-support --by intent"),
    "focus": (
        "synthgen focus results.json outputs/bank-support",
        "synthgen focus logs outputs/bank-support recipe.yaml -o harder.yaml --yes",
    ),
    "push": ("synthgen push outputs/bank-support --dry-run", "synthgen push outputs/bank-support me/bank-support"),
    "improve": ("synthgen improve outputs/bank-support", "synthgen improve outputs/bank-support -o better.yaml --max-cost 1"),
    "tune": ("synthgen tune logs.jsonl -o models/ours --about 'Customers of a bank, typing into its chat.'",),
    "schema": ("synthgen schema > recipe.schema.json",),
    "skill": ("synthgen skill", "synthgen skill --install"),
    "doctor": ("synthgen doctor",),
}

PAGES = {
    "report": "report",
    "review": "review",
    "serve": "serve",
    "why": "output",
    "diff": "output",
    "verify": "output",
    "measure": "voices",
    "compare": "voices",
}
PAGES |= {
    "fewshot": "harnesses",
    "export": "harnesses",
    "slice": "harnesses",
    "focus": "focus",
    "push": "hub",
    "tune": "tuning",
    "skill": "agents",
}
PAGES |= {"new": "begin", "schema": "recipe", "improve": "claude", "doctor": "models"}
"""The page in docs/ that says more of a command, where that is not `commands`."""


def epilog(command: str) -> str:
    """The examples of a command and its page, as click prints them: `\b` keeps lines as they are."""
    return "\n".join(
        ("\b", "Examples:", *(f"  {line}" for line in EXAMPLES[command]), "", f"More: docs/{PAGES.get(command, 'commands')}.md")
    )

"""For promptfoo: a configuration and its tests.

promptfoo renders every variable that is text as a template, again and again, and reads a file where one begins with file://.
An object it leaves alone: so what people typed stands in one, `row`, and only the prompt's own template reads it, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from synthgen.harness import graders
from synthgen.harness.cases import Suite
from synthgen.harness.exporter import Exporter
from synthgen.harness.shared import settings
from synthgen.harness.text import line, quoted, write, write_lines

NEGATED = re.compile(r"(?i)^(?:(?:you )?(?:must )?never|(?:you )?must not|mustn't|do not|don't)\b[:,]?\s*")
"""How a rule begins that already says what must not be."""
GRADERS = """\
// The graders of graders.py, in JavaScript.
const fs = require('fs');
const path = require('path');
const suite = JSON.parse(fs.readFileSync(path.join(__dirname, 'suite.json'), 'utf8'));
const how = suite.grading;

const REFUSALS = new RegExp(REFUSALS_SOURCE);
const LEAKS = new RegExp(LEAKS_SOURCE, 'i');

const words = (text) => text.split(/\\s+/).filter(Boolean);
const folded = (text) => text.normalize('NFC').replaceAll('\\ufe0f', '').toLowerCase();
const plain = (text) => words(folded(text).replace(/[^\\p{L}\\p{N}\\p{M}]+/gu, ' ')).join(' ');
const spelled = (text) => words(folded(text).replace(/(?<=[\\p{L}\\p{N}])[\\s_-]+(?=[\\p{L}\\p{N}])/gu, ' ')).join(' ');
const UNSPACED =
  '\\\\u0e00-\\\\u109f\\\\u1100-\\\\u11ff\\\\u1780-\\\\u17ff\\\\u3040-\\\\u30ff\\\\u3400-\\\\u9fff\\\\uac00-\\\\ud7af\\\\uf900-\\\\ufaff\\\\u{20000}-\\\\u{3ffff}';
const LETTER = `(?![${UNSPACED}])[\\\\p{L}\\\\p{N}\\\\p{M}]`;
const STARTS = `(?<!${LETTER})(?:\\\\u0627\\\\u0644|\\\\u05d4)?`;
const ENDS = `(?!${LETTER})`;
const FREE = new RegExp(`[${UNSPACED}]|[^\\\\x00-\\\\x7f\\\\p{L}\\\\p{N}\\\\p{M}]`, 'u');

function sought(parts, name) {
  const characters = [...parts];
  const [first, last] = [characters[0], characters[characters.length - 1]];
  const start = FREE.test(first) ? '' : STARTS;
  let end = '(?!\\\\p{L})';
  if (FREE.test(last)) end = '';
  else if (/[\\p{L}\\p{N}\\p{M}]/u.test(last)) end = /[+#]$/.test(name) ? ENDS : `${ENDS}(?![+#]+(?![\\\\p{L}\\\\p{N}\\\\0]))`;
  const escaped = words(parts).map((word) => word.replace(/[\\^$.*+?()[\\]{}|/]/g, '\\\\$&'));
  return new RegExp(start + escaped.join('[^\\\\p{L}\\\\p{N}\\\\0]+') + end, 'gu');
}

function said(answer) {
  const names = new Map(how.labels.map((label) => [spelled(label), spelled(label)]));
  if ([...names.keys()].every((name) => name === 'true' || name === 'false')) {
    names.set('yes', 'true').set('no', 'false');
  }
  const alike = {};
  for (const name of names.keys()) alike[plain(name)] = (alike[plain(name)] || 0) + 1;
  let rest = folded(answer);
  const found = new Set();
  for (const name of [...names.keys()].filter(Boolean).sort((a, b) => [...b].length - [...a].length || (a < b ? -1 : 1))) {
    const key = plain(name);
    const left = rest.replace(sought(key && alike[key] === 1 ? key : name, name), '\\0');
    if (left !== rest) found.add(names.get(name));
    rest = left;
  }
  return found;
}

function overlap(answer, target) {
  const [one, other] = [answer, target].map((text) => words(plain(text)));
  const left = [...other];
  let shared = 0;
  for (const word of one) {
    const at = left.indexOf(word);
    if (at >= 0) {
      left.splice(at, 1);
      shared += 1;
    }
  }
  if (shared) return (2 * shared) / (one.length + other.length);
  return one.length + other.length ? 0 : 1;
}

function parsed(answer) {
  const fenced = /```(?:json)?\\s*([\\s\\S]*?)```/.exec(answer);
  try {
    return JSON.parse(fenced ? fenced[1] : answer);
  } catch {
    return undefined;
  }
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

const same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const best = (context, score) => Math.max(...[context.vars.row.target].flat().map(score));
const graded = (score) => ({ pass: score >= how.pass, score, reason: `${score}` });
const text = (output) => (typeof output === 'string' ? output : JSON.stringify(output));

module.exports = {
  correct: (output, context) =>
    graded(best(context, (target) => {
      const given = parsed(text(output));
      if (how.kind === 'json') return Number(given !== undefined && same(given, parsed(target)));
      const found = said(text(output));
      return Number(found.size === 1 && found.has(spelled(target)));
    })),
  overlap: (output, context) => graded(best(context, (target) => overlap(text(output), target))),
  answered: (output) => graded(Number(Boolean(text(output).trim()))),
  not_refused: (output) => graded(Number(!REFUSALS.test(text(output).replaceAll('\\u2019', "'").toLowerCase()))),
  well_formed: (output) =>
    graded(Number(how.format === 'json' ? parsed(text(output)) !== undefined : !LEAKS.test(text(output)) && text(output).split('```').length % 2 === 1)),
  right_length: (output) => {
    const count = words(text(output)).length;
    return graded(Number(how.words[0] <= count && count <= how.words[1]));
  },
};
"""  # noqa: E501


def write_suite(suite: Suite, folder: Path) -> int:
    """promptfooconfig.yaml, tests.jsonl, graders.js and what it reads; returns how many cases."""
    write(folder / "promptfooconfig.yaml", "\n".join(_config(suite)))
    script = GRADERS.replace("REFUSALS_SOURCE", line(graders.REFUSALS.pattern)).replace("LEAKS_SOURCE", line(graders.LEAKS.pattern))
    write(folder / "graders.cjs", script)
    settings(suite, folder, python=False)
    return write_lines(folder / "tests.jsonl", _tests(suite))


def _config(suite: Suite) -> Iterator[str]:
    yield "# promptfoo eval -c promptfooconfig.yaml -o results.json"
    yield f"description: {quoted(suite.slug)}"
    yield "prompts:"
    yield "  - '{{ row.messages | dump }}'   # chat messages as JSON: a message that itself looks like JSON is not taken for more than one"
    yield "providers:"
    yield "  - echo   # tries the file without a model; put yours here, such as openai:gpt-5.2"
    yield "tests: file://tests.jsonl"
    yield "defaultTest:"
    yield "  assert:"
    for name in graders.grades(suite.settings()):
        yield f"    - {{type: javascript, value: 'file://graders.cjs:{name}', metric: {name}}}"
    if suite.harness.never:
        yield "    # What must never happen. A model that promptfoo asks can judge it: take the # away."
    for act in suite.harness.never:
        rubric = f"The answer does not do this: {NEGATED.sub('', act)}"
        yield f"    # - {{type: llm-rubric, value: {quoted(rubric)}}}"


def _tests(suite: Suite) -> Iterator[str]:
    for case in suite.cases():
        row = {"input": case.text, "messages": case.messages(suite.harness.system)}
        target_field = {} if case.target is None else {"target": case.target}
        yield line(
            {"description": case.id, "vars": {"row": {"id": case.id, **row, **target_field}}, "metadata": {"id": case.id, **case.labels}}
        )


FIRST = "put your application under providers in that file: echo, which stands there, answers with the input"
PROGRAM = "promptfoo", "npm install -g promptfoo"
EXPORTER = Exporter("promptfoo", write_suite, "promptfoo eval -c {folder}/promptfooconfig.yaml -o results.json", PROGRAM, FIRST)

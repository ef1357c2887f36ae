"""What programmers and their programs leave: logs, stack traces, code, a terminal."""

from __future__ import annotations

from random import Random

from synthgen.fields.edges.details import drawn, fake, one_of
from synthgen.fields.edges.pasted import CLASSES, FAULTS, PARTS, STEPS, THINGS, VERBS, moments, with_paste
from synthgen.fields.edges.situation import Situation

LOGS = [
    "%Y-%m-%d %H:%M:%S {level} {part}: {text}",
    "%Y-%m-%d %H:%M:%S,{ms} [{part}-{small}] {level} com.example.{part}.{owner} - {text}",
    "%b %d %H:%M:%S {machine} {part}[{process}]: {text}",
    '{"ts": "%Y-%m-%dT%H:%M:%S.{ms}Z", "level": "{level}", "svc": "{part}", "msg": "{text}"}',
    "%m-%d %H:%M:%S.{ms} {process} {process} {letter} {owner}: {text}",
    "[%H:%M:%S] [{part}/{level}]: {text}",
    '{ip} - - [%d/%b/%Y:%H:%M:%S +0000] "{verb} {path} HTTP/1.1" {status} {number}',
    "%Y-%m-%dT%H:%M:%S.{ms}Z  {letter}  {part}  trace={hex}{hex}  {text}",
]
"""A line of a log: a strftime pattern, and details."""
MACHINES = ["ip-10-0-3-17", "web01", "localhost", "pixel-7", "node-3", "srv-app-2"]
PATHS = ["/", "/login", "/api/v1/{part}", "/static/{hex}.js", "/{part}?id={small}{small}"]
TRACES: list[tuple[list[str], str, list[str]]] = [
    (
        ["Traceback (most recent call last):"],
        '  File "/usr/src/app/{part}/{verb}.py", line {line}, in {verb}_{thing}\n    {thing} = self.{verb}({other})',
        [
            "KeyError: '{thing}'",
            "ValueError: {fault}",
            "ConnectionError: {fault}",
            "IndexError: list index out of range",
            "TypeError: 'NoneType' object is not subscriptable",
            "RuntimeError: {fault}",
        ],
    ),
    (
        [
            'Exception in thread "main" java.lang.NullPointerException',
            "java.io.IOException: {fault}",
            "java.lang.IllegalStateException: {fault}",
            'Exception in thread "pool-{small}-thread-{small}" java.net.SocketTimeoutException: {fault}',
        ],
        "\tat com.example.{part}.{owner}.{verb}({owner}.java:{line})",
        ["\t... {small} more", "Caused by: java.sql.SQLException: {fault}\n\t... {small}{small} more"],
    ),
    (
        [
            "Uncaught TypeError: Cannot read properties of undefined (reading '{thing}')",
            "Error: {fault}",
            "ReferenceError: {thing} is not defined",
        ],
        "    at {owner}.{verb} (https://app.example.com/assets/{part}.{hex}.js:{small}:{line})",
        ["", "    at async Promise.all (index {small})"],
    ),
    (
        [
            "System.NullReferenceException: Object reference not set to an instance of an object.",
            "System.InvalidOperationException: {fault}",
            "System.Net.Http.HttpRequestException: {fault}",
        ],
        "   at Example.{owner}.{method}(String {thing}) in C:\\build\\{part}\\{owner}.cs:line {line}",
        ["", "--- End of stack trace from previous location ---"],
    ),
    (
        [
            "panic: runtime error: invalid memory address or nil pointer dereference\n\ngoroutine {small} [running]:",
            "panic: {fault}\n\ngoroutine 1 [running]:",
        ],
        "main.(*{owner}).{method}(0xc000{hex})\n\t/go/src/app/{part}.go:{line} +0x{small}{small}",
        ["exit status 2", "main.main()\n\t/go/src/app/main.go:{small}{small} +0x1d"],
    ),
    (
        ["PHP Fatal error:  Uncaught Exception: {fault} in /var/www/html/index.php:{small}{small}\nStack trace:"],
        "#{place} /var/www/html/{part}/{owner}.php({line}): {owner}->{verb}()",
        ["  thrown in /var/www/html/index.php on line {small}{small}"],
    ),
]
"""How a stack trace begins, one of its calls, and how it ends."""
CODE = [
    "def {verb}_{thing}({other}s):\n    for {other} in {other}s:\n        if {other}.{thing} > {line}:\n            return {other}\n    "
    "return None",
    "const {thing} = await fetch('https://api.example.com/{thing}s/' + id);\nconst {other} = await "
    "{thing}.json();\nconsole.log({other}[{small}]);",
    "public {owner} {verb}(String {thing}) {\n    if ({thing} == null) return null;\n    return new {owner}({thing}.trim(), {line});\n}",
    "for i in $(seq 1 {line}); do\n  curl -s https://api.example.com/{thing}s/$i | jq '.{other}' >> {thing}.txt\ndone",
    "<?php\n${thing} = $_POST['{thing}'];\nif (!isset(${thing})) { die('no {thing}'); }\necho ${thing} * {line};",
    '=IF(ISNA(VLOOKUP(A{small},Sheet2!$A$2:$D${line},{small},FALSE)),"",B{small}*1.2)',
    ".{thing}-{other} {\n  display: flex;\n  margin: 0 {line}px;\n  color: #{small}f{small}e0c;\n}",
    "import pandas as pd\ndf = pd.read_csv('{thing}s.csv')\ndf['{other}'] = df['{thing}'].astype(float) / "
    "{line}\nprint(df.groupby('{other}').mean())",
    "func {method}({thing} string) (int, error) {\n\tn, err := strconv.Atoi({thing})\n\tif err != nil {\n\t\treturn 0, "
    "err\n\t}\n\treturn n * {line}, nil\n}",
    "try {\n  {verb}({thing}, {line});\n} catch (e) {\n  // {first}: why does this happen??\n  alert(e);\n}",
    "- name: {verb} {thing}\n  run: ./{verb}.sh --{other} {line}\n  env:\n    TOKEN: ${{ secrets.TOKEN_{small} }}",
    'git checkout -b {verb}-{thing}\ngit commit -am "{verb} {other}"\ngit push origin {verb}-{thing}',
    "let {thing}s = {other}s.filter(x => x.{thing} !== {line}).map(x => x.{other} || '{part}')",
    "sub {verb} { my (${thing}, ${other}) = @_; return ${thing}->{ ${other} } // {line}; }",
]
UNIX_PROMPTS = ["{user}@laptop:~$", "$", "#", "{user}@MacBook-Pro ~ %", "[{user}@srv-app-2 ~]$"]
WINDOWS_PROMPTS = ["PS C:\\Users\\{user}>", "C:\\Users\\{user}>", ">"]
BOTH = [
    "pip install report-tool=={version}\nERROR: No matching distribution found for report-tool",
    "git pull\nfatal: {fault}",
    "npm run build\nnpm ERR! code ELIFECYCLE\nnpm ERR! {fault}",
    "python run.py\n{fault}",
    "curl -I https://{host}/{hex}\nHTTP/2 503\ndate: {stamp}\nserver: nginx",
]
UNIX = [
    *BOTH,
    "ping {host}\nPING {host} ({ip}): 56 data bytes\nRequest timeout for icmp_seq 0\nRequest timeout for icmp_seq 1",
    "ls -la /var/log\ntotal {small}{small}\n-rw-r--r-- 1 root root {number} app.log",
    "sudo systemctl status app\n● app.service - app\n   Active: failed (Result: exit-code) since {stamp}",
    "df -h\n/dev/sda1   {small}{small}G  {small}{small}G     0 100% /",
    "ssh {ip}\nssh: connect to host {ip} port 22: Connection refused",
]
WINDOWS = [
    *BOTH,
    "ipconfig /renew\nAn error occurred while renewing interface Wi-Fi : {fault}",
    "tracert {host}\n  1     1 ms     1 ms     1 ms  {ip}\n  2     *        *        *     Request timed out.",
    "sfc /scannow\nWindows Resource Protection could not perform the requested operation.",
    "net use Z: \\\\{host}\\share\nSystem error 53 has occurred.\n\nThe network path was not found.",
]


def _names(stream: Random) -> dict[str, str]:
    """The names that programmers give: of a class, a method, a module, two variables; and a line number."""
    verb, (thing, second_thing) = stream.choice(VERBS), stream.sample(THINGS, k=2)
    owner, part, line = stream.choice(CLASSES), stream.choice(PARTS), stream.randint(3, 900)
    return {"owner": owner, "part": part, "verb": verb, "method": verb.title(), "thing": thing, "other": second_thing, "line": str(line)}


def pasted_log(stream: Random, message: str, situation: Situation) -> str:
    """Lines of a log, with what they typed."""
    count, pattern, process = int(3 * 9 ** stream.random()), stream.choice(LOGS), str(stream.randint(200, 30000))
    machine, parts = stream.choice(MACHINES), stream.sample(PARTS, k=3)
    lines = []
    for place, moment in enumerate(moments(stream, situation, count)):
        bad = place == count - 1 or stream.random() < 0.15
        level = stream.choice(["ERROR", "ERROR", "WARN"] if bad else ["INFO", "INFO", "DEBUG"])
        details = {
            "level": level,
            "letter": level[0],
            "ms": f"{moment.microsecond // 1000:03}",
            "machine": machine,
            "process": process,
            "part": stream.choice([parts[0], parts[0], *parts]),
            "owner": stream.choice(CLASSES),
            "verb": stream.choice(["GET", "GET", "POST"]),
            "status": stream.choice(["500", "502", "403", "404"] if bad else ["200", "200", "304", "302"]),
            "text": one_of(stream, situation, FAULTS if bad else STEPS),
        }
        path = one_of(stream, situation, PATHS, part=details["part"])
        lines.append(drawn(stream, situation, moment.strftime(pattern), path=path, **details))
    return with_paste(stream, message, "\n".join(lines), fence=0.15)


def pasted_stack_trace(stream: Random, message: str, situation: Situation) -> str:
    """A program's last words, in one of six languages."""
    begins, call, ends = stream.choice(TRACES)
    patterns = [stream.choice(begins), *[call] * stream.randint(2, 14), stream.choice(ends)]
    lines = []
    for place, pattern in enumerate(patterns):
        fault = one_of(stream, situation, FAULTS)
        lines.append(drawn(stream, situation, pattern, place=str(place - 1), fault=fault, **_names(stream)))
    return with_paste(stream, message, "\n".join(lines).rstrip(), fence=0.25)


def pasted_code(stream: Random, message: str, situation: Situation) -> str:
    """A few lines of a program."""
    return with_paste(stream, message, one_of(stream, situation, CODE, **_names(stream)), fence=0.4)


def pasted_terminal(stream: Random, message: str, situation: Situation) -> str:
    """Commands and their output."""
    user = fake(stream, "first_name", "en_GB").lower()
    prompts, commands = stream.choice([(UNIX_PROMPTS, UNIX), (UNIX_PROMPTS, UNIX), (WINDOWS_PROMPTS, WINDOWS)])
    prompt, ip, host = one_of(stream, situation, prompts, user=user), drawn(stream, situation, "{ip}"), drawn(stream, situation, "{host}")
    chosen = stream.sample(commands, k=stream.randint(1, 3))
    lines = [drawn(stream, situation, command, fault=one_of(stream, situation, FAULTS), ip=ip, host=host) for command in chosen]
    return with_paste(stream, message, "\n".join(f"{prompt} {line}" for line in lines), fence=0.25)

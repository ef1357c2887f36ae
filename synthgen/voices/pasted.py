"""Whether a message holds what was pasted rather than typed: code, a stack trace, log lines, data, mark-up, an e-mail, a long link."""

from __future__ import annotations

import re

_LOOKED_AT = 20_000  # characters: what is pasted shows early
_PASTED = re.compile(
    r"""
    \bhttps?://\S{45,}
    | ^Traceback\ \(most\ recent | ^[ \t]*(?:at\ [\w$.<>/]+\(.*\)|File\ ".+",\ line\ \d+) | \b[A-Z]\w+(?:Error|Exception):\s
    | \d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d | ^[^\w\n]{0,8}(?:[A-Z][a-z]{2}\ +\d+\ )?\d\d:\d\d:\d\d\b.*\S | ^\[\ *\d+\.\d{4,}\] | \[?\b(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL)\]?\s*[:\]\-]\s
    | [{\[,]\s*"[^"\n]+"\s*:\s*["\d{\[tfn-]
    | </(?:div|p|a|span|html|body|table|t[rdh]|script|head|title|li|ul|ol|h[1-6]|form|button|style|b|i)> | <(?:[a-z]+\d?)\s+[\w-]+="[^"]*" | <!DOCTYPE
    | \bSELECT\s[^\n]+\sFROM\b | \bINSERT\ INTO\b | \bCREATE\ TABLE\b | \bUPDATE\s\w+\sSET\b | \bselect\s\*\sfrom\b
    | ^(?:[^,\n]+,(?!\s)){3,}[^,\n]+\n(?:[^,\n]*,){3,} | ^(?:[^;\n]+;){3,}[^;\n]*\n(?:[^;\n]*;){3,} | ^(?:[^|\n]*\|){2,}.*\n(?:[^|\n]*\|){2,}
    | ^(?:From|To|Subject|Date|Sent|Cc):\ .*\n(?:From|To|Subject|Date|Sent|Cc):\  | ^On\ .{8,60}\ wrote: | ^>\ ?\S.*\n>
    | ^```
    | ^[ \t]*(?:def\ \w+\(|class\ \w+[:({]|import\ \w+(?:\.\w+)*;?$|from\ [\w.]+\ import\ |\#include\ ?[<"]|(?:public|private)\ \w+.*[({]|(?:const|var|let)\ \w+\ ?=)
    | ;[ \t]*\n[^\n;]*[;{}][ \t]*$ | ^[ \t]*(?:if|for|while)\s?\(.*\)\s*\{
    """,  # noqa: E501
    re.VERBOSE | re.MULTILINE,
)


def is_pasted(text: str) -> bool:
    """Whether it is; by a few patterns that people hardly type by hand."""
    return _PASTED.search(text, 0, _LOOKED_AT) is not None

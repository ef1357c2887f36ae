"""What this machine has of what synthgen can use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import synthgen
from synthgen.models.base import SCRIBBLER, machine
from synthgen.versions import installed, versions

MISSING = "missing"
KEYS = ("ANTHROPIC_API_KEY", "HF_TOKEN")


def examine() -> dict[str, Any]:
    """Versions, device, the embedded model, and whether keys are there; never what they are."""
    return {
        "synthgen": synthgen.__version__,
        "versions": versions() | {name: version for name in ("anthropic", "huggingface_hub") if (version := installed(name))},
        **machine(),
        "scribbler": _scribbler(),
        "reads GGUF": bool(installed("gguf") and installed("accelerate")),
        "keys": {name: bool(os.environ.get(name)) for name in KEYS}
        | {"hf auth login": (Path.home() / ".cache/huggingface/token").exists()},
    }


def verdict(findings: Mapping[str, Any]) -> str:
    """What this machine can make, or what it lacks for it, in a line."""
    lacking = [package for package in ("torch", "transformers") if package not in findings["versions"]]
    if findings["scribbler"] == MISSING:
        lacking.insert(0, "the embedded model")
    if lacking:
        return f"not ready: {', '.join(lacking)} missing; see docs/install.md"
    if findings["keys"]["ANTHROPIC_API_KEY"]:
        return "ready: messages are typed on this machine, and Claude can be asked"
    return "ready: messages are typed on this machine; fields that Claude makes need ANTHROPIC_API_KEY"


def _scribbler() -> str:
    weights = SCRIBBLER / "model.safetensors"
    return f"{weights.stat().st_size / 1e6:.0f} MB" if weights.exists() else MISSING

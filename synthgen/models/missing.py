"""Why a base model cannot be loaded, in one line with the way out. What libraries advise is not passed on: it is meant for programmers, and
some of it opens the door to a stranger's program."""

from __future__ import annotations

from synthgen.errors import ModelError
from synthgen.versions import install_extra

REFUSED = [
    (
        ("weights_only", "Weights only load failed", "UnpicklingError"),
        "has its weights in a pickle, which can hold any program and was not run",
        "ask for the same weights as safetensors (model.safetensors): they hold numbers only",
    ),
    (
        ("trust_remote_code", "custom code", "remote code"),
        "brings a program of its own, which was not run",
        "take a causal language model that transformers knows without it",
    ),
]
"""What libraries say when they would have to run what came with the weights, and what is said in its place."""


def missing(name: str, local: bool, error: Exception) -> ModelError:
    """The one line for a model that cannot be loaded."""
    error_text = f"{type(error).__name__}: {error}"
    cause = "\n".join(str(exception) for exception in (error, error.__cause__, error.__context__) if exception)
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    page = f"https://huggingface.co/{name}"
    for marks, problem, hint in REFUSED:
        if any(mark in cause for mark in marks):
            return ModelError(f"model '{name}' {problem}", hint)
    if ("gguf" in cause.lower() and isinstance(error, ImportError)) or "accelerate is required" in cause:
        return ModelError(f"model '{name}': reading GGUF files needs two more packages", install_extra("gguf", "gguf", "accelerate"))
    if local:
        return ModelError(
            f"model '{name}' cannot be loaded: {first}",
            "a folder needs config.json, the weights and the tokenizer, as save_pretrained writes them",
        )
    if "gated" in error_text.lower() or "GatedRepo" in cause or "401 Client Error" in cause or "403 Client Error" in cause:
        return ModelError(
            f"model '{name}' is gated or private, and this login may not read it", f"ask for access at {page}, then: hf auth login"
        )
    if "not a valid model identifier" in cause or "404" in cause or "RepositoryNotFound" in cause:
        return ModelError(
            f"model '{name}' is not a folder here, nor on the Hub under this name",
            "check the spelling (owner/name); for a private model: hf auth login; or leave `models` out to use scribbler",
        )
    if "connect" in cause.lower() or "offline" in cause.lower() or "couldn't find" in cause.lower() or "resolve" in cause.lower():
        return ModelError(
            f"model '{name}' is not on this machine, and the Hub cannot be reached",
            retryable=True,
            hint=f"with a connection: hf download {name}; or name a folder; or leave `models` out to use scribbler",
        )
    return ModelError(
        f"model '{name}' cannot be loaded: {first}", "it must be a causal language model that transformers knows without remote code"
    )

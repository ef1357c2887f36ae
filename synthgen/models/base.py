"""Pretrained base models: any causal language model that transformers knows continues a frame; packed ones need torch alone.

A frame is read once for all its rows, and rows are written side by side (see `batch`). Every row samples with
numbers drawn from its own stream, one a token, so that what it draws does not depend on its neighbours.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypedDict

from synthgen.errors import DataError, ModelError
from synthgen.memory import lacks_memory
from synthgen.models import hub_model, packed, steady_memory
from synthgen.models.codec import Codec, light_codec, token_set, transformers_codec
from synthgen.models.missing import missing
from synthgen.recipe import model_folder
from synthgen.recipe.model_folder import Fence
from synthgen.spec.parts import exists
from synthgen.spec.processors import cores
from synthgen.spec.rows import Completion, Prompt

if TYPE_CHECKING:
    import torch

    from synthgen.models.batch import Job
    from synthgen.models.llama import Llama

SCRIBBLER = Path(__file__).parent / "scribbler"
WORKERS = 8
"""Batches that are written at the same time on a CPU, at most, each by one thread."""
WIDTH = 48
"""Rows that are written side by side. It is part of what decides a message, to the last bit."""
NARROW = 16
"""The same where a handful of rows is all that is wanted."""
MANY = 150
"""Messages after which there are likely to be so many more that huge pages are worth the second or two that they take to make."""
NUMBERS = 8
"""Numbers that a byte of weights may stand for, at most."""
MIN_P = 0.05
"""A token is never chosen when it is less than this as likely as the likeliest (min-p sampling, arXiv 2407.01082)."""


class ModelSettings(TypedDict):
    """How a base model is opened."""

    revision: str | None
    dtype: str
    device: str
    fence: Fence | None


class BaseModel:
    """A base model, loaded when it is first asked.

    `name` is `scribbler`, a Hub id (with `revision`), a folder, or a .gguf file. The `fence` of a recipe gives the file of a path, or
    raises ValueError when it must not be read; what is on this machine is then named by its whole path. Raises ModelError from any
    method when the model cannot be had, or holds what must not be read.
    """

    def __init__(
        self,
        name: str,
        *,
        revision: str | None = None,
        dtype: str = "auto",
        device: str = "auto",
        fence: Fence | None = None,
        width: int = WIDTH,
    ) -> None:
        self.name, self.revision, self._fence, self.width = name, revision, fence, width
        self._dtype_asked, self._device_asked = dtype, device
        self._stops: dict[tuple[str, int], bool] = {}
        self._fits: bool | None = None
        self._messages = 0

    # What it is

    @cached_property
    def identity(self) -> str:
        """Name, a digest of its files or its commit, its number format, and how it samples."""
        return f"{Path(self.name).name if self.is_local else self.name}@{self._version} {self.dtype} min_p={MIN_P} width={self.width}"

    @property
    def settings(self) -> ModelSettings:
        """How it is opened, here or elsewhere."""
        return {"revision": self.revision, "dtype": self._dtype_asked, "device": self._device_asked, "fence": self._fence}

    def narrowed(self) -> BaseModel:
        """The same model, which writes a handful of rows sooner, and many later."""
        return BaseModel(self.name, **self.settings, width=NARROW)

    @property
    def is_local(self) -> bool:
        """Whether it is a folder or a file on this machine."""
        return self.name == "scribbler" or ((self._fence is None or Path(self.name).is_absolute()) and exists(self.name))

    @property
    def place(self) -> Path:
        """The folder (or .gguf file) of a local model."""
        return SCRIBBLER if self.name == "scribbler" else Path(self.name)

    @cached_property
    def _checked(self) -> str | None:
        """The commit of a model on the Hub, or nothing for one on this machine, of which nothing leads elsewhere. Raises ModelError."""
        try:
            if self.name == "scribbler":
                return None
            if self.is_local:
                model_folder.check(self.place, self._fence)
                return None
            if exists(self.name):
                raise DataError("where this command runs there is a folder of that name, which would be taken for it", "run it elsewhere")
            return hub_model.checked(self.name, self.revision, self._fence)
        except DataError as error:
            raise ModelError(f"model '{self.name}': {error.message}", error.hint) from None

    @cached_property
    def _version(self) -> str:
        return self.content or self._checked or self.revision or "main"

    @cached_property
    def content(self) -> str:
        """What stands for the files of a local model; empty for one on the Hub."""
        self._checked  # noqa: B018 (it raises)
        if not self.is_local:
            return ""
        digest = sha256()
        folder = self.place
        for file in sorted(folder.iterdir()) if folder.is_dir() else [folder]:
            if file.suffix in (".json", ".model", ".txt", ".safetensors", ".gguf", ".bin"):
                digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
                with file.open("rb") as stream:  # the ends of a large file stand for the whole
                    digest.update(stream.read(1 << 20))
                    if file.stat().st_size > 2 << 20:
                        stream.seek(-(1 << 20), 2)
                        digest.update(stream.read())
        return digest.hexdigest()[:12]

    @cached_property
    def device(self) -> str:
        """Where it runs."""
        import torch

        if self._device_asked != "auto":
            return self._device_asked
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"

    @cached_property
    def dtype(self) -> str:
        """The number format: bfloat16 where the machine computes in it natively, else float32."""
        if self._dtype_asked != "auto":
            return self._dtype_asked
        return "bfloat16" if computes_in_bfloat16(self.device) else "float32"

    # Loading

    @cached_property
    def _torch_dtype(self) -> torch.dtype:
        import torch

        dtype = getattr(torch, self.dtype)
        assert isinstance(dtype, torch.dtype)
        return dtype

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer."""
        with self._readable_errors(), self._source() as (source, options):
            from transformers import AutoTokenizer

            return AutoTokenizer.from_pretrained(source, **options)

    @contextlib.contextmanager
    def _source(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """What transformers is told to load, and how: no code, and of a GGUF file nothing that lies beside it."""
        options: dict[str, Any] = {"trust_remote_code": False}
        commit = self._checked or self.revision
        if not self.is_local:
            yield self.name, options | ({"revision": commit} if commit else {})
        elif self.place.is_dir():
            yield str(self.place), options
        else:
            with TemporaryDirectory(prefix="synthgen-") as empty_folder:
                yield empty_folder, options | {"gguf_file": str(self.place.absolute())}

    @cached_property
    def _llama(self) -> Llama | None:
        """The model without transformers, which takes seconds to import, where that is possible."""
        if not (self.is_local and self.is_packed):
            return None
        with self._readable_errors():
            self._checked  # noqa: B018 (it raises)
            import torch

            from synthgen.models.llama import Llama, is_llama

            config = json.loads((self.place / "config.json").read_text(encoding="utf-8"))
            if not is_llama(config):
                return None
            with torch.inference_mode():
                llama = Llama(config, packed.PackedWeights(self.place / "model.safetensors", self._torch_dtype, self.device))
                llama.read([0])  # what does not fit together is found here
            return llama

    @cached_property
    def _model(self) -> Any:
        model, _ = self.opened()
        if self.device == "cpu" and self.dtype == "bfloat16":
            import torch

            from synthgen.models.cpu import pack

            with torch.inference_mode():
                pack(model)
        return model

    def opened(self) -> tuple[Any, Any]:
        """The model as transformers knows it, and its tokenizer: for whoever trains it."""
        with self._readable_errors(), self._source() as (source, options):
            from transformers import AutoConfig, AutoModelForCausalLM, logging

            logging.set_verbosity_error()
            logging.disable_progress_bar()
            config = AutoConfig.from_pretrained(source, **options)
            if self.is_local:
                weights = model_folder.weights(self.place)
                check_size(config, sum(file.stat().st_size for file in weights))
            if self.is_packed:
                model = self._unpacked(config)
            else:  # pickled weights can hold code
                model = AutoModelForCausalLM.from_pretrained(source, **options, dtype=self._torch_dtype, use_safetensors=True)
            return model.to(self.device).eval(), self.tokenizer

    @property
    def is_packed(self) -> bool:
        """Whether its weights are in four or eight bits, as Scribbler's."""
        return packed.is_packed(self.place / "model.safetensors")

    def _unpacked(self, config: Any) -> Any:
        from transformers import MODEL_FOR_CAUSAL_LM_MAPPING

        weights = dict(packed.PackedWeights(self.place / "model.safetensors", self._torch_dtype))
        return MODEL_FOR_CAUSAL_LM_MAPPING[type(config)].from_pretrained(None, config=config, state_dict=weights, dtype=self._torch_dtype)

    @contextlib.contextmanager
    def _readable_errors(self) -> Iterator[None]:
        """Whatever goes wrong in loading, in one line with the way out."""
        try:
            _leave_docstrings_out()
            yield
        except ModelError:
            raise
        except DataError as error:
            raise ModelError(f"model '{self.name}': {error.message}", error.hint) from None
        except Exception as error:  # transformers, the Hub client and torch have no common error class
            if lacks_memory(error):
                raise
            raise missing(self.name, self.is_local, error) from error

    # Work

    def count(self, text: str) -> int:
        """How many tokens a text has."""
        with self._readable_errors():  # a vocabulary may lack what every text needs
            return len(self._codec.frame(text))

    @cached_property
    def _codec(self) -> Codec:
        with self._readable_errors():
            self._checked  # noqa: B018 (it raises)
            light = light_codec(self.place) if self.is_local and self.is_packed else None
        return light or transformers_codec(self.tokenizer)

    def complete(self, prompts: Sequence[Prompt]) -> Iterator[Completion]:
        """Completions as their messages end; settings: `temperature`, `tokens` at most, `stop` text, and the `opening` that each begins
        with."""
        frames = by_frame(prompts)
        workers = 1 if self.device != "cpu" else min(WORKERS, cores(), len(frames))
        return (completion for _, completion in self.write(prompts, frames, workers))

    def write(self, prompts: Sequence[Prompt], frames: Iterable[Sequence[int]], workers: int) -> Iterator[tuple[int, Completion]]:
        """Completions of some of the prompts, with their numbers: of those that `frames` names, each the numbers of prompts that share
        their text, as they come. Nothing in a completion depends on which these are, or on how many `workers` write at a time."""
        from synthgen.models.batch import side_by_side

        ids = {text: tuple(self._ids(text)) for text in {prompt.text: None for prompt in prompts}}
        openings = {opening: self._codec.plain(opening) for opening in {_opening(prompt): None for prompt in prompts}}
        room = max((len(openings[_opening(prompt)]) + _limit(prompt) for prompt in prompts), default=0)
        longest = max(map(len, ids.values()), default=0)
        self._check_window(longest, longest + room)
        stop = str(prompts[0].settings.get("stop", "")) if prompts else ""

        def jobs(frame: Sequence[int]) -> list[Job]:
            return [_job(number, prompts[number], ids[prompts[number].text], openings[_opening(prompts[number])]) for number in frame]

        if self.device == "cpu":
            steady_memory.keep_freed()
        for job in side_by_side(self._writer(longest, room), map(jobs, frames), workers, partial(self._is_end, stop), choose):
            self._messages += 1
            if self._messages == MANY and self.device == "cpu":
                steady_memory.use_huge_pages()
            yield job.number, self._completion(prompts[job.number], job)

    def _writer(self, longest: int, room: int) -> Callable[..., Iterator[Job]]:
        """What writes jobs whose frames have `longest` tokens at most, and their messages `room`."""
        from synthgen.models.batch import Batch

        decoder: Any = self._llama
        if decoder is None:
            import torch

            from synthgen.models.through_transformers import Transformer, fits, write_singly

            if self._fits is None:
                with torch.inference_mode():
                    self._fits = fits(self._model, longest + room)
            if not self._fits:
                return partial(write_singly, self._model)
            decoder = Transformer(self._model)
        return lambda *arguments: Batch(decoder, self.width, room).write(*arguments)

    def _check_window(self, frame: int, room: int) -> None:
        window = self._llama.window if self._llama else getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        if window and room > window:
            raise ModelError(
                f"model '{self.name}' reads {window} tokens, but a frame has {frame} and its message up to {room - frame}",
                "use shorter or fewer seed messages, or a model that reads more",
            )

    def _ids(self, text: str) -> list[int]:
        with self._readable_errors():
            return self._codec.frame(text)

    def _is_end(self, stop: str, token: int) -> bool:
        is_end = self._stops.get((stop, token))
        if is_end is None:
            is_end = self._stops[stop, token] = token in self._ends or bool(stop and stop in self._codec.text([token]))
        return is_end

    def _completion(self, prompt: Prompt, job: Job) -> Completion:
        written = job.written
        ended = written[-1] in self._ends
        text = self._codec.text(written[:-1] if ended else written)
        stop = str(prompt.settings.get("stop", ""))
        if ended:  # the document's end ends the message too
            text += stop
        elif stop and stop in text:
            text, ended = text[: text.index(stop) + len(stop)], True
        return Completion(
            prompt,
            text,
            "stop" if ended else "length",
            len(job.ids),
            len(written),
            logprobs=tuple(round(logprob, 2) for logprob in job.logprobs),
        )

    @cached_property
    def _ends(self) -> frozenset[int]:
        if self._llama:
            return self._codec.ends | self._llama.ends
        configured = self._model.generation_config.eos_token_id if self._model.generation_config else None
        return self._codec.ends | token_set(configured)


def _leave_docstrings_out() -> None:
    """Let transformers load where Python has no docstrings (-OO): it makes longer ones of them, and fails where there are none."""
    if sys.flags.optimize > 1:
        from transformers import utils

        utils.auto_docstring = lambda obj=None, **_: (lambda decorated: decorated) if obj is None else obj


def machine() -> dict[str, str | int]:
    """Where models run on this machine, and in which number format."""
    import torch

    model = BaseModel("scribbler")
    name = torch.cuda.get_device_name() if model.device == "cuda" else ""
    return {"device": model.device, "device name": name, "processors": cores(), "number format": model.dtype}


def by_frame(prompts: Sequence[Prompt]) -> list[list[int]]:
    """The numbers of the prompts that share a text, for each text in the order in which it comes first."""
    frames: dict[str, list[int]] = {}
    for number, prompt in enumerate(prompts):
        frames.setdefault(prompt.text, []).append(number)
    return list(frames.values())


def _limit(prompt: Prompt) -> int:
    return int(prompt.settings.get("tokens", 120))


def _opening(prompt: Prompt) -> str:
    return str(prompt.settings.get("opening", ""))


def _job(number: int, prompt: Prompt, ids: tuple[int, ...], opening: Sequence[int]) -> Job:
    from synthgen.models.batch import Job

    stream = Random(prompt.stream)
    uniforms = [stream.random() for _ in range(len(opening) + _limit(prompt))]
    return Job(number, ids, uniforms, float(prompt.settings.get("temperature", 1.0)), opening=opening)


def choose(logits: torch.Tensor, uniforms: torch.Tensor, temperature: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One token for each row of `logits` (rows, vocabulary), by its number in `uniforms` (rows,) between 0 and 1 and its temperature; and
    its log-probability (rows,) at temperature 1."""
    import torch

    highest = logits.amax(-1).float()
    rows, tokens = (logits >= (highest + temperature * math.log(MIN_P))[:, None]).nonzero(as_tuple=True)
    counts = torch.bincount(rows, minlength=len(uniforms))
    first = counts.cumsum(0) - counts
    chances = torch.zeros(len(uniforms), int(counts.max()), device=logits.device)
    positions = torch.arange(len(rows), device=logits.device) - first[rows]
    chances[rows, positions] = ((logits[rows, tokens].float() - highest[rows]) / temperature[rows]).exp()
    upto = chances.cumsum(-1)
    place = torch.searchsorted(upto, (uniforms * upto[:, -1])[:, None], right=True).squeeze(-1)
    chosen = tokens[first + place.clamp(max=counts - 1)]
    return chosen, logits.gather(-1, chosen[:, None]).squeeze(-1).float() - logits.float().logsumexp(-1)


def computes_in_bfloat16(device: str) -> bool:
    """Whether a device is fast at bfloat16."""
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    if not hasattr(torch.cpu, "get_capabilities"):  # an older torch
        return bool(torch.cpu._is_avx512_bf16_supported())
    abilities = torch.cpu.get_capabilities()
    return bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16") or abilities.get("bf16"))


def check_size(config: Any, weights: int) -> None:
    """Raise DataError when a config describes far more numbers than so many bytes of weights hold: the rest would be made up."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):  # where numbers need no memory
        model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    numbers = sum(tensor.numel() for tensor in {id(tensor): tensor for tensor in [*model.parameters(), *model.buffers()]}.values())
    if numbers > 10_000_000 + NUMBERS * weights:
        raise DataError(
            f"its config describes {numbers:,} numbers, and its weights have only {weights:,} bytes",
            model_folder.WHOLE,
        )

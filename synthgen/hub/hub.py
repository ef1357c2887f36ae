"""Sending an output to the Hugging Face Hub: one commit with what has changed, or a pull request.

All is looked through before anything is sent (see `outgoing`). Large files go first, each known by its digest, so that a push which
was cut off goes on where it was; then one commit changes the dataset at once. What an earlier push sent and this one has no more is
taken away; a dataset that synthgen did not make is left alone. The token is the one that `hf auth login` or HF_TOKEN gives; it
is never written. Nothing else is sent to anybody: the client's own telemetry is off.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from logging import ERROR
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from synthgen.dataset.dataset import Dataset
from synthgen.dataset.fetched import local_copy
from synthgen.dataset.names import MANIFEST
from synthgen.dataset.place import Output
from synthgen.errors import HubError, OutputError
from synthgen.hub.errors import LOGIN, hub_errors, token_of
from synthgen.hub.outgoing import Sent, Wishes, outgoing
from synthgen.recipe.publish import Publish

if TYPE_CHECKING:
    from huggingface_hub import HfApi

KIND = "dataset"
MAIN = "main"
OF_HUB = {".gitattributes", "README.md", "LICENSE"}
"""What a dataset may hold that nobody has put anything into yet."""


@dataclass(frozen=True)
class Pushed:
    """What a push did, or with `dry_run` would do.

    `sent` are the files that changed, with their bytes; `removed` those taken away; `same` counts files that were there already.
    `commit` is None when nothing had to change. `withheld` counts, per configuration, refused rows that stay because of what they
    hold; `stays` names what else lies in the folder and stays.
    """

    repo: str
    url: str
    private: bool
    sent: tuple[tuple[str, int], ...]
    removed: tuple[str, ...] = ()
    same: int = 0
    created: bool = False
    commit: str | None = None
    pr: str | None = None
    revision: str = MAIN
    tag: str | None = None
    withheld: Mapping[str, int] | None = None
    stays: tuple[str, ...] = ()
    dry_run: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Errand:
    """Where it goes, and how."""

    api: HfApi
    repo: str
    private: bool
    revision: str
    tag: str | None
    pr: bool
    message: str | None


@dataclass(frozen=True)
class _Remote:
    """The dataset as it is on the Hub: its files (SHA-256 of large ones, git's name of others), its commit and its tags. One that is not
    there yet has no commit; of a `branch` that is not there yet it is what the branch will begin with."""

    files: Mapping[str, str]
    commit: str | None = None
    private: bool = True
    branch: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sending:
    """How a push goes: `pr` opens a pull request instead of changing the branch, `dry_run` sends nothing and says what would be,
    `without` names configurations that stay, `logs` are files of messages that no row may copy, besides those that the recipe is like,
    in this `field` of their records (None: in text, message, …),
    without `review` rows go as they were made, whatever reviewers decided, `message` says what the commit is, `progress` shows bars, and
    `hub` is the client (None: the usual one)."""

    pr: bool = False
    dry_run: bool = False
    without: Sequence[str] = ()
    logs: Sequence[str | Path] = ()
    field: str | None = None
    review: bool = True
    message: str | None = None
    progress: bool = False
    hub: HfApi | None = None


def publishing(folder: str | Path, repo: str | None = None, **options: Any) -> Publish:
    """Where an output goes on the Hub, and how: what the output's recipe says under `publish`, with the `options` in place of that (None:
    no change). With another `repo` than the recipe's, who may see the dataset is not the recipe's to say. Raises OutputError."""
    recorded = {key: value for key, value in Dataset.open(folder).recipe.publish.items() if key in Publish.model_fields}
    if repo is not None and repo != recorded.get("repo"):
        recorded.pop("private", None)
    data = {**recorded, **{key: value for key, value in {"repo": repo, **options}.items() if value is not None}}
    if "repo" not in data:
        raise OutputError("it is not said where the output goes", "name it, OWNER/NAME, or in the recipe: publish: {repo: …}")
    try:
        publish = Publish.model_validate(data)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise OutputError(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg'].removeprefix('Value error, ')}") from None
    for mistake in publish.mistakes():
        raise OutputError(mistake.message, mistake.hint)
    return publish


def push(
    folder: str | Path,
    repo: str | None = None,
    *,
    private: bool | None = None,
    revision: str | None = None,
    tag: str | None = None,
    test: float | None = None,
    license: str | None = None,  # noqa: A002
    language: Sequence[str] | None = None,
    **options: Any,
) -> Pushed:
    """Send an output to `repo` (OWNER/NAME, or NAME for your own), which is made, private by default, when it is not there.

    `revision` is the branch (made when missing), `tag` a name for the commit; `test` is the share of rows that go to a split of that name;
    `license` and `language` go into the card. What is not given is as the output's recipe says under `publish`. `options` are those of
    `Sending`: pr, dry_run, without, logs, field, review, message, progress, hub.

    Raises OutputError when the output cannot be sent or holds what should not leave (nothing was sent then), HubError when the Hub
    does not take it.
    """
    settings = {"private": private, "revision": revision, "tag": tag, "test": test, "license": license}
    languages = None if language is None else list(language)
    return send(folder, publishing(folder, repo, **settings, language=languages), Sending(**options))


def send(folder: str | Path, publish: Publish, how: Sending) -> Pushed:
    """Send an output where `publish` says. Raises OutputError, HubError: see `push`."""
    if how.pr and publish.tag:
        raise OutputError("a pull request cannot be tagged", "leave out the tag, and tag the dataset when it is merged")
    output = Output(local_copy(folder))
    with _quiet(how.progress), output.locked("push"), TemporaryDirectory(prefix="synthgen-push-") as workplace:
        api = how.hub or _client()
        with hub_errors(publish.repo, api):
            name = publish.repo if "/" in publish.repo else _own_name(api, publish.repo, how.dry_run)
            wishes = Wishes(publish.test, publish.license, publish.language or (), how.without, how.logs, how.field, how.review)
            parcel = outgoing(output, name, Path(workplace), wishes)  # before anything is sent
            errand = _Errand(api, name, publish.private, publish.revision or MAIN, publish.tag, how.pr, how.message)
            remote, notes = _ask(errand, how.dry_run)
            changed = [file for file in parcel.files if remote.files.get(file.path) not in (file.sha256, file.git_id)]
            removed = _removed(errand, remote, parcel.files, Path(workplace))
            _check(errand, remote, bool(changed or removed))
            pushed = Pushed(
                name,
                f"{api.endpoint}/datasets/{name}",
                remote.private if how.pr else publish.private and remote.private,
                tuple((file.path, file.size) for file in changed),
                tuple(removed),
                same=len(parcel.files) - len(changed),
                created=remote.commit is None,
                revision=errand.revision,
                tag=errand.tag,
                withheld=parcel.withheld,
                stays=tuple(parcel.stays),
                dry_run=how.dry_run,
                notes=(*notes, *parcel.notes),
            )
            return pushed if how.dry_run else _send(errand, remote, changed, pushed, parcel.summary)


def _client() -> HfApi:
    from huggingface_hub import HfApi

    from synthgen import __version__

    return HfApi(library_name="synthgen", library_version=__version__)


@contextmanager
def _quiet(progress: bool) -> Iterator[None]:
    """The client tells nobody of us, and the terminal only what is asked for."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read when it is first imported
    from huggingface_hub import constants, logging
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    constants.HF_HUB_DISABLE_TELEMETRY = True
    bars, level = are_progress_bars_disabled(), logging.get_verbosity()
    logging.set_verbosity(ERROR)
    if not progress:
        disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if not bars:
            enable_progress_bars()


def _own_name(api: HfApi, repo: str, dry_run: bool) -> str:
    """The full name of a dataset of the user's own."""
    if token_of(api) is None:
        if dry_run:
            return repo
        raise HubError("there is no Hugging Face token on this machine", LOGIN)
    return f"{api.whoami()['name']}/{repo}"


def _ask(errand: _Errand, dry_run: bool) -> tuple[_Remote, list[str]]:
    """The dataset on the Hub, and notes on the request. A dry run makes do without the Hub."""
    if token_of(errand.api) is None and not dry_run:
        raise HubError("there is no Hugging Face token on this machine", LOGIN)
    try:
        with hub_errors(errand.repo, errand.api):
            return _look(errand), []
    except HubError as error:
        if not dry_run:
            raise
        return _Remote({}), [f"the Hub could not be asked what is there already, so all is shown as new: {error.message}"]


def _look(errand: _Errand) -> _Remote:
    from huggingface_hub import RepoFile
    from huggingface_hub.errors import RepositoryNotFoundError

    api, repo = errand.api, errand.repo
    try:
        info = api.repo_info(repo, repo_type=KIND)
    except RepositoryNotFoundError as error:
        if error.response.status_code == 401 and token_of(api) is not None:
            raise
        return _Remote({})
    refs = api.list_repo_refs(repo, repo_type=KIND, include_pull_requests=True)
    heads = {branch.name: branch.target_commit for branch in refs.branches} | {
        request.ref: request.target_commit for request in refs.pull_requests or ()
    }
    commit = heads.get(errand.revision, info.sha)
    tree = api.list_repo_tree(repo, repo_type=KIND, revision=commit, recursive=True)
    files = {entry.path: entry.lfs.sha256 if entry.lfs else entry.blob_id for entry in tree if isinstance(entry, RepoFile)}
    tags = {tag.name: tag.target_commit for tag in refs.tags}
    return _Remote(files, commit, bool(info.private), errand.revision in heads, tags)


def _removed(errand: _Errand, remote: _Remote, files: Sequence[Sent], workplace: Path) -> list[str]:
    """What an earlier push sent and this one does not. Raises OutputError for a dataset of somebody else's making."""
    sent_files = {file.path: file for file in files}
    if set(remote.files) <= OF_HUB:
        return []
    if remote.files.get(MANIFEST) == sent_files[MANIFEST].git_id:
        return []
    earlier: Any = None
    if MANIFEST in remote.files:
        manifest_file = errand.api.hf_hub_download(
            errand.repo, MANIFEST, repo_type=KIND, revision=remote.commit, local_dir=workplace / "there"
        )
        with suppress(ValueError, RecursionError):
            earlier = json.loads(Path(manifest_file).read_text(encoding="utf-8"))
    if isinstance(earlier, dict) and "synthgen" in earlier and isinstance(earlier.get("files"), dict):
        return sorted(path for path in earlier["files"] if path in remote.files and path not in sent_files and path not in OF_HUB)
    if errand.pr:
        return []
    raise OutputError(
        f"{errand.repo} holds {len(set(remote.files) - OF_HUB)} files and was not made by synthgen",
        "choose another name, or open a pull request: --pr",
    )


def _check(errand: _Errand, remote: _Remote, changes: bool) -> None:
    """Raise OutputError when the dataset on the Hub and the push do not fit."""
    if errand.pr and (remote.commit is None or not remote.branch):
        what = f"no dataset {errand.repo}" if remote.commit is None else f"no branch {errand.revision} in {errand.repo}"
        raise OutputError(f"there is {what} to open a pull request on", "leave out --pr to make it")
    if remote.commit is not None and errand.private and not remote.private:
        raise OutputError(f"{errand.repo} is public: everybody would see what is sent", "say --public if they may")
    if errand.tag and errand.tag in remote.tags and (changes or remote.tags[errand.tag] != remote.commit):
        raise OutputError(f"{errand.repo} has a tag {errand.tag} already, on another version", "choose another tag")


def _send(errand: _Errand, remote: _Remote, changed: Sequence[Sent], pushed: Pushed, summary: str) -> Pushed:
    """Make what is missing, send what changed in one commit, and tag it."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    api, repo = errand.api, errand.repo
    if remote.commit is None:
        api.create_repo(repo, repo_type=KIND, private=errand.private)
        remote = _look(errand)
    if not remote.branch:
        api.create_branch(repo, repo_type=KIND, branch=errand.revision, exist_ok=True)
    adds = [CommitOperationAdd(file.path, file.content if isinstance(file.content, bytes) else str(file.content)) for file in changed]
    operations: list[Any] = [*adds, *(CommitOperationDelete(path) for path in pushed.removed)]
    if operations:
        commit = api.create_commit(
            repo,
            operations,
            commit_message=errand.message or summary,
            repo_type=KIND,
            revision=errand.revision,
            create_pr=errand.pr,
            parent_commit=remote.commit,
        )
        pushed = replace(pushed, commit=commit.oid, pr=commit.pr_url)
    if not errand.private and remote.private and not errand.pr and not pushed.created:
        api.update_repo_settings(repo, repo_type=KIND, private=False)
    if errand.tag and errand.tag not in remote.tags:
        api.create_tag(repo, repo_type=KIND, tag=errand.tag, revision=pushed.commit or remote.commit)
    return pushed

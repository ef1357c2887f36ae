"""The pages, as paths: /NAME/ is what a reviewer of that name sees. What a page shows and does is the desk's."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from synthgen.errors import DataError, SynthgenError
from synthgen.provenance import Why, why
from synthgen.reviewing.page import overview
from synthgen.reviewing.page.answers import STATIC, address, form_of, goes_on, page, seconds_of
from synthgen.reviewing.page.blind import Blind, BlindRun
from synthgen.reviewing.page.desk import DecisionRequest, Overtaken, ReviewDesk
from synthgen.reviewing.page.queues import QUEUES, QueueRequest
from synthgen.reviewing.page.shown import in_words

NAMED = re.compile(r"\w[\w .@'+-]{0,59}")
"""What reviewers may be called."""
Form = dict[str, str]
Work = Callable[[Request, Form], Response]


@dataclass
class Pages:
    """The pages of a desk; `by` is the reviewer where the command names one."""

    desk: ReviewDesk
    by: str = ""
    blind: Blind = field(init=False, repr=False)
    _why: Callable[[str], Why] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.blind = Blind(self.desk)
        self._why = lru_cache(maxsize=16)(lambda row: why(self.desk.dataset.folder, row))

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/", self._ends(self.who), methods=["GET"]),
            Route("/", self._ends(self.come_in), methods=["POST"]),
            Route("/static/{name}", self._ends(self.static), methods=["GET"]),
            Route("/by/{by}/", self._ends(self.overview), methods=["GET"]),
            Route("/by/{by}/rows/{table}", self._ends(self.first), methods=["GET"]),
            Route("/by/{by}/rows/{table}/{number:int}", self._ends(self.row), methods=["GET"]),
            Route("/by/{by}/rows/{table}/{number:int}", self._ends(self.decide), methods=["POST"]),
            Route("/by/{by}/undo", self._ends(self.undo), methods=["POST"]),
            Route("/by/{by}/why/{row}", self._ends(self.why, alone=True), methods=["GET"]),
            Route("/by/{by}/aside/{table}", self._ends(self.aside), methods=["GET"]),
            Route("/by/{by}/take", self._ends(self.take), methods=["GET"]),
            Route("/by/{by}/take/question", self._ends(self.question), methods=["GET"]),
            Route("/by/{by}/take/question", self._ends(self.answer), methods=["POST"]),
            Route("/by/{by}/take/result", self._ends(self.result), methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _refused})

    def _ends(self, work: Work, *, alone: bool = False) -> Callable[[Request], Awaitable[Response]]:
        """The handler of a request. The work runs in a thread, one at a time unless it is done `alone`; an error becomes a page."""

        def locked(request: Request, form: Form) -> Response:
            if alone:
                return work(request, form)
            with self.desk.lock:
                if self.desk.renewed():
                    self._begin()
                return work(request, form)

        async def answered(request: Request) -> Response:
            try:
                form = await form_of(request) if request.method == "POST" else {}
                if "by" in request.path_params:
                    named(request.path_params["by"])
                return await run_in_threadpool(locked, request, form)
            except SynthgenError as error:
                return page("fault", 422, **self._frame(request, "Not done"), error=error)

        return answered

    def _frame(self, request: Request, title: str, message: str = "") -> dict[str, Any]:
        """What every page is given."""
        by, root = str(request.path_params.get("by", "")), request.scope["root_path"]
        return {
            "title": title,
            "name": self.desk.dataset.manifest["name"],
            "by": by,
            "root": root,
            "base": address(f"{root}/by/{by}") if by else root,
            "said": message,
            "address": address,
        }

    # Who reviews

    def who(self, request: Request, form: Form) -> Response:
        """The reviewer's overview, or the question who it is."""
        root = request.scope["root_path"]
        return (
            goes_on(f"{root}/by/{self.by}/")
            if self.by
            else page("who", **self._frame(request, "Who reviews?"), known=self.desk.reviewers(), problem="")
        )

    def come_in(self, request: Request, form: Form) -> Response:
        """On to the overview of a reviewer."""
        name = " ".join(form.get("name", "").split())
        try:
            named(name)
        except DataError as error:
            return page("who", 422, **self._frame(request, "Who reviews?"), known=self.desk.reviewers(), problem=str(error))
        return goes_on(f"{request.scope['root_path']}/by/{name}/")

    def static(self, request: Request, form: Form) -> Response:
        """A style, the script, the icon."""
        file, kind = STATIC.get(request.path_params["name"], (None, ""))
        return FileResponse(file, media_type=kind) if file else PlainTextResponse("there is no such file", 404)

    # Reviewing

    def overview(self, request: Request, form: Form) -> Response:
        """How far the review is, and all that can be done."""
        return page(
            "overview",
            **self._frame(request, "Overview", self._last_decision(request)),
            tables=[overview.table_overview(self.desk, name, request.path_params["by"]) for name in self.desk.tables],
            answers=overview.answers(self.desk, self.blind),
            done=request.query_params.get("done", ""),
            file=self.desk.file,
            aside=overview.aside(self.desk),
            notes=self.desk.book.review.notes,
            unfit=[
                f"{decision.by}'s decision on {decision.row} counts for nothing: {why_not}"
                for decision, why_not in self.desk.book.review.unfit
            ],
            blind=self.blind.quiz is not None,
        )

    def first(self, request: Request, form: Form) -> Response:
        """The first row of a queue that is to be decided."""
        name, ask = request.path_params["table"], QueueRequest.of(request.query_params)
        return self._next(request, name, ask, None, {})

    def _next(self, request: Request, name: str, ask: QueueRequest, place: int | None, query: dict[str, str]) -> Response:
        by, root = request.path_params["by"], request.scope["root_path"]
        following = self.desk.step(name, by, ask, place)
        if following is None:
            return goes_on(f"{root}/by/{by}/", done=ask.title, **query)
        return goes_on(f"{root}/by/{by}/rows/{name}/{self.desk.table(name).number(following)}", **ask.query, **query)

    def row(self, request: Request, form: Form) -> Response:
        """A row to decide."""
        return self._row(request, {}, 200, "")

    def _row(self, request: Request, typed_form: Form, status: int, problem: str) -> Response:
        """A row to decide; `typed_form` is what was typed into it before, `problem` what is wrong with that."""
        by, name = request.path_params["by"], request.path_params["table"]
        ask, place = QueueRequest.of(request.query_params), self.desk.place(name, request.path_params["number"])
        queues, marks = self.desk.queues(name), self.desk.marks(name)
        shown_row = self.desk.seen(name, place, by, ask)
        before, after = queues.beside(ask, marks, by, place)
        base = f"{request.scope['root_path']}/by/{by}/rows/{name}"
        number = self.desk.table(name).number
        return page(
            "review",
            status,
            **self._frame(request, shown_row.id, self._last_decision(request)),
            row=shown_row,
            table=name,
            ask=ask,
            here=address(f"{base}/{request.path_params['number']}", **ask.query),
            before=address(f"{base}/{number(before)}", **ask.query) if before is not None else "",
            after=address(f"{base}/{number(after)}", **ask.query) if after is not None else "",
            left=queues.left(ask, marks, by),
            progress=overview.progress(marks, by),
            reasons=self.desk.reasons(),
            hidden=ask.queue == "second" and by not in shown_row.standing.by,
            queue=QUEUES[ask.queue],
            kept=typed_form,
            problem=problem,
        )

    def decide(self, request: Request, form: Form) -> Response:
        """Write down a decision, and go on to the next row; after a change the row shows what came of it."""
        by, name = request.path_params["by"], request.path_params["table"]
        ask, number = QueueRequest.of(request.query_params), request.path_params["number"]
        place = self.desk.place(name, number)
        wish = DecisionRequest(
            form.get("decision", ""),
            form.get("path", ""),
            form.get("text", ""),
            form.get("reason", ""),
            seconds_of(form),
            form.get("since", ""),
        )
        try:
            decision = self.desk.decide(by, name, place, wish, ask)
        except Overtaken as error:
            return self._row(request, form, 409, str(error))
        except SynthgenError as error:
            return self._row(request, form, 422, str(error))
        if decision.changes:
            return goes_on(f"{request.scope['root_path']}/by/{by}/rows/{name}/{number}", **ask.query, said=decision.id)
        return self._next(request, name, ask, place, {"said": decision.id})

    def undo(self, request: Request, form: Form) -> Response:
        """Take back the reviewer's last decision, and show its row."""
        by, root = request.path_params["by"], request.scope["root_path"]
        undone = self.desk.undo(by)
        if undone is None:
            raise DataError(f"{by} has decided nothing that could be undone")
        ask = QueueRequest.of(request.query_params)
        return goes_on(f"{root}/by/{by}/rows/{undone.table}/{undone.row.rpartition('-')[2]}", **ask.query, said=undone.id)

    def _last_decision(self, request: Request) -> str:
        """What was just decided, in words."""
        decision = self.desk.book.review.ids.get(request.query_params.get("said", ""))
        if decision is None:
            return ""
        if self.desk.book.was_undone(decision):
            return f"Undone: {decision.row} is no longer {in_words(decision)} by {decision.by}."
        more = {"reject": f": {decision.reason}", "edit": f": {decision.field}", "relabel": f": {decision.field} is {decision.value}"}.get(
            decision.decision, ""
        )
        on = " That accepts it; j goes on." if decision.changes else ""
        return f"{decision.row} {in_words(decision)}{more}.{on}"

    # Reading

    def why(self, request: Request, form: Form) -> Response:
        """How a row came about."""
        return page("why", **self._frame(request, f"Why {request.path_params['row']}"), found=self._why(request.path_params["row"]))

    def aside(self, request: Request, form: Form) -> Response:
        """Rows that were set aside when the output was made."""
        name = request.path_params["table"]
        return page("aside_rows", **self._frame(request, f"Set aside: {name}"), queues=[overview.queue_aside(self.desk, name)])

    # Take it yourself

    def take(self, request: Request, form: Form) -> Response:
        """What is asked, and how many rows."""
        return page("take", **self._frame(request, "Take it yourself"), quiz=self.blind.quiz)

    def question(self, request: Request, form: Form) -> Response:
        """The next row of a run, without its target; a run begins with its first question."""
        by, base = request.path_params["by"], f"{request.scope['root_path']}/by/{request.path_params['by']}/take"
        run = BlindRun.of(request.query_params)
        if not run.since:
            return goes_on(f"{base}/question", **run.begun().query)
        blind_question = self.blind.next_row(by, run)
        if blind_question is None:
            return goes_on(f"{base}/result", **run.query)
        return page(
            "ask",
            **self._frame(request, blind_question.title),
            asked=blind_question,
            run=run,
            here=address(f"{base}/question", **run.query),
        )

    def answer(self, request: Request, form: Form) -> Response:
        """Write down an answer, and go on."""
        by, run = request.path_params["by"], BlindRun.of(request.query_params)
        self.blind.answer(by, form.get("row", ""), form.get("text", ""), seconds_of(form), form.get("since", ""))
        return goes_on(f"{request.scope['root_path']}/by/{by}/take/question", **run.query)

    def result(self, request: Request, form: Form) -> Response:
        """How the answers compare with the targets."""
        run = BlindRun.of(request.query_params)
        result = self.blind.result(request.query_params.get("who") or request.path_params["by"], run)
        return page("result", **self._frame(request, "Take it yourself: result"), found=result, run=run, quiz=self.blind.quiz)


def named(name: str) -> None:
    """Raise DataError for what is no name of a reviewer."""
    if not NAMED.fullmatch(name):
        raise DataError("a reviewer has a name of up to 60 letters, digits, spaces and . @ ' + -", "such as ana, or ana@example.org")


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    why_not = {404: "there is no such page", 405: f"{request.method} is not what this page is for"}.get(status, "that cannot be done")
    return PlainTextResponse(f"Refused: {why_not}.\n", 403 if status == 405 else status)

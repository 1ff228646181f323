"""How a screen is written.

    class OneMitra(Screen):
        '''GET and POST /mitras/{mitra_id}.'''

        template = "mitra.html"
        acts = {"deactivate": Act(mitras.DeactivateMitra, done=N_("The mitra is out of service."))}

        async def look(self, visit: Visit, mitra_id: UUID) -> Content:
            return {"mitra": await visit.ask(mitras.OneMitra, mitra_id=mitra_id)}

`look` asks operations for what the template shows. A form posts to the address of its screen: its field `act` names
one of `acts`, an operation, which gets the values of the address and the fields of the form. After success the browser
loads the screen again, with a notice. A refusal is shown in the form, which keeps what was typed.

A screen that `has_filters` takes them as a form, too (`FILTER`). The database looks for phones in them. There is none:
the browser is led to the address with the filters. There is one: the screen is shown without it, and says why.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import falcon
from falcon.asgi import Request, Response

from app.http import errors, web_sessions
from app.http.resource import Resource
from app.pages.forms import OWN_FIELDS, Form, body_of, read_form, shareable, typed
from app.pages.rendering import HTML, Rendering, policy
from app.pages.visit import Act, AnsweredAct, Operations, RefusedAct, Visit
from app.problems import Problem

Content = dict[str, Any]
FILTER = "filter"
"""What the form of the filters does."""


class Screen:
    """A screen: GET shows it, POST performs one of its acts."""

    template: ClassVar[str]
    section: ClassVar[str] = ""
    """Which entry of the menu it belongs to."""
    needs: ClassVar[type[Resource] | None] = None
    """The operation, a GET, without which the menu does not show the screen; None: it is no entry of the menu."""
    acts: ClassVar[Mapping[str, Act]] = {}
    is_open: ClassVar[bool] = False
    """Whether everybody may see it, also without a session."""
    for_displays: ClassVar[bool] = False
    """Whether a display may see it."""

    has_filters: ClassVar[bool] = False
    """Whether it has filters, which a user may keep under a name."""
    is_stream: ClassVar[bool] = False
    is_asked_again: ClassVar[bool] = False
    """Whether a page asks for it by itself: such a request is no use of the session."""

    def __init__(self, operations: Operations, rendering: Rendering) -> None:
        self.operations = operations
        self.services = operations.services
        self.rendering = rendering

    async def look(self, visit: Visit, *_: Any, **path: Any) -> Content:  # noqa: ARG002  # what screens with a path get
        """Ask for what the template shows."""
        return {}

    async def on_get(self, req: Request, resp: Response, **path: Any) -> None:
        """Show the screen."""
        await self._answer(self._get, req, resp, path)

    async def on_post(self, req: Request, resp: Response, **path: Any) -> None:
        """Perform an act of the screen."""
        await self._answer(self._post, req, resp, path)

    async def _get(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:
        visit = await self._enter(req, resp)
        if visit is not None:
            await self.show(visit, path)

    async def _post(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:
        form = await self.own_form(req)
        name = form.get("act", [""])[-1]
        is_filter = self.has_filters and name == FILTER
        visit = await self._enter(req, resp, filters_of(form) if is_filter else None)
        if visit is None:
            return
        visit.form = form
        if is_filter:
            await self._filter(visit, path)
            return
        act = self.acts.get(name)
        if act is None:
            raise Problem("VALIDATION_ERROR", "This page has no such form.", field="act")
        try:
            reply = await self._perform(visit, act, form, path)
        except Exception as error:
            problem = Problem.of(error)
            if problem.is_fault:
                raise
            req.context.refusal = problem.code
            visit.refused = RefusedAct(name, problem, form)
            await self.show(visit, path, status=problem.status)
            return
        if act.shows:
            visit.answered = AnsweredAct(name, reply, form)
            await self.show(visit, path)
            return
        await self.done(visit, name, act, reply)

    async def _filter(self, visit: Visit, path: Mapping[str, Any]) -> None:
        """Lead to the address with these filters, or say why one of them may not be there."""
        if visit.wrong_filter is None:
            see_other(visit.resp, visit.address())
        else:
            await self.show(visit, path)

    async def own_form(self, req: Request) -> Form:
        """The fields of a form of ours; refuses what no page of ours sent in this browser."""
        form = await read_form(req)
        secret = web_sessions.secret_of(self.services, req)
        web_sessions.require_own_page(self.services, req, secret, form.get("csrf", [""])[-1])
        return form

    async def _enter(self, req: Request, resp: Response, filters: dict[str, str] | None = None) -> Visit | None:
        """Let somebody in who may see the screen; send others to the login, and afterwards back to it.

        `filters` are those that were sent as a form, instead of the address's.
        """
        visitor = await web_sessions.find(self.services, req, is_use=not self.is_asked_again)
        visit = Visit(self.operations, req, resp, visitor)
        req.context.visitor = visitor
        if filters is not None:
            visit.query = {name: shareable(value, visit.zone) for name, value in filters.items()}
        may_enter = self._may_enter(visit)
        if visitor is not None and not may_enter:  # a display
            see_other(resp, "/wallboard")
            return None
        if self.has_filters and visit.query:
            await visit.judge_filters()
        if may_enter:
            return visit
        back = self.back_to(visit)
        see_other(resp, "/login" if back == "/" else "/login?" + urlencode({"back": back}))
        return None

    def back_to(self, visit: Visit) -> str:
        """Where the login leads to, for who has to log in before."""
        if self.has_filters:
            return visit.address()
        return visit.req.relative_uri if visit.req.method == "GET" else visit.req.path

    async def _answer(
        self, answer: Callable[..., Awaitable[None]], req: Request, resp: Response, path: Mapping[str, Any]
    ) -> None:
        """Answer, or say on a page of its own why that was not possible."""
        try:
            await answer(req, resp, path)
        except Exception as error:  # noqa: BLE001  # told and logged, as everywhere
            problem = errors.problem_of(error)
            visit = Visit(self.operations, req, resp, getattr(req.context, "visitor", None))
            self.render(visit, "problem.html", {"problem": problem}, status=problem.status)

    async def done(self, visit: Visit, name: str, act: Act, reply: Any) -> None:
        """Show the screen again, or where the act leads to, with its notice."""
        target = visit.address() if act.then is None else act.then.format(**(reply or {}))
        see_other(visit.resp, target + ("&" if "?" in target else "?") + urlencode({"done": name}))

    async def show(self, visit: Visit, path: Mapping[str, Any], *, status: int = 200) -> None:
        """Render the screen, or why it can't be shown."""
        template = self.template
        try:
            content = await self.look(visit, **path)
            if self.has_filters and visit.visitor is not None:
                visit.views = visit.visitor.session.views
        except Exception as error:
            problem = Problem.of(error)
            if problem.is_fault:
                raise
            template, content, status = "problem.html", {"problem": problem}, problem.status
        if visit.wrong_filter is not None and status == 200:
            status = visit.wrong_filter.status
        self.render(visit, template, content, status=status)

    def render(self, visit: Visit, template: str, content: Content, *, status: int = 200) -> None:
        """Answer with a page."""
        nonce = secrets.token_urlsafe(16)
        done = self.acts.get(visit.req.get_param("done") or "")
        secret = web_sessions.secret_of(self.services, visit.req)
        resp = visit.resp
        if secret is None:  # the form of the login has a token, too
            secret = secrets.token_urlsafe(32)
            web_sessions.give(self.services, resp, secret)
        resp.status = status
        resp.content_type = HTML
        resp.set_header("Content-Security-Policy", policy(nonce))
        resp.set_header("Referrer-Policy", "same-origin")
        resp.text = self.rendering.render(
            template,
            visit.view,
            visit=visit,
            nonce=nonce,
            csrf=web_sessions.csrf_token(secret),
            section=self.section,
            acts=self.acts,
            shown_screens=self.operations.screens(visit.visitor),
            key=secrets.token_urlsafe(16),
            notice=None if done is None else done.done,
            **content,
        )

    async def _perform(self, visit: Visit, act: Act, form: Form, path: Mapping[str, Any]) -> Any:
        shape = self.operations.described(act.resource, act.method).body
        body = None
        if act.body is not None:
            body = act.body(form)
        elif shape is not None:
            body = body_of(form, shape, visit.zone)
        needed = self.operations.described(act.resource, act.method).path
        given = {**path, **{name: form[name][-1] for name in needed if name not in path and name in form}}
        if lacking := needed.keys() - given.keys():
            raise Problem("VALIDATION_ERROR", "The form does not say what is meant.", field=min(lacking))
        if body is not None:
            body = {name: value for name, value in body.items() if name not in needed}
        values = {name: typed(value, needed[name]) for name, value in given.items() if name in needed}
        key, version = (form.get(name, [""])[-1] or None for name in ("key", "version"))
        return await visit.ask(act.resource, act.method, body=body, once=key, version=version, **values)

    def _may_enter(self, visit: Visit) -> bool:
        if self.is_open:
            return True
        return visit.visitor is not None and (self.for_displays or not visit.visitor.session.is_display)


def filters_of(form: Form) -> dict[str, str]:
    """The filters that a form chooses; one that was left blank is none."""
    chosen = {name: values[-1].strip() for name, values in form.items() if name not in OWN_FIELDS}
    return {name: value for name, value in chosen.items() if value}


def see_other(resp: Response, target: str) -> None:
    """Have the browser load another page of ours."""
    resp.status = falcon.HTTP_303
    resp.set_header("Location", target)


def own_path(given: str | None) -> str:
    """An address to go back to: a path of this app, or the first screen."""
    parts = urlsplit(given or "")
    is_ours = (
        given is not None
        and given.startswith("/")
        and not given.startswith(("//", "/\\"))
        and not parts.netloc
        and not parts.scheme
        and given.isprintable()
        and not given.startswith("/login")
    )
    return given if is_ours and given is not None else "/"

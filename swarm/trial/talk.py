"""Says one of everything as one tenant, and shows what came back and what it was taken for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

import gevent

from config.address import shown
from config.attempts import Door
from config.messages import Operation
from config.profile import RENEWAL, TOO_LONG, Profile
from evidence.marks import Keyring
from evidence.paths import dig
from evidence.requests import Outcome, Request
from swarm.trial.hints import Heard, heard_in, why_unanswered
from swarm.trial.page import Page
from swarm.trial.refusals import why_not_connected
from swarm.trial.trial_run import KeepingSink, TrialRun
from users.base import credentials_of, tls_of
from users.credentials import CredentialRefused
from users.dialects.choosing import dialect_of
from users.run import SessionUnavailable
from users.session import Session
from users.taught import note_taught
from users.tenant import Tenant, TenantIdentity

_KEEP_S = 0.25
_SHOWN = 14
_IMPATIENT_S = 3.0  # for what comes after one thing was waited for in vain, as long as nothing has been answered
_FIRST = ("ping", "routing", "chat", "state_write", "state_read", "history")


class Talk:
    """One tenant of a trial and its session.

    Args:
        run: the run.
        identity: who talks.
        page: where it is shown.
        sink: where evidence goes.
        keyring: recognises marks.
    """

    def __init__(
        self, run: TrialRun, identity: TenantIdentity, page: Page, sink: KeepingSink, keyring: Keyring
    ) -> None:
        self._run = run
        self._page = page
        self._sink = sink
        self._keyring = keyring
        self.tenant = Tenant.of(identity, run.key)
        self._own: list[tuple[str, str]] = []  # what is said on the session that is held
        self._heard = self._own  # what is shown: that, or what is said aside
        self._waited_s = 0.0
        self._session = Session(run, self.tenant, 0, credentials_of(run), tls_of(run))
        self._keeper = gevent.spawn(self._keep)

    def connect(self, *, resume: bool = False) -> bool:
        """Opens the session and shows it; returns whether it is open."""
        self._run.listener = self._hear
        self._hide_what_proves()
        try:
            self._session.open(resume=resume)
        except SessionUnavailable as error:
            self.show()
            failed = self._sink.failed[-1] if self._sink.failed else None
            heard = self._came()
            self._page.bad(why_not_connected(self._run.profile, failed, str(error), heard))
            return False
        if not resume:
            self._show_login()
        how = "connected again and resumed" if resume else "connected"
        self._page.good(f"{how} as tenant {self.tenant.identity.name}")
        self.show()
        return True

    def _show_login(self) -> None:
        """Says which requests a login took, if it took several or taught something: all have succeeded, or nobody would
        be connected. Of what it taught the ids alone are shown.
        """
        service, ids = self._run.profile.auth.asked, self.tenant.ids
        if service is None or not (service.before or service.learn):
            return
        steps = [
            f"{step.name or f'{step.method} {shown(step.url)}'}{_learnt(step.learn, ids)}" for step in service.before
        ]
        last = f"{service.method} {shown(service.url)}{_learnt(service.learn, ids)}"
        self._page.good(f"logged in over HTTP: {', '.join(steps)}{', then ' if steps else ''}{last}")

    def renew(self) -> None:
        """Renews the login as a session that is held for long would, and shows what came of it."""
        renewal, page = self._run.profile.auth.renewal, self._page
        if renewal is None:
            return
        self.listen()
        started_s = time.perf_counter()
        request = self._session.renew()
        self._waited_s = time.perf_counter() - started_s
        if (call := renewal.service) is not None and (request is not None or self._session.is_open):
            page.good(f"asked for a fresh token: {call.method} {shown(call.url)}{_learnt(call.learn, self.tenant.ids)}")
        if request is not None:
            self._judge(RENEWAL, request)
        elif renewal.operation is None and self._session.is_open:
            page.good("renewal: connected again with a fresh token")
            self.show()
        else:
            failed = self._sink.failed[-1].detail if self._sink.failed else "the session was lost"
            page.bad(f"renewal: the login was not renewed: {failed}; look at [auth.renewal]")
            self.show()

    def _hide_what_proves(self) -> None:
        """Has the tenant's token and password left out of what is shown: a login may be a frame like any other."""
        for secret in self.tenant.identity.secrets.values():
            self._page.hide_also(secret)
        if self._run.profile.auth.places:
            with contextlib.suppress(CredentialRefused):  # opening the session meets the same and says so
                token = credentials_of(self._run).token(self.tenant.identity)
                self._page.hide_also(token.text)
                note_taught(self._run, self.tenant, {**self.tenant.identity.placeholders, **token.taught}, 0)
                for secret in self.tenant.tokens:
                    self._page.hide_also(secret)

    def say(self, name: str, extra: Mapping[str, object] = MappingProxyType({})) -> Request | None:
        """Says one thing, waits for its end and shows both; returns the request, None if nothing was sent."""
        request = self.ask(name, extra)
        if request is not None:
            self._judge(name, request)
        return request

    def ask(self, name: str, extra: Mapping[str, object] = MappingProxyType({})) -> Request | None:
        """Says one thing and waits for its end; ``show`` shows both. Returns the request, None if nothing was sent."""
        operation = self._operation(name)
        self.listen()
        try:
            self._session.wait_open(self._run.profile.target.connect_timeout_s)  # it may have been closed on purpose
            request = self._session.ask(name, operation, time.perf_counter(), extra)
        except SessionUnavailable as error:
            self._page.bad(f"{name}: not sent, for {error}")
            return None
        waited_s = time.perf_counter()
        if self._run.in_vain and not self._run.answered:
            request.deadline_s = min(request.deadline_s, waited_s + _IMPATIENT_S)
        self._session.wait(request)
        unknown = request.outcome in (None, Outcome.UNKNOWN)
        self._run.in_vain, self._run.answered = self._run.in_vain or unknown, self._run.answered or not unknown
        self._waited_s = time.perf_counter() - waited_s
        return request

    def why_unanswered(self, name: str, request: Request) -> str:
        """Returns why what was asked last was not answered, and what to change in the profile."""
        operation = self._operation(name)
        return why_unanswered(self._run.profile, operation, request.request_id, self._came(), self._waited_s)

    def _operation(self, name: str) -> Operation:
        operation = self._run.profile.operation(name)
        assert operation is not None
        return operation

    def resume(self) -> None:
        """Drops the connection and takes the session up again, as a lost network would have it."""
        self.listen()
        self._session.drop()
        self.connect(resume=True)

    def as_victim(self) -> dict[str, object]:
        """Returns the placeholders that name what is this tenant's."""
        learnt = dict.fromkeys((*self._run.profile.frames.learn, *self._run.profile.auth.ids))
        own = {**learnt, **self._session.learnt, **self.tenant.identity.placeholders, **self.tenant.ids}
        return {f"victim_{name}": value for name, value in own.items()}

    def listen(self) -> None:
        """Forgets what was heard, and hears from now on whatever is said on new connections of the run."""
        self._heard = self._own
        self._heard.clear()
        self._run.listener = self._hear

    def listen_aside(self) -> None:
        """Forgets what was heard, and hears from now on only what is said on new connections: not on the session
        that is held meanwhile, whose renewals and pushes would look like theirs.
        """
        self._heard = aside = []
        self._run.listener = lambda direction, text: aside.append((direction, text)) if text else None

    @property
    def learnt(self) -> Mapping[str, str]:
        """What the target has handed out."""
        return self._session.learnt

    def finish(self) -> None:
        """Ends the session and writes the ledger."""
        self._keeper.kill()
        self._session.finish("trial over")
        self._run.record(self.tenant.ledger())

    def _judge(self, name: str, request: Request) -> None:
        page, profile, operation = self._page, self._run.profile, self._operation(name)
        took = f"{(request.ended_s - request.sent_s) * 1000:.0f} ms" if request.outcome else ""
        limit = operation.text_limit if name.startswith(TOO_LONG) else None
        if profile.reply_by(operation) == "none":
            page.good(f"{name}: sent; the profile says that nothing answers it")
        elif limit is not None and request.outcome is not None:
            ended = request.outcome if request.outcome is not Outcome.UNKNOWN else "not answered"
            refused = request.outcome is Outcome.REFUSED and not profile.refusal.is_failure(request.reason)
            right = refused if limit.beyond == "refused" else request.outcome is Outcome.ANSWERED
            said = f"{name}: a text beyond {limit} was {ended}; the profile says '{limit.beyond}'"
            because = f": {request.reason}" if request.outcome is Outcome.REFUSED else ""
            page.good(f"{said}{because}") if right else page.bad(f"{said}{because}")
        elif request.outcome is Outcome.ANSWERED:
            page.good(f"{name}: answered after {took}")
        elif request.outcome is Outcome.REFUSED:
            page.bad(f"{name}: {_refused(profile, request.reason, took)}")
        else:
            page.bad(f"{name}: {self.why_unanswered(name, request)}")
        self.show()
        if request.outcome is Outcome.ANSWERED and limit is None:
            for what in self._missing(operation, request):
                page.note(f"{name}: {what}")

    def _missing(self, operation: Operation, request: Request) -> Iterator[str]:
        """What the profile says of a reply and this one had not."""
        if operation.shows_own and not request.own_marks:
            yield (
                "shows_own is set, and the reply showed nothing that this tenant had stored before (an echo of the "
                "message is no such thing): have it show more, or leave shows_own out"
            )
        if request.own_marks and not operation.shows_own and not isinstance(operation, Door):
            yield "its reply showed what this tenant had stored: with shows_own = true an empty one would be noticed"
        kinds = [kind for kind, _ in request.events[:-1]]
        unknown = sorted({kind for kind in kinds if kind not in {*operation.events, *operation.acknowledged}})
        if unknown:
            yield f"frames of types {', '.join(unknown)} came before the last; list them in events"
        amounts = [path for path in self._run.profile.frames.budget if self._found(path)]
        if operation.cost and self._run.profile.frames.budget and not amounts:
            yield "it has a cost, and no frame shows an amount at a path of frames.budget"

    def _found(self, path: str) -> bool:
        return any(value is not None for frame in self._came() for value in dig(frame.document, path))

    def _came(self) -> list[Heard]:
        """What has come since the last thing was said."""
        return heard_in(dialect_of(self._run.profile), (text for direction, text in self._heard if direction == "<"))

    def _hear(self, direction: str, text: str) -> None:
        if text:  # a pong of WebSocket's own says nothing
            self._own.append((direction, text))

    def show(self) -> None:
        """Shows what was said and what has come since, without any token of the tenant's."""
        for token in self.tenant.tokens:
            self._page.hide_also(token)
        for direction, text in self._heard[:_SHOWN]:
            self._page.frame(direction, text, self._keyring, self.tenant.number, self._session.learnt.values())
        if len(self._heard) > _SHOWN:
            self._page.plain(f"… and {len(self._heard) - _SHOWN} more frames")

    def _keep(self) -> None:
        while True:
            gevent.sleep(_KEEP_S)
            self._session.keep(time.perf_counter())


def _learnt(learn: Iterable[str], ids: Mapping[str, str | int]) -> str:
    """What an answer taught: ids with their values, and of secrets the names."""
    words = [f"{name} {ids[name]}" if name in ids else name for name in learn]
    return f" (learnt {', '.join(words)})" if words else ""


def operations_of(profile: Profile) -> Iterator[str]:
    """Yields the names of all operations that the profile has."""
    yield from profile.operations.all()


def order_of(profile: Profile) -> Sequence[str]:
    """Returns the operations in an order in which each has what it needs: ids are learnt before they are used."""
    names = [name for name in operations_of(profile) if name != "resume" and name not in profile.on_connect]
    return sorted(names, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))


def _refused(profile: Profile, code: str, took: str) -> str:
    if code == "None":
        return (
            f"refused after {took}, and no code stands at {', '.join(profile.refusal.code)}: correct `send` if the "
            "frame below finds fault with it, and let refusal.code or refusal.texts name what refuses"
        )
    refused = f"refused with '{code}' after {took}"
    if code in profile.refusal.budget:
        return f"{refused}: the tenant's budget is spent already: does provisioning give it {{budget}}?"
    made = "what provisioning makes for a tenant" if profile.tenants.accounts is None else "the account"
    if profile.on_connect:
        return f"{refused}: correct its `send`, or {made}"
    return (
        f"{refused}: correct its `send`, or {made}; what has to be said first on each connection, such as joining a "
        "room, is [operations.subscribe]"
    )

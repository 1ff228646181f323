"""Something random happens to the database and to the model, which must agree after it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

import psycopg
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.proof.model import Model
from tests.proof.rules.everything import RefusedError
from tests.proof.scene import GRID, Scene, facts_of
from tests.proof.things import Offer, Payment, Session

T = TypeVar("T")
Is = Callable[[Any], bool]
Does = Callable[..., None]

users = st.sampled_from(["user 1", "user 2", "user 3", None])
rarely = st.sampled_from([False] * 9 + [True])

MONEY = {"amount", "balances", "credited", "due", "earned", "owed", "paid_out", "refunded", "split", "transactions"}


@dataclass(frozen=True)
class Play:
    """Something that may happen, how often, and to whom; `likely` are those with whom it makes sense."""

    does: Does
    weight: int
    things: str | None
    likely: Is
    draws: dict[str, st.SearchStrategy[Any]]


PLAYS: list[Play] = []


def plays(
    weight: int, things: str | None = None, likely: Is = bool, /, **draws: st.SearchStrategy[Any]
) -> Callable[[Does], Does]:
    """Something that may happen. It is given one of the things, when it is about some, and what is drawn."""

    def register(does: Does) -> Does:
        PLAYS.append(Play(does, weight, things, likely, draws))
        return does

    return register


class SceneMachine(RuleBasedStateMachine):
    """Draws what happens next, and does it to the database and to the model."""

    def __init__(self, conn: psycopg.Connection, seen: Counter[str], disagreements: list[str]) -> None:
        super().__init__()
        self.seen, self.disagreements = seen, disagreements
        self.story: list[str] = []
        self.has_failed = False
        self.model = Model()
        for mitra in self.model.mitras:
            self.model.go_online(mitra)
        self.scene = Scene(conn)

    def teardown(self) -> None:
        try:
            if not self.has_failed:
                violations = self.scene.violations()
                if violations:
                    self.disagree("what must never be", violations, [])
        finally:
            self.scene.end()

    @rule(data=st.data())
    def something_happens(self, data: st.DataObject) -> None:
        out_of_place = data.draw(rarely)
        possible = [play for play in PLAYS if play.things is None or self.choice(play, out_of_place)]
        play = data.draw(st.sampled_from([play for play in possible for _ in range(play.weight)]))
        one = () if play.things is None else (data.draw(st.sampled_from(self.choice(play, out_of_place))),)
        play.does(self, *one, **{name: data.draw(strategy) for name, strategy in play.draws.items()})

    def choice(self, play: Play, out_of_place: bool) -> list[Any]:
        """Those it makes sense with, or the others; the latest first."""
        things: list[Any] = getattr(self.model, str(play.things))
        return [thing for thing in reversed(things) if bool(play.likely(thing)) != out_of_place]

    def do(
        self, command: Callable[..., object], query: LiteralString, *args: Any, asked: tuple[object, ...] | None = None
    ) -> None:
        """Give one command to both, with the same arguments unless the database is `asked` with others; they agree."""
        try:
            expected = command(self.model, *args)
        except RefusedError as refusal:
            expected = str(refusal)
        name = command.__name__
        self.story.append(f"{name}({', '.join(map(self.shown, args))}) → {expected}")
        self.seen[f"{name}: {expected if isinstance(expected, str) else bool(expected)}"] += 1
        answer, facts = self.scene.play(query, *map(self.known, args if asked is None else asked))
        if self.scene.late >= GRID / 2:
            # The test itself took so long that one time of the scene looks like another.
            self.has_failed = True
            reject()
        self.agree("the answer", answer, expected)
        self.model.learn(self.scene.served)
        of_model = facts_of(self.model)
        for what in sorted(facts.keys() | of_model.keys()):
            self.agree(what, facts.get(what), of_model.get(what))

    def agree(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            if self.scene.late >= 1 and _is_of_money(what, found, expected):
                # The test itself took a second: that is money in the database, and no time in the model.
                self.has_failed = True
                reject()
            self.disagree(what, found, expected)

    def disagree(self, what: str, found: object, expected: object) -> None:
        self.has_failed = True
        story = "\n".join(f"  {line}" for line in self.story)
        words = f"{what}:\n  the database has {found}\n  the rules say    {expected}\nafter\n{story}"
        self.disagreements.append(words)
        raise AssertionError(words)

    def shown(self, arg: object) -> str:
        """An argument by the name that it has in a scene."""
        if isinstance(arg, list):
            return f"[{', '.join(map(self.shown, arg))}]"
        if isinstance(arg, Offer):
            return f"offer of {self.shown(arg.session)} to {arg.mitra.name}, round {arg.round}"
        for kind in ("mitra", "package", "session", "payment", "refund", "extension", "report", "payout"):
            things = getattr(self.model, f"{kind}s")
            if arg in things:
                return f"{kind} {things.index(arg) + 1}"
        return str(arg)

    def known(self, arg: object) -> object:
        """An argument as the database knows it."""
        if isinstance(arg, list):
            return list(map(self.known, arg))
        return self.scene.ids.get(self.shown(arg), arg)

    def whose(self, thing: Session | Payment, by_stranger: bool) -> str:
        return self.other(self.model.customers, thing.customer, by_stranger)

    def other(self, all_of_them: list[T], one: T, is_other: bool) -> T:
        return all_of_them[(all_of_them.index(one) + is_other) % len(all_of_them)]


def _is_of_money(what: str, found: object, expected: object) -> bool:
    if isinstance(found, dict) and isinstance(expected, dict) and what not in MONEY:
        return {key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)} <= MONEY
    return what in MONEY or (what == "the answer" and type(found) is int)

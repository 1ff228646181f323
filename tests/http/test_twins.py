"""Who came before the first answer is a twin; who comes after it is not, whoever else is still under way."""

from app.http.twins import OVERTAKEN_SECONDS, Twins

SECRET = b"a refresh token"


async def test_whoever_comes_before_the_first_is_answered_counts_as_having_come_with_it() -> None:
    twins = Twins()
    async with twins.among(SECRET) as first, twins.among(SECRET) as second:
        assert first.waited().total_seconds() < OVERTAKEN_SECONDS
        assert second.waited().total_seconds() >= OVERTAKEN_SECONDS


async def test_a_request_still_under_way_does_not_hide_one_that_comes_after_the_first_answer() -> None:
    twins = Twins()
    first, second = twins.among(SECRET), twins.among(SECRET)
    await first.__aenter__()
    await second.__aenter__()
    await first.__aexit__(None, None, None)
    async with twins.among(SECRET) as late:
        assert late.waited().total_seconds() < OVERTAKEN_SECONDS
    await second.__aexit__(None, None, None)


async def test_another_secret_is_no_twin() -> None:
    twins = Twins()
    async with twins.among(SECRET), twins.among(b"another") as other:
        assert other.waited().total_seconds() < OVERTAKEN_SECONDS

"""The phones of `/demo`, and what people do on them."""

from playwright.async_api import Locator, Page, expect

CODE = "000000"


def phone(page: Page, name: str) -> Locator:
    """A phone, by its name."""
    return page.get_by_role("article", name=name)


async def press(place: Locator, name: str) -> None:
    """Press a button."""
    await place.get_by_role("button", name=name).click()


async def log_in(place: Locator, number: str | None = None) -> None:
    """By what the phone shows, or with another number."""
    if number is not None:
        await place.get_by_label("Phone number").fill(number)
    await press(place, "Send the code")
    await place.get_by_label("Code", exact=True).fill(CODE)
    await press(place, "Log in")


async def go_online(place: Locator, number: str | None = None) -> None:
    """A mitra logs in, and may be asked from then on."""
    await log_in(place, number)
    await press(place, "Go online")
    await expect(place).to_contain_text("You are online")


async def buy(customer: Locator) -> None:
    """The customer pays for two minutes, and a search begins."""
    await press(customer, "Coba 2 menit")
    await press(customer, "Pay Rp 2,000")


async def begin(page: Page) -> tuple[Locator, Locator]:
    """A session that runs, by clicks."""
    customer, mitra = phone(page, "Customer 1"), phone(page, "Mitra 1")
    await go_online(mitra)
    await expect(customer).to_contain_text("1 available now")
    await buy(customer)
    await press(mitra, "Accept")
    await expect(customer).to_contain_text("the clock runs")
    return customer, mitra


async def end(place: Locator) -> None:
    """End the session, and mean it."""
    await press(place, "End the session")
    await press(place, "End now")


async def say(place: Locator, words: str) -> None:
    """Write a message."""
    await place.get_by_label("Message").fill(words)
    await press(place, "Send")

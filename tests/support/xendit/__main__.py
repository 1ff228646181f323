"""`python -m tests.support.xendit`: a Xendit on this machine, for development."""

import asyncio
import random
from typing import Annotated, Literal

import typer
from rich.console import Console

from tests.support.xendit.account import Notice
from tests.support.xendit.faults import Faults
from tests.support.xendit.sender import RETRY_SECONDS, Sender, shuffled
from tests.support.xendit.server import SECRET_KEY, WEBHOOK_TOKEN, serving

console = Console(highlight=False)


def main(
    port: Annotated[int, typer.Option(help="Where it listens, on this machine only.")] = 4000,
    public_port: Annotated[int, typer.Option(help="The port of the public app.", envvar="PUBLIC_PORT")] = 3000,
    webhook_url: Annotated[str, typer.Option(help="Where webhooks go, when that is not the app on this machine.")] = "",
    secret_key: Annotated[str, typer.Option(help="The key it wants to hear.")] = SECRET_KEY,
    webhook_token: Annotated[str, typer.Option(help="The token that its webhooks carry.")] = WEBHOOK_TOKEN,
    copies: Annotated[int, typer.Option(min=1, help="Each webhook is sent once to so many times.")] = 1,
    delay: Annotated[float, typer.Option(min=0, help="Seconds that a webhook may take; they then overtake.")] = 0.0,
    refunds: Annotated[Literal["succeed", "fail", "wait"], typer.Option(help="What becomes of refunds.")] = "succeed",
    error_rate: Annotated[float, typer.Option(min=0, max=1, help="Part of requests answered by 503.")] = 0.0,
    hang_rate: Annotated[float, typer.Option(min=0, max=1, help="Part of requests never answered.")] = 0.0,
    hurry: Annotated[float, typer.Option(min=1, help="Webhooks are repeated so many times sooner.")] = 900.0,
) -> None:
    """Serve Xendit's protocol: payment links, a page to pay them on, refunds, webhooks."""
    faults = Faults(error_rate=error_rate, hang_rate=hang_rate)
    webhook_url = webhook_url or f"http://127.0.0.1:{public_port}/api/webhooks/xendit"
    sending = Sender(webhook_url, webhook_token, retry_seconds=[seconds / hurry for seconds in RETRY_SECONDS])

    async def run() -> None:
        async with serving(port=port, secret_key=secret_key, faults=faults) as xendit, asyncio.TaskGroup() as group:

            async def deliver(notice: Notice) -> None:
                await asyncio.sleep(random.uniform(0, delay))
                taken = await sending.deliver(notice)
                console.print(f"{notice.event} {notice.id}: {'taken' if taken else 'given up'}")

            def tell(notice: Notice) -> None:
                for copy in shuffled([notice], copies=copies, rng=random.Random()):
                    group.create_task(deliver(copy))

            def settle(refund_id: str) -> None:
                if refunds != "wait" and xendit.account.refunds[refund_id]["status"] == "PENDING":
                    failure = "INSUFFICIENT_BALANCE" if refunds == "fail" else None
                    tell(xendit.account.settle_refund(refund_id, failure_code=failure))

            xendit.on_notice, xendit.on_refund = tell, settle
            console.print(
                "A Xendit of your own. Start Halobestie with\n\n"
                f"  XENDIT_ENABLED=true XENDIT_BASE_URL={xendit.url} \\\n"
                f"  XENDIT_SECRET_KEY={secret_key} XENDIT_WEBHOOK_TOKEN={webhook_token} \\\n"
                f"  PUBLIC_PORT={public_port} SIMULATE=0 make run\n\n"
                "and pay a link by opening its checkout_url, or by POSTing to it. Ctrl-C ends it.",
                soft_wrap=True,
            )
            await asyncio.Event().wait()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        console.print("Gone.")


if __name__ == "__main__":
    typer.run(main)

/** Paying for a package: a link of the provider, or a button where payments are confirmed by hand. */

import { button, element, leave } from "./elements.js";
import type { Phone } from "./phone.js";
import type { Package, Payment } from "./shapes.js";
import { rupiah, text } from "./texts.js";

export class PaymentPanel {
  private payment: Payment | undefined;

  /** `onPaid` is called once when a payment is confirmed, `onGone` when it is over without. */
  constructor(
    private readonly place: HTMLElement,
    private readonly phone: Phone,
    private readonly onPaid: (payment: Payment) => void,
    private readonly onGone: () => void,
  ) {}

  /** Whether a payment waits for its end. */
  get isOpen(): boolean {
    return this.payment !== undefined;
  }

  /** Asks for a payment, and shows how to pay; `also` is what else the request says. */
  async open(wanted: Package, also: object): Promise<void> {
    this.payment = await this.phone.client.insist("POST", "/api/payment-requests", { package_id: wanted.id, ...also });
    this.show(wanted.name, this.payment!);
  }

  /** Takes a `payment_updated` frame, or a reply, which may come first. */
  hear(payment: Payment): void {
    if (payment.id !== this.payment?.id || payment.status === "pending") return;
    this.payment = undefined;
    leave(this.place, this.phone.app);
    this.place.replaceChildren();
    if (payment.status === "confirmed" || payment.status === "consumed") this.onPaid(payment);
    else this.onGone();
  }

  private show(name: string, payment: Payment): void {
    const amount = rupiah(payment.amount);
    const ask = async (verb: "confirm" | "cancel") => {
      const path = `/api/payment-requests/${payment.id}/${verb}`;
      await this.phone.attempt(async () => this.hear(await this.phone.client.insist("POST", path)));
    };
    const pay =
      payment.provider === "manual"
        ? button(text("payByHand", { amount }), () => ask("confirm"))
        : element(
            "a",
            { class: "button", href: payment.checkout_url ?? "", target: "_blank", rel: "noopener noreferrer" },
            text("payAtProvider", { amount }),
          );
    this.place.replaceChildren(
      element("p", {}, `${name} · ${amount}`),
      element("p", { class: "hint" }, text(payment.provider === "manual" ? "manualHint" : "providerHint")),
      pay,
      button(text("doNotPay"), () => ask("cancel"), { class: "quiet" }),
    );
    pay.focus();
  }
}

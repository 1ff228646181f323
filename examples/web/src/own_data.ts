/** Everything that is stored about the user: gathered by the server, then saved as a file. */

import { copy, onPress, part } from "./elements.js";
import type { Phone } from "./phone.js";

export class OwnDataDrawer {
  private address: string | undefined;

  constructor(
    private readonly place: HTMLElement,
    private readonly phone: Phone,
  ) {
    place.append(copy("own-data"));
    onPress(part(place, "gather"), () => phone.attempt(() => this.gather()));
    phone.gone.addEventListener("abort", () => this.forget());
  }

  private async gather(): Promise<void> {
    const found = await this.phone.client.ownData();
    this.forget();
    this.address = URL.createObjectURL(new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }));
    const save = part<HTMLAnchorElement>(this.place, "save");
    save.href = this.address;
    save.download = "halobestie.json";
    save.hidden = false;
    save.focus();
  }

  private forget(): void {
    if (this.address !== undefined) URL.revokeObjectURL(this.address);
  }
}

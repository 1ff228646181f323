/** The server's clock, by which everything ends. */

let ahead: number | undefined;

/**
 * Learns from a frame or a reply that says when it was written. What was under way for long, or is told again, can only
 * make the server's clock look late; so the latest of all guesses is the best.
 */
export function learn(serverTime: string | undefined): void {
  if (serverTime === undefined) return;
  const guess = Date.parse(serverTime) - Date.now();
  ahead = ahead === undefined ? guess : Math.max(ahead, guess);
}

/** Seconds until a time of the server, not below 0. */
export function secondsUntil(time: string): number {
  return Math.max(0, (Date.parse(time) - Date.now() - (ahead ?? 0)) / 1000);
}

/** Minutes and seconds, such as 1:05. */
export function minutes(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

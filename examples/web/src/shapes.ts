/** What this app reads of the API's replies and frames; `/openapi.json` and `/asyncapi.json` have all of them. */

export type Party = "customer" | "mitra";

export const OTHER: Record<Party, Party> = { customer: "mitra", mitra: "customer" };

export interface Package {
  id: string;
  name: string;
  duration_minutes: number;
  price: number;
  is_extension: boolean;
  is_first_session_discount: boolean;
}

export interface Payment {
  id: string;
  status: "pending" | "confirmed" | "consumed" | "expired" | "cancelled" | "failed" | "failed_delivery" | "paid_late";
  duration_minutes: number;
  amount: number;
  provider: string;
  checkout_url: string | null;
  session_id: string | null;
}

export interface Offer {
  id: string;
  session_id: string;
  duration_minutes: number;
  expires_at: string;
}

export type Presence = "connected" | "away" | "gone";

interface Watermark {
  delivered_seq: number;
  read_seq: number;
}

export interface Session {
  id: string;
  status: SessionStatus;
  customer: { id: string; display_name: string | null };
  mitra: { id: string; display_name: string | null } | null;
  duration_minutes: number;
  expires_at: string | null;
  seconds_left: number;
  closing_ends_at: string | null;
  end_reason: string | null;
  pending_extension: Extension | null;
  watermarks: Record<Party, Watermark>;
  presence?: Record<Party, { state: Presence; since: string } | null>;
  position?: number | null;
  estimated_wait_seconds?: number | null;
  no_reply_options?: string[] | null;
  has_blocked?: boolean;
  has_reported?: boolean;
  server_time: string;
}

export interface Extension {
  id: string;
  requested_duration_minutes: number;
  requested_price: number;
  expires_at: string;
}

export interface Earnings {
  owed: number;
  paid_out: number;
  earnings: number;
  mitra_share_percent: number;
  payouts: Payout[];
  items: Earning[];
}

export interface Payout {
  id: string;
  amount: number;
  status: "open" | "held" | "paid" | "failed";
  reference: string | null;
  created_at: string;
  settled_at: string | null;
}

export interface Earning {
  id: string;
  at: string;
  amount: number;
  seconds: number;
}

export type SessionStatus =
  | "searching"
  | "pending_acceptance"
  | "pending_payment"
  | "active"
  | "extending"
  | "closing"
  | "completed"
  | "cancelled"
  | "failed";

export const RUNNING: readonly SessionStatus[] = ["active", "extending", "closing"];
export const FINAL: readonly SessionStatus[] = ["completed", "cancelled", "failed"];

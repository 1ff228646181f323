/** What the page says, in English and in Indonesian. */

const ENGLISH = {
  title: "Halobestie: two phones",
  intro: "A customer's and a mitra's phone, side by side, on the real API. Play the main job by hand:",
  steps:
    "On the mitra's phone: send the code, log in, and go online.\n" +
    "On the customer's phone: choose “Coba 2 menit”, and pay.\n" +
    "Accept the offer, chat, ask for more minutes, end, and rate.\n" +
    "Then cut a network, or open a second device, and watch what goes by.",
  language: "Language",
  customer: "Customer",
  mitra: "Mitra",
  you: "You",
  network: "Network",
  secondDevice: "Second device",
  onlyOurs: "Only offers of the customer beside",
  passing: "What goes by",
  pause: "Pause",
  clear: "Clear",
  toServer: "to the server:",
  fromServer: "from the server:",
  nothingMore: "Nothing more.",
  timeline: "This session in the control centre:",
  noTimeline: "Once a customer has paid, a link to the session's timeline in the control centre ({address}) is here.",
  connecting: "connecting …",
  connected: "connected",
  reconnecting: "no connection, trying again …",
  refused: "The server refused: {why}",
  noAnswer: "No answer came. Try again.",
  logIn: "Log in",
  phone: "Phone number",
  sendCode: "Send the code",
  enterCode: "Enter the code",
  code: "Code",
  codeHint: "In development every code is {code}.",
  otherPhone: "Another number",
  talkToSomeone: "Talk to somebody",
  available: "{mitras} available now",
  nobodyAvailable: "Nobody is available now",
  firstPrice: "price of the first session",
  pay: "Pay",
  payByHand: "Pay {amount}",
  payAtProvider: "Pay {amount} at the provider",
  manualHint: "Payments are confirmed by hand here: no money moves.",
  providerHint: "The provider's page opens in a tab of its own.",
  cancel: "Cancel",
  notPaid: "It was not paid.",
  searching: "Looking for a mitra …",
  searchingHint: "The first mitra who accepts has the session.",
  mitraAccepted: "A mitra has accepted. The clock runs.",
  nobodyCame: "No mitra was found. The money is owed back.",
  rerouted: "The mitra is gone; another one is looked for.",
  active: "the clock runs",
  extending: "the clock stands still until the mitra answers",
  closing: "time is up: last words",
  ended: "over",
  warning: "{seconds} seconds are left.",
  endedBecause: "The session is over: {why}.",
  moreMinutes: "More minutes",
  extensionAccepted: "The mitra stays: the minutes are added.",
  extensionRefused: "The mitra can't stay. The money is owed back.",
  extensionTimedOut: "The mitra did not answer in time. The money is owed back.",
  endSession: "End the session",
  message: "Message",
  send: "Send",
  sending: "sending …",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  notKnown: "not known whether it was sent",
  typing: "{who} is typing …",
  peer_connected: "there",
  peer_away: "away",
  peer_gone: "gone",
  howWasIt: "How was it?",
  rating: "Rating",
  comment: "Comment",
  skip: "Skip",
  thanks: "Thank you.",
  youAreOnline: "You are online, and beat every 30 seconds",
  youAreOffline: "You are offline",
  goOnline: "Go online",
  goOffline: "Go offline",
  setOffline: "You were set offline: {cause}.",
  offer: "Somebody wants to talk for {minutes} minutes",
  offerTaken: "Another mitra was faster.",
  offerCancelled: "The customer does not wait any more.",
  offerExpired: "The offer has expired.",
  accept: "Accept",
  decline: "Decline",
  openSession: "Open the session with {name}",
  extensionAsked: "The customer has paid {price} for {minutes} more minutes. Do you stay?",
  back: "Back",
  reason_ended_by_customer: "the customer ended it",
  reason_ended_by_mitra: "the mitra ended it",
  reason_ended_by_cc: "the control centre ended it",
  reason_expired: "the time is up",
  reason_extension_rejected: "the time is up, and the mitra could not stay",
  reason_cancelled_by_customer: "the customer cancelled the search",
  reason_not_accepted: "no mitra accepted",
  reason_no_mitra_available: "no mitra was available",
  reason_rerouted: "another mitra has it now",
};

export type Key = keyof typeof ENGLISH;

const INDONESIAN: Record<Key, string> = {
  title: "Halobestie: dua ponsel",
  intro: "Ponsel pelanggan dan ponsel mitra, berdampingan, dengan API yang sebenarnya. Coba sendiri alurnya:",
  steps:
    "Di ponsel mitra: kirim kode, masuk, lalu jadi online.\n" +
    "Di ponsel pelanggan: pilih “Coba 2 menit”, lalu bayar.\n" +
    "Terima tawaran, mengobrol, minta tambahan menit, akhiri, dan beri nilai.\n" +
    "Lalu putuskan jaringan, atau buka perangkat kedua, dan lihat apa yang lewat.",
  language: "Bahasa",
  customer: "Pelanggan",
  mitra: "Mitra",
  you: "Anda",
  network: "Jaringan",
  secondDevice: "Perangkat kedua",
  onlyOurs: "Hanya tawaran dari pelanggan di samping",
  passing: "Yang lewat",
  pause: "Jeda",
  clear: "Kosongkan",
  toServer: "ke server:",
  fromServer: "dari server:",
  nothingMore: "Tidak ada isi lain.",
  timeline: "Sesi ini di pusat kendali:",
  noTimeline: "Setelah pelanggan membayar, tautan ke lini masa sesi di pusat kendali ({address}) ada di sini.",
  connecting: "menghubungkan …",
  connected: "terhubung",
  reconnecting: "tidak terhubung, mencoba lagi …",
  refused: "Server menolak: {why}",
  noAnswer: "Tidak ada jawaban. Coba lagi.",
  logIn: "Masuk",
  phone: "Nomor telepon",
  sendCode: "Kirim kode",
  enterCode: "Masukkan kode",
  code: "Kode",
  codeHint: "Dalam pengembangan setiap kode adalah {code}.",
  otherPhone: "Nomor lain",
  talkToSomeone: "Bicara dengan seseorang",
  available: "{mitras} tersedia sekarang",
  nobodyAvailable: "Sekarang tidak ada yang tersedia",
  firstPrice: "harga sesi pertama",
  pay: "Bayar",
  payByHand: "Bayar {amount}",
  payAtProvider: "Bayar {amount} di penyedia",
  manualHint: "Di sini pembayaran dikonfirmasi dengan tangan: tidak ada uang yang berpindah.",
  providerHint: "Halaman penyedia terbuka di tab tersendiri.",
  cancel: "Batalkan",
  notPaid: "Belum dibayar.",
  searching: "Mencari mitra …",
  searchingHint: "Mitra pertama yang menerima mendapat sesi ini.",
  mitraAccepted: "Seorang mitra menerima. Waktu berjalan.",
  nobodyCame: "Tidak ada mitra yang ditemukan. Uang akan dikembalikan.",
  rerouted: "Mitra pergi; mitra lain sedang dicari.",
  active: "waktu berjalan",
  extending: "waktu berhenti sampai mitra menjawab",
  closing: "waktu habis: kata-kata terakhir",
  ended: "selesai",
  warning: "Sisa {seconds} detik.",
  endedBecause: "Sesi selesai: {why}.",
  moreMinutes: "Tambah menit",
  extensionAccepted: "Mitra bersedia: menit ditambahkan.",
  extensionRefused: "Mitra tidak bisa lanjut. Uang akan dikembalikan.",
  extensionTimedOut: "Mitra tidak menjawab tepat waktu. Uang akan dikembalikan.",
  endSession: "Akhiri sesi",
  message: "Pesan",
  send: "Kirim",
  sending: "mengirim …",
  sent: "terkirim",
  delivered: "diterima",
  read: "dibaca",
  notKnown: "tidak diketahui apakah terkirim",
  typing: "{who} sedang mengetik …",
  peer_connected: "ada",
  peer_away: "sedang pergi",
  peer_gone: "hilang",
  howWasIt: "Bagaimana rasanya?",
  rating: "Nilai",
  comment: "Komentar",
  skip: "Lewati",
  thanks: "Terima kasih.",
  youAreOnline: "Anda online, dan memberi detak setiap 30 detik",
  youAreOffline: "Anda offline",
  goOnline: "Jadi online",
  goOffline: "Jadi offline",
  setOffline: "Anda dijadikan offline: {cause}.",
  offer: "Seseorang ingin bicara selama {minutes} menit",
  offerTaken: "Mitra lain lebih cepat.",
  offerCancelled: "Pelanggan tidak menunggu lagi.",
  offerExpired: "Tawaran sudah berakhir.",
  accept: "Terima",
  decline: "Tolak",
  openSession: "Buka sesi dengan {name}",
  extensionAsked: "Pelanggan sudah membayar {price} untuk tambahan {minutes} menit. Anda bersedia?",
  back: "Kembali",
  reason_ended_by_customer: "diakhiri oleh pelanggan",
  reason_ended_by_mitra: "diakhiri oleh mitra",
  reason_ended_by_cc: "diakhiri oleh pusat kendali",
  reason_expired: "waktu habis",
  reason_extension_rejected: "waktu habis, dan mitra tidak bisa lanjut",
  reason_cancelled_by_customer: "pelanggan membatalkan pencarian",
  reason_not_accepted: "tidak ada mitra yang menerima",
  reason_no_mitra_available: "tidak ada mitra yang tersedia",
  reason_rerouted: "sekarang ada di mitra lain",
};

const LANGUAGE = "language";

/** The language that was chosen, or else the browser's, if it is one of ours. */
export const language: "en" | "id" =
  (localStorage.getItem(LANGUAGE) ?? navigator.language).slice(0, 2) === "id" ? "id" : "en";

const TEXTS = { en: ENGLISH, id: INDONESIAN }[language];

/** Shows the page anew in another language; the logins stay. */
export function chooseLanguage(chosen: string): void {
  localStorage.setItem(LANGUAGE, chosen);
  location.reload();
}

/** A text, with what stands in braces filled in. */
export function text(key: Key, values: Record<string, string | number> = {}): string {
  return TEXTS[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Why a session ended; a reason that this app does not know is shown as it is. */
export function reason(endReason: string | null): string {
  const key = `reason_${endReason}`;
  return key in TEXTS ? text(key as Key) : (endReason ?? "").replaceAll("_", " ");
}

/** Whole rupiah, as they are written. */
export function rupiah(amount: number): string {
  return `Rp ${amount.toLocaleString("id-ID")}`;
}

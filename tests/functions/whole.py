"""What reads a table from end to end, each with its reason; it grows with the tables that are named, and no other."""

OF_A_MITRA = {
    *("chat_sessions", "customer_transactions", "mitra_earnings", "pairing_offers", "session_ratings"),
    "session_services",
}
OF_ALL_MONEY = {"chat_sessions", "earning_payouts", "mitra_earnings", "payment_requests", "payouts"}
# What reads a table from end to end, or as much of it as there is now of something: which tables, and why.
WHOLE: dict[str, tuple[set[str], str]] = {
    "auto_offline": ({"mitra_online_status"}, "counts how many of all mitras online are silent"),
    "availability": ({"mitra_loads", "mitra_online_status"}, "counts all mitras that are available"),
    "backlog": ({"reports"}, "counts all reports that are open"),
    "claim_pushes": ({"pushes"}, "looks through what waits to be pushed"),
    "claim_events": ({"event_queue"}, "takes from a queue, which holds what is not dispatched yet"),
    "dashboard": ({"chat_sessions", "mitra_loads", "mitra_online_status", "mitras"}, "shows all that goes on"),
    "delete_mitra": ({"pairing_failures"}, "looks for every trace of a mitra, which few operators ever ask for"),
    "find_mitra": (OF_A_MITRA, "sums up all that the mitra ever did"),
    "list_mitras": (
        {"mitra_loads", "mitra_online_status", "mitras", "pairing_offers"},
        "looks for a state that few may have, and for it at the newest twenty offers of a mitra",
    ),
    "list_offers": ({"pairing_offers"}, "looks among the offers of a day for those of a status that is rare"),
    "list_payment_requests": ({"payment_requests"}, "looks through open links for those that are stuck"),
    "list_payout_periods": ({"payouts"}, "sums up all payouts of the periods of the page"),
    "live_look": ({"chat_sessions", "mitra_loads", "mitra_online_status", "mitras"}, "is the dashboard"),
    "mass_silence": ({"mitra_online_status"}, "counts how many of all mitras online are silent"),
    "mirror_counts": ({"mitra_online_status", "mitras"}, "counts all mitras"),
    "mitra_earnings": ({"mitra_earnings"}, "sums up all that the mitra ever earned"),
    "mitra_stats": (OF_A_MITRA, "sums up all that the mitra ever did"),
    "money_balance": (OF_ALL_MONEY, "proves the totals when it is asked to, and counts what goes on"),
    "sample_figures": (
        {"chat_sessions", "mitra_loads", "mitra_online_status"},
        "counts all that goes on, once a minute",
    ),
    "session_timers": ({"chat_sessions"}, "sorts all clocks that run for a page, when the plan is made for any page"),
    "system_report": ({"deadline_runs", "event_queue"}, "reads an hour of lateness, and ten thousand notes at most"),
    "ops.mitra_availability": ({"mitra_loads", "mitra_online_status", "mitras"}, "is a view of all mitras"),
    "ops.explain_earnings": (OF_ALL_MONEY | {"session_services"}, "explains all that the mitra ever earned"),
    "ops.money_balance": (OF_ALL_MONEY, "proves the totals"),
    "ops.open_sessions": (
        {"chat_sessions", "mitras", "pairing_offers", "payment_requests"},
        "is a view of all that goes on",
    ),
    "ops.stuck_payments": ({"payment_requests"}, "looks through open links"),
}

"""What the check of the invariants does again and again: to judge a slice, and to find where one ends."""

EDGES = {
    "slice_from": "SELECT core.instant(created_at) FROM core.chat_sessions ORDER BY created_at OFFSET 1000 LIMIT 1",
    "slice_until": "SELECT core.instant(created_at) FROM core.chat_sessions ORDER BY created_at OFFSET 1020 LIMIT 1",
    "slice_mitra": "SELECT id::text FROM core.mitras ORDER BY id OFFSET 1000 LIMIT 1",
    "slice_last_mitra": "SELECT id::text FROM core.mitras ORDER BY id OFFSET 1020 LIMIT 1",
    "slice_stream": "SELECT recipient FROM core.event_streams ORDER BY recipient OFFSET 1000 LIMIT 1",
    "slice_last_stream": "SELECT recipient FROM core.event_streams ORDER BY recipient OFFSET 1020 LIMIT 1",
}
SLICES = {
    "check_invariants, a slice of people": (
        "SELECT * FROM core.wrong_slice('people', %(slice_mitra)s, %(slice_last_mitra)s)"
    ),
    "check_invariants, a slice of streams": (
        "SELECT * FROM core.wrong_slice('streams', %(slice_stream)s, %(slice_last_stream)s)"
    ),
    "check_invariants, a slice of times": "SELECT * FROM core.wrong_slice('times', %(slice_from)s, %(slice_until)s)",
    "check_invariants, where slices end": (
        "SELECT core.slice_end('people', %(slice_mitra)s, 20), core.slice_end('streams', %(slice_stream)s, 20),"
        " core.slice_end('times', %(slice_from)s, 20)"
    ),
}

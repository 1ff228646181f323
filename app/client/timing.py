"""How often the client does things, and how long it waits."""

HEARTBEAT_SECONDS = 30.0
REFRESH_BEFORE_EXPIRY_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
OPEN_SECONDS = 10.0
CLOSE_SECONDS = 2.0
ACK_SECONDS = 5.0
"""How long a message waits for its acknowledgement before it is sent again."""

LOOK_SECONDS = 30.0
"""How often the client asks for missed messages of the sessions it follows: no gap shows that the last one is lost."""

"""The reference client: what a customer's or a mitra's app must do to keep its end of the promises.

It reconnects with jitter, resumes from the last event and the last message that it has, notices gaps, drops repeats,
sends a message again until it is acknowledged, beats while the mitra is online, and changes its tokens before they
expire. The simulated fleet is made of it.
"""

from app.client.answers import Refused, Sent, SignedOut, Unknown, read_reply
from app.client.client import Client, Frame
from app.client.counters import Counters
from app.client.login import Login, LoginUser
from app.client.requests import send_json

__all__ = [
    "Client",
    "Counters",
    "Frame",
    "Login",
    "LoginUser",
    "Refused",
    "Sent",
    "SignedOut",
    "Unknown",
    "read_reply",
    "send_json",
]

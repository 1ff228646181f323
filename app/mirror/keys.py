"""Every Valkey key and channel name."""

from typing import Self
from uuid import UUID

from app.settings import ValkeySettings
from app.valkey.endpoint import Endpoint


class Keys:
    """Names under one prefix (`VALKEY_KEY_PREFIX`); a prefix with a hash tag keeps them all in one cluster slot.

    The first five names are a contract, for other tools read them. Names with `mirror:` are the mirror's own index.
    """

    def __init__(self, prefix: str = "", *, is_sharded: bool = False) -> None:
        """`is_sharded` where messages stay with the node of a cluster that holds the prefix's slot."""
        self.prefix = prefix
        self.is_sharded = is_sharded

        self.online = f"{prefix}mitras:online"
        self.deactivated = f"{prefix}mitras:deactivated"
        self.mitra_prefix = f"{prefix}mitra:"
        """How the names of a mitra's own two keys begin."""
        self.capacity_prefix = f"{prefix}mitra:capacity:"
        self.heartbeat_prefix = f"{prefix}mitra:heartbeat:"
        self.snapshot = f"{prefix}availability:snapshot"

        self.epoch = f"{prefix}mirror:epoch"
        """Hash: the server and leadership under which the mirror was built, since when it is whole, its size."""
        self.alive = f"{prefix}mirror:alive"
        """String, 5 s: the epoch of the leading listener, which keeps the mirror and was well a moment ago."""
        self.leader = f"{prefix}mirror:leader"
        """String: the highest leadership epoch that wrote; a lower one is refused."""
        self.building = f"{prefix}mirror:building"
        """String: the reseed that has begun; when Valkey is emptied meanwhile, this key is gone, too."""
        self.settings = f"{prefix}mirror:settings"
        """Hash: the configuration that the scripts need."""
        self.mitras = f"{prefix}mirror:mitras"
        """Hash: id → version and, for a mitra with a free slot, the rank."""
        self.free = f"{prefix}mirror:free"
        """Sorted set: mitras online, active, beating, with a free slot; scored by heartbeat (ms)."""
        self.full = f"{prefix}mirror:full"
        """Sorted set: the same without a free slot."""
        self.lapsed = f"{prefix}mirror:lapsed"
        """Sorted set: mitras online and active whose heartbeat went stale; scored by heartbeat (ms)."""
        self.ranked = f"{prefix}mirror:ranked"
        """Sorted set: the members of `free`, scored so that the least loaded, then the longest idle, come first."""

        self.availability_channel = f"{prefix}broadcast:availability"
        self.config_changed_channel = f"{prefix}broadcast:config_changed"
        self.traces_channel = f"{prefix}broadcast:traces"
        """Channel that tells instances, before an event, to which trace it belongs; used where traces are on."""

    @classmethod
    def of(cls, settings: ValkeySettings) -> Self:
        """The names by these settings."""
        return cls(settings.valkey_key_prefix, is_sharded=Endpoint.parse(settings.valkey_url).is_cluster)

    def capacity(self, mitra_id: UUID | str) -> str:
        """String: how many slots the mitra's sessions hold."""
        return f"{self.capacity_prefix}{mitra_id}"

    def heartbeat(self, mitra_id: UUID | str) -> str:
        """String: when the mitra last beat, ISO 8601."""
        return f"{self.heartbeat_prefix}{mitra_id}"

    def lease(self, user_type: str, user_id: UUID | str) -> str:
        """Sorted set: the user's socket connections, scored by the end of their lease (ms)."""
        return f"{self.prefix}ws:{user_type}:{user_id}"

    def user_channel(self, user_type: str, user_id: UUID | str) -> str:
        """Channel that carries one user's frames."""
        return f"{self.prefix}user:{user_type}:{user_id}"

    def channel_of(self, recipient: str) -> str:
        """The channel of a recipient as the outbox names it, `<user_type>:<uuid>`."""
        return f"{self.prefix}user:{recipient}"

    @staticmethod
    def pattern(prefix: str) -> str:
        """The pattern that matches every key beginning with `prefix`."""
        return "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in prefix) + "*"

    def in_lua(self) -> str:
        """The names as Lua locals, so that no script has to write a name itself."""
        names = {
            "ONLINE": self.online,
            "DEACTIVATED": self.deactivated,
            "CAPACITY": self.capacity_prefix,
            "HEARTBEAT": self.heartbeat_prefix,
            "SNAPSHOT": self.snapshot,
            "EPOCH": self.epoch,
            "ALIVE": self.alive,
            "LEADER": self.leader,
            "BUILDING": self.building,
            "SETTINGS": self.settings,
            "MITRAS": self.mitras,
            "FREE": self.free,
            "FULL": self.full,
            "LAPSED": self.lapsed,
            "RANKED": self.ranked,
            "PUBLISH": "SPUBLISH" if self.is_sharded else "PUBLISH",
        }
        return "".join(f"local {name} = {_lua_string(value)}\n" for name, value in names.items())


def _lua_string(value: str) -> str:
    return '"' + "".join(f"\\{byte:03d}" if byte in b'"\\' or byte < 32 else chr(byte) for byte in value.encode()) + '"'

"""The connection to Valkey: its address, one pipelined link, and why it may be unable to answer."""

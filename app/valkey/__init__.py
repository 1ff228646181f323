"""The connection to Valkey: its address, one pipelined link, and the reasons why there may be no answer."""

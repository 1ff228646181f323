"""Everything on one machine, from nothing: embedded servers and the supervisor behind `halobestie run`."""

"""What every process needs of Python and its machine: ports, pauses, garbage collection, a time in JSON."""

"""The plan of every statement, nested ones too, told as a notice with what each step did."""

EXPLAINED = (
    "LOAD 'auto_explain'",
    "SET auto_explain.log_level = notice",
    "SET auto_explain.log_min_duration = 0",
    "SET auto_explain.log_nested_statements = on",
    "SET auto_explain.log_analyze = on",
    "SET auto_explain.log_timing = off",
)
"""What a connection runs, once, to be told."""

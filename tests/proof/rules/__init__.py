"""The rules, small: what each command answers and what it leaves behind.

Written from the rules for people, not from the SQL, and grouped as they are: each chapter stands on the ones before it.
Time is a scene's own, in milliseconds; every command takes one, so that of two stamps the earlier is the smaller. A
refused command changes nothing else.
"""

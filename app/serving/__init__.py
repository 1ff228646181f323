"""The two HTTP apps as processes: what they consist of, and what uvicorn must be told."""

"""The two HTTP apps as processes: what each consists of, and the options of uvicorn."""

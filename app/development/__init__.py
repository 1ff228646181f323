"""`halobestie run`: everything on one machine, from nothing: embedded servers, demo data, and a supervisor."""

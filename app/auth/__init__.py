"""How users prove who they are: tokens, one-time codes and passwords."""

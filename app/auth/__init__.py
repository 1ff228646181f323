"""Who somebody is: tokens, one-time codes and passwords."""

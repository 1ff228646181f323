"""What tests stand on: servers, databases and the little services outside."""

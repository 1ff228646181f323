"""HTTP: what a request passes on its way to a resource, and the documents made of what is there."""

"""HTTP: the two apps, and what a request passes on its way to a resource."""

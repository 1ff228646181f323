"""A local server that speaks FCM's HTTP v1 API and Google's OAuth token endpoint, and whom it lets in."""

"""The JSON shapes of requests and replies, from which validation and the OpenAPI document are made."""

"""The JSON shapes of requests and replies: validation and the OpenAPI document are made from them."""

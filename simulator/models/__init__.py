"""The shapes of the API's requests and answers, one module per resource."""

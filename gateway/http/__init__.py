"""HTTP as the API speaks it: dispatch, routing, OpenAPI, inputs, problem types, signatures, limits. Knows no use case."""

"""Made from the gateway's OpenAPI document by `make clients`; not written by hand."""

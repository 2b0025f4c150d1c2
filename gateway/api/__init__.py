"""The API: one file a resource, with its requests, its responses and its handlers."""

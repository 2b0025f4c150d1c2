"""The part of the API that belongs to the municipal cloud."""

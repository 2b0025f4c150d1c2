"""The support desk: a member found by what a caller has at hand, and one timeline of what happened in this city."""

"""One call to a plugin: guarded, timed, throttled, logged, and its result checked."""

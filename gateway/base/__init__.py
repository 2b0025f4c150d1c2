"""What everything else stands on and that knows nothing of points: time, secrets, logs, statements, tasks."""

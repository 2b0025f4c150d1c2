"""What every subject stands on: compiled SQL, encryption, redaction, logs, clock, tasks, the audit log. Knows no use case."""

"""Mail that says that there is something to read: collected from where notices are true, sent after the commit."""

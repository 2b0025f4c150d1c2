"""Settlement (精算): cycles, statements, the bank's file, and what partners owe."""

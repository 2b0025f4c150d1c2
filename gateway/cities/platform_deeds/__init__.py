"""What one person of the platform proposes about exchanges and partners, and another one decides."""

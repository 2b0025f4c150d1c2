"""The HTTP side: routes, problems, signatures and the pages that describe them. No rule about points lives here."""

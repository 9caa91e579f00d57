"""The two players: networks, what they want, how far they step and who moves when."""

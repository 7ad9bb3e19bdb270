"""network_lab: a real network, trained anew on every event."""

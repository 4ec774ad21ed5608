"""The screen: a reader of a trace. It paints what the pure parts computed and never opens the network."""

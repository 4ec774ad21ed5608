"""The edge to other people's servers: what optrace itself asks for. It sends nothing that it wasn't told to send."""

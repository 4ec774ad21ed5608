"""Open Payments resources (OpenAPI 1.1.0 to 1.3.0): what stands in their bodies, as models for `core.decode`.

Amounts are integers with an asset code and scale, never floats. Instants are UTC. Attributes are in snake_case and
stand for the camelCase members of the wire.
"""

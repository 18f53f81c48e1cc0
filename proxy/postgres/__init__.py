"""A PostgreSQL database that several proxies share: address, connection, schema, failures.

Only `connection` imports psycopg, and nobody imports that before a setting asks for a database.
"""

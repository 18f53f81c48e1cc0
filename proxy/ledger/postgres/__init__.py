"""A ledger in a PostgreSQL database, written by several replicas at once.

Every commit of rows holds one lock, so that there is one order of rows and one chain, whoever
writes. A replica is alive as long as the session exists with which it writes: the server knows when
that has ended, and no clock is asked.
"""

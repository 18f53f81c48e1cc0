"""A durable record of each request that may change something, written before it is sent.

A row's life, and the promise of each state:

    ┌────── open ──────┐   written and synced before the first byte goes to the upstream
    │        │         │
    ▼        ▼         ▼
 not-sent  answered   cut ─┐   answered: the whole answer was handed to the caller
                           │   cut: the answer's head came, its end did not reach the caller
 open ─────────► unknown ──┤   unknown: sent, at least in part, and no answer came;
   (or found open at a     │            or the process ended while the row was open
    start: unknown)        ▼
                        in doubt, until a person's verdict is written beside it

A row is closed once and never changed after that: triggers in the file itself guarantee it.
"""

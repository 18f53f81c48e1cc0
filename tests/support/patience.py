"""How long is waited for what must come, in seconds.

Only a test that fails pays for it; less of it would judge the machine, which has other work to do.
"""

PATIENCE = 120.0

"""Every setting, its origin, and the errors in it."""

import os

# pydantic would look for plug-ins in everything that is installed, which takes time at each start,
# and show them every value that it judges: our secrets.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

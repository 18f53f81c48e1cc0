"""Makes packages of an older version from the folder that was packed: what upgrades begin with."""

from tools import packages

packages.packages(packages.FOLDER, "0.0.0", "gzip")

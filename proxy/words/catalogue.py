"""The catalogue: each phrase of the program, English and Spanish side by side, by its code.

The English are lower case, without full stop, and never hold a secret or a body.
"""

from proxy.words.entry import Words
from proxy.words.of_admin import OF_ADMIN
from proxy.words.of_callers import OF_CALLERS
from proxy.words.of_check import OF_CHECK
from proxy.words.of_commands import OF_COMMANDS
from proxy.words.of_console import OF_CONSOLE
from proxy.words.of_database import OF_DATABASE
from proxy.words.of_demo import OF_DEMO
from proxy.words.of_egress import OF_EGRESS
from proxy.words.of_ledger import OF_LEDGER
from proxy.words.of_ledger_commands import OF_LEDGER_COMMANDS
from proxy.words.of_ledger_file import OF_LEDGER_FILE
from proxy.words.of_login import OF_LOGIN
from proxy.words.of_made import OF_MADE
from proxy.words.of_repeats import OF_REPEATS
from proxy.words.of_service import OF_SERVICE
from proxy.words.of_slips import OF_SLIPS
from proxy.words.of_start import OF_START
from proxy.words.of_state import OF_STATE
from proxy.words.of_tokens import OF_TOKENS
from proxy.words.of_traces import OF_TRACES
from proxy.words.of_upstream import OF_UPSTREAM
from proxy.words.of_values import OF_VALUES

CATALOGUE: dict[str, Words] = {
    **OF_ADMIN,
    **OF_CALLERS,
    **OF_UPSTREAM,
    **OF_EGRESS,
    **OF_TOKENS,
    **OF_CHECK,
    **OF_COMMANDS,
    **OF_CONSOLE,
    **OF_DATABASE,
    **OF_DEMO,
    **OF_LEDGER,
    **OF_LEDGER_COMMANDS,
    **OF_LEDGER_FILE,
    **OF_LOGIN,
    **OF_MADE,
    **OF_SERVICE,
    **OF_SLIPS,
    **OF_REPEATS,
    **OF_START,
    **OF_STATE,
    **OF_TRACES,
    **OF_VALUES,
}

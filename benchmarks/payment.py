"""What a POST of 2 KiB carries: a payment, such as the ledger looks through."""

_BEFORE = (
    '{"account_id":"5d1a7b5e-8a86-4d39-8a0e-3f0f1c9d7a55",'
    '"resolution_id":"3b0a4a40-7d8e-4f5b-9b4f-0f4f2a1f9c11",'
    '"amount":{"value":"12345.67","currency":"COP"},'
    '"key":{"key_type":"PHONE","key_value":"+573001234567"},"reference":"INV-2026-000123",'
    '"additional_info":{"invoice_number":"F-0000123","cost_center":"CC-19","note":"'
)
_AFTER = '"}}'
LARGEST = 65_536  # bytes; longer bodies are no payments


def around(size: int) -> tuple[str, str]:
    """Return what stands before and after the filler of a body of so many bytes."""
    return (_BEFORE, _AFTER) if len(_BEFORE + _AFTER) <= size <= LARGEST else ("", "")


def body(size: int) -> bytes:
    """Return a body of so many bytes."""
    before, after = around(size)
    return (before + "x" * (size - len(before + after)) + after).encode()

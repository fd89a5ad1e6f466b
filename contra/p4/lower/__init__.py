"""typed program -> code: names become places, control flow becomes one structured body per function."""

from contra.p4.lower.program import lower

__all__ = ["lower"]

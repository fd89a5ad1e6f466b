"""code -> LLVM IR -> machine code."""

from contra.p4.llvm.printer import module_text

__all__ = ["module_text"]

"""What can be wrong with what is given to a simulation: states, traffic, failures, times (CTR1001, CTR1020 to 1049).

Names that come from the input are passed through `contra.diagnostics.shown` at the raise site.
"""

from __future__ import annotations

from contra.diagnostics import Diagnostic


class UnreadableFile(Diagnostic):
    """No such file, a folder, no permission, no text."""

    code = "CTR1001"
    title = "cannot read {what} '{path}': {reason}"
    what: str
    path: str
    reason: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint of the raise site, if any."""
        return (self.hint,) if self.hint else ()

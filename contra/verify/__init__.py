"""What switches hold against what they should hold: missing, extra, altered, shadowed entries, field by field."""

from contra.verify.model import FieldChange, Finding, FindingKind, Part, Report, Status, SwitchReport

__all__ = ["FieldChange", "Finding", "FindingKind", "Part", "Report", "Status", "SwitchReport"]

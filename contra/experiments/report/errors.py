"""What can be wrong with a folder of results, or with writing a report on it (CTR14xx).

Names that come from the folder are passed through `contra.diagnostics.shown` at the raise site.
"""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity


class NoResults(Diagnostic):
    """A folder that no experiment has written, or whose experiment was interrupted before its first run ended."""

    code = "CTR1401"
    title = "'{path}' is no folder of results: {reason}"
    helps = ("name a folder that 'contra exp run' has written; where a run was interrupted, run it again to resume",)
    path: str
    reason: str


class OtherVersion(Diagnostic):
    """Results in a form that this contrac does not know."""

    code = "CTR1402"
    title = "the results in '{path}' have format {found}, this contrac reads format {known}"
    label = "written by contrac {version}"
    helps = ("make the report with the contrac that ran the experiment, or run the experiment again",)
    path: str
    found: str
    known: int
    version: str


class MissingColumns(Diagnostic):
    """A table of results without a column that every report needs."""

    code = "CTR1403"
    title = "the table of results has no column {missing}"
    label = "the columns are named here"
    helps = ("run 'contra exp run' on the folder again: it writes the table anew from the finished runs",)
    missing: str


class BadRow(Diagnostic):
    """A row that is cut off, or too long, or is there twice."""

    code = "CTR1404"
    title = "row {number} of the table of results {what}"
    label = "{expected}"
    helps = ("run 'contra exp run' on the folder again: it writes the table anew from the finished runs",)
    number: int
    what: str
    expected: str


class BadCell(Diagnostic):
    """Text where a number has to be."""

    code = "CTR1405"
    title = "{column} of run '{run}' is '{found}', expected {expected}"
    label = "expected {expected}"
    column: str
    run: str
    found: str
    expected: str


class NothingFinished(Diagnostic):
    """A table without a single run that a report could show."""

    code = "CTR1406"
    title = "there is nothing to report: {reason}"
    helps = ("run 'contra exp run' on the folder again; it goes on with the runs that have not finished",)
    reason: str


class BadPlan(Diagnostic):
    """A `plan.json` or an `experiment.toml` without what a report needs."""

    code = "CTR1407"
    title = "{file} is not as contrac writes it: {reason}"
    helps = ("run the experiment again into a new folder",)
    file: str
    reason: str


class UnreadableSeries(Diagnostic):
    """The flows of a run, or its course over time, cannot be read: cut off, damaged, not there."""

    code = "CTR1408"
    severity = Severity.WARNING
    title = "cannot read {what} of run '{run}': {reason}"
    notes = (
        "the tables do not need this file; the pictures that do are drawn without the run, and the report says so",
    )
    helps = ("delete the run's files in runs/ and run 'contra exp run' on the folder again",)
    what: str
    run: str
    reason: str


class NotComparable(Diagnostic):
    """Two folders whose runs have nothing in common."""

    code = "CTR1409"
    title = "'{path}' and '{other}' cannot be set against each other: {reason}"
    path: str
    other: str
    reason: str


class UnknownPublished(Diagnostic):
    """An experiment that names a figure which is not among the published ones."""

    code = "CTR1410"
    severity = Severity.WARNING
    title = "there are no published curves '{name}'; the report is made without them"
    helps = ("{advice}",)
    name: str
    advice: str

"""`CheckedPolicy` -> `AnalysedPolicy`: monotone, isotone, split into probe classes; or refused with a witness."""

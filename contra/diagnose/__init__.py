"""The physical fault behind what is broken: findings of a check against the deploy journal, switch by switch.

`lines` reads the journal, `history` is what it says about one switch, `clues` explains one finding by it, `diagnose`
makes verdicts of the clues and ties them to the suspects of a hypothesis. All that is used is what an operator has:
the build, the journal, and what the switches answer.
"""

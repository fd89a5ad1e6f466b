"""P4_16 text -> typed program -> executable code: the front end and the two back ends of the embedded engine."""

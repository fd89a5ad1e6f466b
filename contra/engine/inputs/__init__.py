"""What a user gives a simulation beside a build: link states, traffic, failures, times. Text in, frozen data out."""

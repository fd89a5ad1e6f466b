"""`contra run`: a build under traffic and failures, and what happened."""

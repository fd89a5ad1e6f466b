"""The actions of `contra net`, by what they do to a running network."""

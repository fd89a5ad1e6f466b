"""Regular expressions over switch names -> minimal DFAs. A library: it knows no policy and no network."""

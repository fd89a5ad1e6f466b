"""Switch programs -> files."""

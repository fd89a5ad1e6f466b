"""What running switches know and have decided, read from their registers."""

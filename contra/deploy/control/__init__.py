"""The control plane of the switches: what they should hold, what they hold, and how the one becomes the other."""

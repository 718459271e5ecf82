"""What limits the line, and what it costs, worked out on paper from counted calls and published limits and prices."""

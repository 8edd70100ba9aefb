"""Tables: text, Arrow, Excel and frames, and what their columns are."""

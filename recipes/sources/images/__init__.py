"""Images in folders, tables and arrays."""

"""Every job, from the raw files of a user to the answer that a client gets."""

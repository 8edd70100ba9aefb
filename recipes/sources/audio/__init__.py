"""Audio files and arrays of samples."""

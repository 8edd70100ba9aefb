"""Folders of files, what files are, and the cache of what was decoded."""

"""The page of a run: what was asked, what came out, and how to do it again."""

"""Wrong uses: each is refused in one clear sentence, and leaves nothing behind."""

"""What a trained model answers to new examples, and files of the answers."""

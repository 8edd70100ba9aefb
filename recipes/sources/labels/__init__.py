"""What is to be predicted: classes, marks and numbers."""

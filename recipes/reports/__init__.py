"""What a run reports: scores, pictures, and the folder that holds them."""

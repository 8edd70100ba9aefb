"""What a data set is: examples in three parts, and the random numbers that order them."""

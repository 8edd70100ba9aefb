"""Series in the order of time, for forecasts."""

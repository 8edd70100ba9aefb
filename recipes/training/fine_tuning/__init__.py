"""Fine-tuning: from a preset to a model of other data.

`base` reads the preset, and gives it a head for the data. `thawing` says which stages
are trained when; `rates` gives each stage a rate of its own.
"""
